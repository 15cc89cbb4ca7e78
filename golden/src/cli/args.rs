//! Flags as they are written.

use std::{path::PathBuf, time::Duration};

use audio_api::fault::{FaultRule, Stage};
use audio_client::ExtraHeader;
use clap::{Args, Parser, Subcommand};
use perf_guard::{AddSeconds, BaselineMode, EnvMismatch, Multiplier, comparison::MAX_PAIRS};

use run_context::time;

use super::{BurnArgs, CalibrateArgs, CompareArgs, FlakeArgs, Format};
use crate::proof::{KindName, PROOF_PAIRS};

pub(super) const EXIT_CODES: &str = "Exit codes: 0 pass, 1 a check failed or something regressed, 2 usage, 3 inconclusive (such as no \
                          baseline), 4 could not run, 130 interrupted.";

const REPORT_EXIT_CODES: &str = "Exit codes: 0 the page was written, whatever its result says; 2 usage; 4 the file cannot be \
                                 read, is of an unknown kind or version, or the page cannot be written.";

/// The golden suite: holds an audio-job server to its contract and to its own speed.
#[derive(Debug, Parser)]
#[command(name = "golden", version, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the suite, cold and warm, against the reference server or the one at --api-base
    #[command(after_help = EXIT_CODES)]
    Run(Box<RunArgs>),
    /// Prove the guard: inject faults of every kind at every stage, and see which tests notice which
    ///
    /// Starts servers with faults, slows stages down by growing amounts and breaks them, and records which timed test
    /// goes red by which rule and which test of correctness fails. Runs without a fault between them count false alarms. A
    /// fault that fires and that no test notices is a blind spot; one that is not in the list of accepted ones fails the
    /// command. With --fault, one slowdown only: exactly the tests whose time passes by its stage have to go red.
    #[command(after_help = EXIT_CODES)]
    Prove(Box<ProveArgs>),
    /// Compare two builds run side by side: is head slower than base, by how much, and where
    #[command(after_help = EXIT_CODES, after_long_help = super::compare::LONG_HELP)]
    Compare(Box<CompareArgs>),
    /// Compare a server with itself many times, which has to find nothing; goes on where it was stopped
    #[command(after_help = EXIT_CODES)]
    Calibrate(Box<CalibrateArgs>),
    /// Write the page of a stored result: one HTML file that needs nothing but a browser
    #[command(after_help = REPORT_EXIT_CODES)]
    Report(ReportArgs),
    /// Run the suite many times, cold, warm and on busy cores, and report how often each test fails
    #[command(after_help = EXIT_CODES)]
    Flake(Box<FlakeArgs>),
    /// Keep one core busy until the time is over or standard input ends
    #[command(hide = true)]
    Burn(BurnArgs),
}

/// Flags of `golden run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub(super) remote: RemoteArgs,
    #[command(flatten)]
    pub(super) target: TargetArgs,
    #[command(flatten)]
    pub(super) suite: SuiteArgs,
    #[command(flatten)]
    pub(super) guard: GuardArgs,
    /// Start the server with this fault, as in `synth:sleep=800ms,p=0.2`; may be repeated
    #[arg(long, value_name = "RULE")]
    pub(super) fault: Vec<String>,
    /// Write the times of this run as the new baseline
    #[arg(long, conflicts_with_all = ["fault", "update_expected"])]
    pub(super) update_baseline: bool,
    /// Let --update-baseline record a working tree with uncommitted changes
    #[arg(long, requires = "update_baseline")]
    pub(super) allow_dirty: bool,
    /// Instead of running the suite, record each case's audio as what is expected from now on
    #[arg(long, conflicts_with = "fault")]
    pub(super) update_expected: bool,
    /// Where to write the result
    #[arg(long, value_name = "FILE", default_value = "artifacts/golden.json")]
    pub(super) out_json: PathBuf,
    /// Where to write the result as a page [default: beside --out-json, with the ending .html]
    #[arg(long, value_name = "FILE")]
    pub(super) out_html: Option<PathBuf>,
    /// What to write to standard output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(super) format: Format,
}

