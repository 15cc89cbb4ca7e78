//! The machine that a run is made on.

use std::{fs, thread};

use perf_guard::Environment;

/// This machine. The server's version is for the caller to add.
#[must_use]
pub fn machine() -> Environment {
    Environment {
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        cpu_model: after_colon("/proc/cpuinfo", "model name"),
        cores: thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX)),
        memory_bytes: after_colon("/proc/meminfo", "MemTotal")
            .and_then(|kib| kib.trim_end_matches("kB").trim().parse::<u64>().ok())
            .map(|kib| kib * 1_024),
        server_version: None,
    }
}

/// The value of the first line `NAME : VALUE` in a file of the system.
fn after_colon(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_machine_tells_its_memory() {
        assert!(machine().memory_bytes.is_some_and(|bytes| bytes > 1 << 20));
    }
}
