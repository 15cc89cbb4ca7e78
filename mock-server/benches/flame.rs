//! Where the server's CPU time goes, as a picture.
//!
//! `make flame` builds the release server with symbols and frame pointers and has this program put it under the load of
//! 16 clients (submit, poll, list, playlists, audio) while perf samples its stacks. The flame graph is one SVG file without
//! scripts: a box is a function, as wide as its share of the samples, standing on its caller; hovering over a box names
//! it. Needs perf and the right to use it; `BENCH_SECONDS` (10) says for how long, `BENCH_SERVER` which binary, the
//! first argument where to write.

#![expect(
    clippy::print_stdout,
    reason = "saying where the picture is is what this program ends with"
)]

#[path = "flame/picture.rs"]
mod picture;
mod rig;
mod served;
#[path = "flame/stacks.rs"]
mod stacks;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Output, Stdio},
    time::Duration,
};

use rig::{Outcome, Unmeasured, child, setting};
use served::{Load, Served};
use stacks::Stacks;

/// How often a core is looked at; not a round number, so as not to run in step with timers.
const SAMPLES_PER_S: u32 = 997;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = run().await.map_or_else(
        |unmeasured| {
            println!("flame graph: {unmeasured}");
            Outcome::Unmeasured
        },
        |()| Outcome::Reached,
    );
    done.into()
}

async fn run() -> Result<(), Unmeasured> {
    let perf = child::find("perf", "linux-perf")?;
    let time = setting::load_time(10)?;
    let arguments = env::args_os().skip(1).map(PathBuf::from);
    let to = arguments
        .filter(|word| !word.starts_with("--bench"))
        .last()
        .unwrap_or_else(|| "flame.svg".into());
    let server = Served::start(&["--retain-jobs", "1000"]).await;
    let load = Load::on(&server).await;
    let dir = tempfile::tempdir()?;
    let samples = dir.path().join("perf.data");
    record(&perf, server.pid(), time, &samples).await?;
    let requests_per_s = load.stop().await;
    let script = Command::new(&perf)
        .args(["script", "--fields", "comm,ip,sym", "--input"])
        .arg(&samples)
        .stdin(Stdio::null())
        .output()?;
    let stacks = Stacks::read(&String::from_utf8_lossy(&script.stdout));
    if stacks.samples() == 0 {
        return Err(Unmeasured(format!("perf has no samples: {}", told(&script))));
    }
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(&to, picture::svg(&stacks))?;
    println!(
        "{}: {} samples of the server in {} s under {requests_per_s:.0} requests/s",
        to.display(),
        stacks.samples(),
        time.as_secs()
    );
    Ok(())
}

/// Samples the process's stacks. By the clock, because virtual machines often have no counters.
async fn record(perf: &Path, pid: u32, time: Duration, to: &Path) -> Result<(), Unmeasured> {
    let mut command = tokio::process::Command::new(perf);
    command
        .args(["record", "--quiet", "--event", "cpu-clock", "-g", "--freq"])
        .args([SAMPLES_PER_S.to_string(), "--pid".to_owned(), pid.to_string()])
        .arg("--output")
        .arg(to)
        .args(["--", "sleep", &time.as_secs().to_string()])
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = command.output().await?;
    if output.status.success() {
        return Ok(());
    }
    let paranoid = fs::read_to_string("/proc/sys/kernel/perf_event_paranoid").unwrap_or_default();
    Err(Unmeasured(format!(
        "perf could not sample (kernel.perf_event_paranoid is {}; as root, or with 1 or less, it may): {}",
        paranoid.trim(),
        told(&output)
    )))
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}