/// Flags of `golden prove`.
#[derive(Debug, Args)]
pub struct ProveArgs {
    #[command(flatten)]
    pub(super) remote: RemoteArgs,
    #[command(flatten)]
    pub(super) target: TargetArgs,
    #[command(flatten)]
    pub(super) guard: GuardArgs,
    #[command(flatten)]
    pub(super) grid: GridArgs,
    /// Instead of the grid, one slowdown: a sleep at a stage that some timed test passes, without conditions
    #[arg(long, value_name = "RULE", conflicts_with_all = ["api_base", "GridArgs"])]
    pub(super) fault: Option<FaultRule>,
    /// With --fault, repeats of each timed test, fewer where they can change nothing any more
    #[arg(long, value_name = "N", default_value_t = 3, requires = "fault", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(super) repeat: u32,
    /// Only tests whose name contains this; may be repeated
    #[arg(long, value_name = "TEXT", conflicts_with = "fault")]
    pub(super) filter: Vec<String>,
    /// Correctness tests at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(super) concurrency: u16,
    /// Where to write the result [default: artifacts/prove.json, with --fault artifacts/golden-red.json]
    #[arg(long, value_name = "FILE")]
    pub(super) out_json: Option<PathBuf>,
    /// What to write to standard output
    #[arg(long, value_enum, default_value_t = Format::Table, conflicts_with = "fault")]
    pub(super) format: Format,
}

/// Which faults to try, and what to accept.
#[derive(Debug, Args)]
#[command(next_help_heading = "Grid")]
pub(super) struct GridArgs {
    /// Run every cell: all 14 stages, nothing inferred, every test under every fault; takes hours
    #[arg(long)]
    pub(super) full: bool,
    /// Run three cells and one control only
    #[arg(long, conflicts_with = "full")]
    pub(super) smoke: bool,
    /// Only faults at this stage, as in `synth` or `http.playlist`; may be repeated
    #[arg(long, value_name = "STAGE")]
    pub(super) stage: Vec<Stage>,
    /// Only faults of this kind; may be repeated
    #[arg(long, value_enum, value_name = "KIND")]
    pub(super) kind: Vec<KindName>,
    /// Slow down by this much, as in `160ms`, instead of by 10 ms to 5 s; may be repeated
    #[arg(long, value_name = "TIME", value_parser = magnitude)]
    pub(super) magnitude: Vec<Duration>,
    /// Runs an arm of the statistical rule
    #[arg(long, value_name = "N", default_value_t = PROOF_PAIRS, value_parser = pairs)]
    pub(super) runs: usize,
    /// The list of blind spots that are accepted [default: golden/blind_spots.toml if it is there, else the one built in]
    #[arg(long, value_name = "FILE")]
    pub(super) blind_spots: Option<PathBuf>,
    /// How many controls of a rule may go red without a fault
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) allow_false_alarms: u64,
}

/// Flags of `golden report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The result, such as artifacts/golden.json
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where to write the page [default: beside FILE, with the ending .html]
    #[arg(long, value_name = "FILE")]
    pub out_html: Option<PathBuf>,
}

/// How to reach a server that this command does not start.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Target")]
pub(super) struct RemoteArgs {
    /// The server to test; without it the reference server is started
    #[arg(long, value_name = "URL", conflicts_with_all = ["fault", "server_bin", "server_arg"])]
    pub(super) api_base: Option<String>,
    /// A proxy in front of it, on which HEAD has to say the same
    #[arg(long, value_name = "URL")]
    pub(super) web_base: Option<String>,
    /// A header to send with every request; may be repeated
    #[arg(long, value_name = "NAME: VALUE")]
    pub(super) header: Vec<ExtraHeader>,
    /// The environment variable that holds the bearer token
    #[arg(long, value_name = "NAME")]
    pub(super) bearer_token_env: Option<String>,
    /// The environment variable that holds the admin token, for tests that set faults
    #[arg(long, value_name = "NAME", requires = "api_base")]
    pub(super) admin_token_env: Option<String>,
    /// PEM file of the certificate authorities to trust instead of the platform's
    #[arg(long, value_name = "FILE")]
    pub(super) ca_cert: Option<PathBuf>,
    /// Others use the target too: own jobs have to end, instead of all
    #[arg(long, requires = "api_base")]
    pub(super) shared_target: bool,
}

