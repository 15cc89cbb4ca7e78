//! Flags of `soak load`, checked.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, ValueEnum};
use run_context::{ArgError, Surroundings, Target, TargetArgs, page_path, time};

use run_report::LeakCheck;

use super::{
    leaks::LeakPlan,
    scenario::{Fault, Scenario, ScenarioError},
};
use crate::growth::RetainJobsError;

/// Flags of `soak load`.
#[derive(Debug, Args)]
pub struct LoadArgs {
    /// A profile of this program, or a TOML file of that form. Profiles: baseline, light, medium, spike, sustained, assistant,
    /// pipeline, rate-limit, flaky-provider
    #[arg(value_name = "PROFILE")]
    profile: String,
    #[command(flatten)]
    target: TargetArgs,
    /// Start the server with this fault too, as in `synth:sleep=800ms,p=0.2`; may be repeated
    #[arg(long, value_name = "RULE", conflicts_with = "api_base")]
    fault: Vec<Fault>,
    /// What the times of the profile are multiplied by; users and pauses stay
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = scale)]
    scale: f64,
    /// What decides every random choice
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Threads that make load; one carries tens of thousands of requests a second
    #[arg(long, value_name = "N", default_value = "1")]
    threads: NonZeroUsize,
    /// The send lag (p99) beyond which the generator doubts its own figures [default: the profile's]
    #[arg(long, value_name = "TIME", value_parser = time)]
    max_send_lag: Option<Duration>,
    /// When warm-up is over, for a profile that asks whether the server grows and a target whose bounds are not known [default:
    /// the profile's, or when cache and kept jobs of the server that is started are full, and four times as long again]
    #[arg(long, value_name = "TIME", value_parser = time)]
    warm_up: Option<Duration>,
    /// Pass by the rest where the run is too short to judge leaks; the result says so
    #[arg(long)]
    accept_insufficient_leak_check: bool,
    /// Hold every endpoint of the run to its target and to the baseline
    #[arg(long)]
    check: bool,
    /// With --check, how much p95 may be of its baseline
    #[arg(long, value_name = "RATIO", default_value_t = 2.0, value_parser = ratio)]
    max_ratio: f64,
    /// With --check, what p95 may always be above its baseline: less cannot be told from noise
    #[arg(long, value_name = "TIME", default_value = "10ms", value_parser = time)]
    min_increase: Duration,
    /// The baseline of endpoints
    #[arg(
        long,
        value_name = "FILE",
        default_value = "baselines/performance_baselines.json"
    )]
    baseline: PathBuf,
    /// Write the figures of this run as the new baseline, and the table of --baseline-table
    #[arg(long, conflicts_with_all = ["check", "fault"])]
    update_baseline: bool,
    /// Let --update-baseline record a working tree with uncommitted changes
    #[arg(long, requires = "update_baseline")]
    allow_dirty: bool,
    /// With --update-baseline, the document whose table is made anew
    #[arg(long, value_name = "FILE", default_value = "docs/load.md")]
    baseline_table: PathBuf,
    /// A result of an earlier run of `soak load`, to be drawn behind this one
    #[arg(long, value_name = "FILE")]
    overlay: Option<PathBuf>,
    /// Where to write the result [default: artifacts/load-PROFILE.json]; beside it the page (.html), JUnit (.junit.xml), the
    /// HdrHistogram log (.hlog) and the time series (.ndjson)
    #[arg(long, value_name = "FILE")]
    out_json: Option<PathBuf>,
    /// Where to write the page [default: beside --out-json, with the ending .html]
    #[arg(long, value_name = "FILE")]
    out_html: Option<PathBuf>,
    /// What to write to standard output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// What to write to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Tables for people.
    Table,
    /// The result as JSON.
    Json,
    /// JUnit XML.
    Junit,
    /// Markdown.
    Markdown,
}

/// What is made of the baseline.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Purpose {
    /// Nothing.
    Run,
    /// Endpoints are held to it.
    Check {
        /// How much p95 may be of it.
        max_ratio: f64,
        /// What p95 may always be above it.
        min_increase: Duration,
    },
    /// It is made anew.
    Update {
        /// Also of a tree with changes.
        allow_dirty: bool,
        /// The document whose table is made anew.
        table: PathBuf,
    },
}

/// Where results go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Artifacts {
    pub(super) json: PathBuf,
    pub(super) html: PathBuf,
    pub(super) format: Format,
}

