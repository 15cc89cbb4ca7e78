//! How the benchmark is made.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use run_context::{ArgError, Surroundings, Target, TargetArgs, time};

use super::load_average::LoadAverage;

/// The lock's file, in the system's directory for temporary files.
const LOCK: &str = "touchstone-benchmark.lock";
/// What the reference server is started with: the voice costs nothing, so that what is measured is the server's own work, and
/// its bounds are small, so that its memory is at its highest within the warm-up.
const SERVER: [(&str, &str); 5] = [
    ("--voice-cost", "zero"),
    ("--workers", "2"),
    ("--cache-bytes", "16MiB"),
    ("--retain-jobs", "200"),
    ("--max-active-jobs", "64"),
];

/// Flags of the benchmark.
#[derive(Debug, Clone, Args)]
pub(crate) struct BenchmarkArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Runs that are measured; the median of them counts
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50), help_heading = "Benchmark")]
    runs: u32,
    /// How long a run lasts
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = time, help_heading = "Benchmark")]
    run_for: Duration,
    /// How long the server is warmed up before the first run
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time, help_heading = "Benchmark")]
    warm_up: Duration,
    /// Users at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=1000), help_heading = "Benchmark")]
    users: u16,
    /// The longest that all of it may take; what was measured by then is written
    #[arg(long, value_name = "TIME", default_value = "900s", value_parser = time, help_heading = "Benchmark")]
    timeout_total: Duration,
    /// The highest load average of the last minute at which it begins [default: half of the cores]
    #[arg(long, value_name = "N", value_parser = load_limit, help_heading = "Benchmark")]
    max_load: Option<f64>,
    /// Wait so long for a busy machine to come to rest
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Benchmark")]
    settle: Option<Duration>,
    /// The file whose lock keeps other benchmarks off [default: touchstone-benchmark.lock in the system's temporary directory]
    #[arg(long, value_name = "FILE", help_heading = "Benchmark")]
    lock_file: Option<PathBuf>,
    /// The commit that the server was built from [default: that of this working tree]
    #[arg(long, value_name = "SHA", value_parser = commit, help_heading = "Benchmark")]
    server_commit: Option<String>,
    /// Where artifacts are written
    #[arg(
        long,
        value_name = "DIR",
        default_value = "artifacts",
        help_heading = "Benchmark"
    )]
    out_dir: PathBuf,
}

/// The flags, checked.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(super) target: Target,
    /// How the target is told in a frozen file: neither its address nor its port, which differ between equal servers.
    pub(super) server: String,
    pub(super) runs: u32,
    pub(super) run_for: Duration,
    pub(super) warm_up: Duration,
    pub(super) users: u16,
    pub(super) timeout_total: Duration,
    pub(super) max_load: f64,
    pub(super) settle: Duration,
    pub(super) lock_file: PathBuf,
    pub(super) server_commit: Option<String>,
    pub(super) out_dir: PathBuf,
}

impl BenchmarkArgs {
    /// Checks them. Nothing is started or asked.
    ///
    /// # Errors
    /// What cannot be meant.
    pub(crate) fn settings(self, around: &Surroundings) -> Result<Settings, ArgError> {
        let target = self.target.target(around)?;
        let usual = usual_args(&target);
        let target = target.with_server_args(usual);
        let server = match &target.place {
            run_context::Where::Remote { .. } => "one that runs already".to_owned(),
            run_context::Where::Own { args, .. } => format!("mock-server {}", args.join(" ")),
        };
        let temp = PathBuf::from(around.get("TMPDIR").unwrap_or("/tmp"));
        Ok(Settings {
            target,
            server,
            runs: self.runs,
            run_for: self.run_for,
            warm_up: self.warm_up,
            users: self.users,
            timeout_total: self.timeout_total,
            max_load: self.max_load.unwrap_or_else(LoadAverage::usual_limit),
            settle: self.settle.unwrap_or_default(),
            lock_file: self.lock_file.unwrap_or_else(|| temp.join(LOCK)),
            server_commit: self.server_commit,
            out_dir: self.out_dir,
        })
    }
}

/// What the server is started with, but for what the command line says itself: it takes no flag twice.
fn usual_args(target: &Target) -> Vec<String> {
    let given: &[String] = match &target.place {
        run_context::Where::Own { args, .. } => args,
        run_context::Where::Remote { .. } => &[],
    };
    let is_given = |flag: &str| given.iter().any(|arg| arg.split('=').next() == Some(flag));
    SERVER
        .into_iter()
        .filter(|(flag, _)| !is_given(flag))
        .map(|(flag, value)| format!("{flag}={value}"))
        .collect()
}

fn load_limit(text: &str) -> Result<f64, String> {
    let limit = text
        .parse()
        .ok()
        .filter(|limit: &f64| limit.is_finite() && *limit > 0.0);
    limit.ok_or_else(|| "legal is a load average above 0, as in 1.5".to_owned())
}

fn commit(text: &str) -> Result<String, String> {
    let legal = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    legal
        .then(|| text.to_owned())
        .ok_or_else(|| "legal are a commit's 40 hexadecimal digits".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use rstest::rstest;

    use super::*;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        benchmark: BenchmarkArgs,
    }

    fn settings(args: &[&str]) -> Result<Settings, String> {
        let command =
            Command::try_parse_from(["gate"].iter().chain(args)).map_err(|error| error.to_string())?;
        let around = Surroundings {
            variables: [("TMPDIR".to_owned(), "/elsewhere".to_owned())].into(),
            ..Surroundings::default()
        };
        command
            .benchmark
            .settings(&around)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn what_changes_the_server_is_told_and_its_address_is_not() {
        let own = settings(&["--server-arg=--workers=8"]).unwrap();
        assert!(
            own.server.ends_with("--max-active-jobs=64 --workers=8") && !own.server.contains("--workers=2"),
            "{}",
            own.server
        );
        assert_eq!(
            own.lock_file,
            std::path::Path::new("/elsewhere/touchstone-benchmark.lock")
        );
        let remote = settings(&["--api-base", "http://h:1"]).unwrap();
        assert!(!remote.server.contains("h:1"));
    }

    #[rstest]
    #[case::no_runs("--runs=0")]
    #[case::no_time("--run-for=0s")]
    #[case::no_load("--max-load=0")]
    #[case::no_number("--max-load=NaN")]
    #[case::no_commit("--server-commit=HEAD")]
    fn what_cannot_be_meant_names_its_flag(#[case] arg: &str) {
        let error = settings(&[arg]).unwrap_err();
        assert!(error.contains(arg.split_once('=').unwrap().0), "{error}");
    }
}