/// The server that is started, what it is, and how patient to be with it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Target")]
pub(super) struct TargetArgs {
    /// The server program to start [default: mock-server beside this program]
    #[arg(long, value_name = "FILE")]
    pub(super) server_bin: Option<PathBuf>,
    /// An argument for the server that is started, as in `--server-arg=--workers=8`; may be repeated
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    pub(super) server_arg: Vec<String>,
    #[command(flatten)]
    pub(super) kind: KindArgs,
    /// The longest that the whole run may take [default: 20m, with prove --full 6h]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) timeout_total: Option<Duration>,
}

/// What any target is, and how patient to be with it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Target")]
pub(super) struct KindArgs {
    /// TOML profile of the target: its paths, state names and capabilities [default: the reference server's]
    #[arg(long, value_name = "FILE")]
    pub(super) target: Option<PathBuf>,
    /// The directory of the cases [default: golden/cases if it is there, else those built in]
    #[arg(long, value_name = "DIR")]
    pub(super) cases: Option<PathBuf>,
    /// The model to ask for [default: each case's, or the target's default]
    #[arg(long, value_name = "MODEL")]
    pub(super) model: Option<String>,
    /// Workers that have to be online before the start
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) min_workers: u64,
    /// The longest that a job, and any request, may take
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time)]
    pub(super) timeout_job: Duration,
    /// The longest that the target may take to be ready
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    pub(super) timeout_health: Duration,
    /// The longest that the target may take to come to rest at the end
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    pub(super) drain_timeout: Duration,
}

/// What to run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Suite")]
pub(super) struct SuiteArgs {
    /// Repeats of each timed test [default: 3, and 5 with --update-baseline]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(super) repeat: Option<u32>,
    #[command(flatten)]
    pub(super) selection: SelectionArgs,
    /// Correctness tests at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(super) concurrency: u16,
}

/// Which part of the suite.
#[derive(Debug, Args)]
#[command(next_help_heading = "Suite")]
pub(super) struct SelectionArgs {
    /// In which cache states to time
    #[arg(long, value_enum, default_value_t = super::choices::CacheChoice::Both)]
    pub(super) cache: super::choices::CacheChoice,
    /// Only tests whose name contains this; may be repeated
    #[arg(long, value_name = "TEXT")]
    pub(super) filter: Vec<String>,
    /// Refuse to start if more characters would be submitted
    #[arg(long, value_name = "N")]
    pub(super) max_characters: Option<u64>,
}

/// How to judge times.
#[derive(Debug, Args)]
#[command(next_help_heading = "Guard")]
pub(super) struct GuardArgs {
    /// The baseline [default: baselines/golden_baseline.json, or the older artifacts/golden_baseline.json]
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Fail beyond baseline × this, if that is more than by --perf-add-seconds [default: the baseline file's, else 1.5]
    #[arg(long, value_name = "FACTOR")]
    pub(super) perf_multiplier: Option<Multiplier>,
    /// Fail beyond baseline + this, if that is more than by --perf-multiplier [default: the baseline file's, else 3.0]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub(super) perf_add_seconds: Option<AddSeconds>,
    /// What timed tests do that stand in the baseline or in the run alone: warn or strict
    #[arg(long, value_name = "MODE", default_value = "warn")]
    pub(super) baseline_mode: BaselineMode,
    /// What a baseline of another environment does: warn or inconclusive
    #[arg(long, value_name = "WHAT", default_value = "warn")]
    pub(super) env_mismatch: EnvMismatch,
}

/// A sleep that a fault may have, at least a millisecond, so that its name in reports is short.
fn magnitude(text: &str) -> Result<Duration, String> {
    const LEGAL: &str = "legal: 1ms to 1h";
    let time = humantime::parse_duration(text).map_err(|error| format!("{error}; {LEGAL}"))?;
    let legal = Duration::from_millis(1)..=Duration::from_secs(3_600);
    if legal.contains(&time) && time.subsec_nanos().is_multiple_of(1_000_000) {
        Ok(time)
    } else {
        Err(format!("{LEGAL}, in whole milliseconds"))
    }
}

/// Runs an arm: with fewer than ten hardly any slowdown can be shown among so many tests.
fn pairs(text: &str) -> Result<usize, String> {
    let legal = 10..=MAX_PAIRS;
    let many = text.parse().ok().filter(|many| legal.contains(many));
    many.ok_or_else(|| format!("legal: {} to {} runs an arm", legal.start(), legal.end()))
}