/// A load run as it is meant.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) scenario: Scenario,
    pub(super) target: Target,
    pub(super) scale: f64,
    pub(super) seed: u64,
    pub(super) threads: NonZeroUsize,
    pub(super) max_send_lag: Duration,
    pub(super) leaks: Option<LeakPlan>,
    pub(super) purpose: Purpose,
    pub(super) baseline: PathBuf,
    pub(super) overlay: Option<PathBuf>,
    pub(super) artifacts: Artifacts,
}

/// What cannot be meant. Exit code 2.
#[derive(Debug, thiserror::Error)]
pub(super) enum UsageError {
    /// The profile.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The flags of the target, or a file of results.
    #[error(transparent)]
    Arg(#[from] ArgError),
    /// A bound of the server.
    #[error(transparent)]
    RetainJobs(#[from] RetainJobsError),
    /// A flag that would have no effect.
    #[error(
        "{flag}: profile {profile} does not ask whether the server grows; legal with a profile that has [leaks]"
    )]
    NoLeaks {
        /// The flag.
        flag: &'static str,
        /// The profile.
        profile: String,
    },
    /// An update of what is not whole.
    #[error("--update-baseline needs profile baseline at --scale 1 on a server of its own")]
    PartUpdate,
    /// An update from a tree of which nobody knows what it is.
    #[error("--update-baseline: the working tree {0}; commit first, or add --allow-dirty")]
    Dirty(&'static str),
}

impl LoadArgs {
    /// Checks the flags and reads the profile. Nothing is started or asked.
    pub(super) fn settings(self, around: &Surroundings) -> Result<Settings, UsageError> {
        let mut scenario = Scenario::find(&self.profile)?.scaled(self.scale)?;
        scenario.faults.extend(self.fault);
        let json = self
            .out_json
            .unwrap_or_else(|| PathBuf::from(format!("artifacts/load-{}.json", scenario.name)));
        let html = page_path(("--out-json", Path::new(&json)), self.out_html)?;
        let target = self.target.target(around)?;
        let leaks = leaks(
            (&scenario, &target),
            (self.warm_up, self.accept_insufficient_leak_check),
            around,
        )?;
        let purpose = match (self.check, self.update_baseline) {
            (true, _) => Purpose::Check {
                max_ratio: self.max_ratio,
                min_increase: self.min_increase,
            },
            (_, true) if scenario.name != "baseline" || self.scale != 1.0 || !target.is_own() => {
                return Err(UsageError::PartUpdate);
            }
            (_, true) => Purpose::Update {
                allow_dirty: self.allow_dirty,
                table: self.baseline_table,
            },
            _ => Purpose::Run,
        };
        let max_send_lag = self.max_send_lag.unwrap_or(scenario.max_send_lag);
        Ok(Settings {
            scenario,
            target,
            scale: self.scale,
            seed: self.seed,
            threads: self.threads,
            max_send_lag,
            leaks,
            purpose,
            baseline: self.baseline,
            overlay: self.overlay,
            artifacts: Artifacts {
                json,
                html,
                format: self.format,
            },
        })
    }
}

fn leaks(
    of: (&Scenario, &Target),
    (warm_up, accepts): (Option<Duration>, bool),
    around: &Surroundings,
) -> Result<Option<LeakPlan>, UsageError> {
    let given = [
        ("--warm-up", warm_up.is_some()),
        ("--accept-insufficient-leak-check", accepts),
    ];
    let flag = given.into_iter().find(|(_, is_given)| *is_given);
    if let (None, Some((flag, _))) = (of.0.leaks, flag) {
        return Err(UsageError::NoLeaks {
            flag,
            profile: of.0.name.clone(),
        });
    }
    let check = if accepts {
        LeakCheck::InsufficientAccepted
    } else {
        LeakCheck::Required
    };
    Ok(LeakPlan::of(of, (warm_up, check), around)?)
}

fn scale(text: &str) -> Result<f64, String> {
    let factor = text.parse::<f64>().ok();
    factor
        .filter(|factor| (0.0001..=100.0).contains(factor))
        .ok_or_else(|| "legal: a number from 0.0001 to 100".to_owned())
}

fn ratio(text: &str) -> Result<f64, String> {
    let ratio = text.parse::<f64>().ok();
    ratio
        .filter(|ratio| *ratio >= 1.0 && ratio.is_finite())
        .ok_or_else(|| "legal: a number from 1".to_owned())
}
