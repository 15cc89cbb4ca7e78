//! From nothing to the first answer, and what an idle server takes.
//!
//! `cargo bench -p mock-server --bench startup` starts the server `BENCH_STARTS` (50) times on a free port, each time
//! measures from before the exec to its first 200 on `/health`, then leaves the last one idle for a second and reads
//! its memory. Needs Linux for the memory.

#![expect(
    clippy::print_stdout,
    reason = "a table for people is what this program is for"
)]

mod rig;

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use rig::{Outcome, Unmeasured, child::Running, pause, server::binary, setting, usage::Watched};

/// What is demanded: the first answer at the 95th percentile, idle memory, the size of the binary.
const FIRST_ANSWER: Duration = Duration::from_millis(20);
const IDLE_BYTES: u64 = 10_000_000;
const BINARY_BYTES: u64 = 10_000_000;

fn main() -> ExitCode {
    Outcome::worst([
        told("exec to first 200", first_answer()),
        told("idle memory", idle()),
        told("binary", size()),
    ])
    .into()
}

/// Prints a figure with what is demanded of it, or why there is none.
fn told(what: &str, result: Result<(String, Outcome), Unmeasured>) -> Outcome {
    let (figure, outcome) = match result {
        Ok((figure, outcome)) => (format!("{figure}: {}", outcome.mark()), outcome),
        Err(unmeasured) => (unmeasured.to_string(), Outcome::Unmeasured),
    };
    println!("{what:<18} {figure}");
    outcome
}

fn first_answer() -> Result<(String, Outcome), Unmeasured> {
    let mut times = Vec::new();
    for _ in 0..setting::number("BENCH_STARTS", 50)? {
        times.push(start()?.1);
    }
    times.sort();
    let at = |share: f64| times[((times.len() as f64 * share).ceil() as usize).clamp(1, times.len()) - 1];
    let (p50, p95) = (at(0.50), at(0.95));
    let figure = format!(
        "p50 {:.1} ms, p95 {:.1} ms of {} starts; demanded: p95 under {} ms",
        p50.as_secs_f64() * 1e3,
        p95.as_secs_f64() * 1e3,
        times.len(),
        FIRST_ANSWER.as_millis(),
    );
    Ok((figure, Outcome::of(p95 < FIRST_ANSWER)))
}

fn idle() -> Result<(String, Outcome), Unmeasured> {
    let (server, _) = start()?;
    pause(Duration::from_secs(1));
    let (all, anonymous) = Watched::new(server.pid())?.resident_bytes()?;
    let figure = format!(
        "{:.1} MB resident, {:.1} MB of it anonymous; demanded: under {} MB",
        all as f64 / 1e6,
        anonymous as f64 / 1e6,
        IDLE_BYTES / 1_000_000,
    );
    Ok((figure, Outcome::of(all < IDLE_BYTES)))
}

fn size() -> Result<(String, Outcome), Unmeasured> {
    let bytes = fs::read(binary())?;
    let symbols = bytes.windows(8).any(|name| name == b".symtab\0");
    let figure = format!(
        "{:.1} MB, {}; demanded: stripped, under {} MB",
        bytes.len() as f64 / 1e6,
        if symbols { "with symbols" } else { "stripped" },
        BINARY_BYTES / 1_000_000,
    );
    Ok((
        figure,
        Outcome::of(!symbols && (bytes.len() as u64) < BINARY_BYTES),
    ))
}

/// Starts a server; how long it took until it answered.
fn start() -> Result<(Running, Duration), Unmeasured> {
    let started = Instant::now();
    let mut server = Running::start(
        Command::new(binary())
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null()),
    )?;
    let mut line = String::new();
    let stdout = server.child().stdout.take();
    BufReader::new(stdout.ok_or_else(|| Unmeasured("no standard output".to_owned()))?)
        .read_line(&mut line)?;
    let address = line
        .trim()
        .strip_prefix("listening on http://")
        .ok_or_else(|| Unmeasured(format!("the server says {line:?} instead of where it listens")))?;
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(format!("GET /health HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes())?;
    let mut status = [0; 12];
    stream.read_exact(&mut status)?;
    if status != *b"HTTP/1.1 200" {
        return Err(Unmeasured("the first answer is not 200".to_owned()));
    }
    Ok((server, started.elapsed()))
}
