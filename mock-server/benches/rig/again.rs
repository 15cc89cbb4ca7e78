//! This program once more on the client's core, so that its processor time and memory are its own: told what to do by its
//! environment, telling what came of it in one line of whole numbers.

use std::{
    env,
    process::{Command, ExitCode, Stdio},
};

use super::{
    Unmeasured,
    cores::{self, Pinning},
};

const TOLD: &str = "BENCH_AGAIN";

/// Runs it, and waits for what it reports.
pub(crate) fn run(pinning: &Pinning, told: &str) -> Result<Vec<u64>, Unmeasured> {
    let [taskset, words @ ..] = pinning.on(cores::CLIENT, &env::current_exe()?);
    let output = Command::new(taskset)
        .args(words)
        .env(TOLD, told)
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("load "));
    let numbers: Option<Vec<u64>> =
        line.and_then(|line| line.split(' ').map(|word| word.parse().ok()).collect());
    numbers.filter(|_| output.status.success()).ok_or_else(|| {
        Unmeasured(format!(
            "the client did not report a load without errors: {} {text}",
            output.status
        ))
    })
}

/// What this process was told, if it is the one that [`run`] starts.
pub(crate) fn told() -> Option<String> {
    env::var(TOLD).ok()
}

/// Reports to [`run`].
#[expect(clippy::print_stdout, reason = "the other process reads it")]
pub(crate) fn report(numbers: &[u64]) {
    let words: Vec<String> = numbers.iter().map(u64::to_string).collect();
    println!("load {}", words.join(" "));
}

/// The end of the process that [`run`] starts.
#[expect(clippy::print_stdout, reason = "the other process reads it")]
pub(crate) fn ended(outcome: Result<(), Unmeasured>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(unmeasured) => {
            println!("{unmeasured}");
            ExitCode::FAILURE
        }
    }
}
