//! `golden compare`: its flags, and what of them cannot be meant.

use std::{path::PathBuf, time::Duration};

use audio_client::{ExtraHeader, Secret};
use clap::Args;
use perf_guard::{CacheState, ValueError, comparison::Plan};
use run_context::{Surroundings, page_path, read_file, secret, time};
use run_report::Arm;

use super::{
    Artifacts, Format, ServerSource, UsageError,
    args::{KindArgs, SelectionArgs},
};
use crate::suite::Sharing;

pub(super) const LONG_HELP: &str = "\
A COMMAND is split as a shell would split it, and is not run by one. It is given a free port of loopback: {port} and \
{listen} (ADDRESS:PORT) in its words are replaced, and PORT and LISTEN stand in its environment. A server that listens \
elsewhere prints `listening on http://ADDRESS:PORT` on standard output. It is stopped at the end with everything it started.

  golden compare --base 'old/mock-server serve --listen {listen}' --head 'target/release/mock-server serve --listen {listen}'
  golden compare --base https://old.example.org --head https://new.example.org --runs 30 --confirm

Exit codes: 0 nothing regressed, 1 something regressed or an arm has active jobs at the end, 2 usage, 3 too little data, \
4 could not run, 130 interrupted.";

/// Flags of `golden compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// What is known: a server's URL, or the command that starts it
    #[arg(long, value_name = "URL|COMMAND")]
    base: ServerSource,
    /// What is new: a server's URL, or the command that starts it
    #[arg(long, value_name = "URL|COMMAND")]
    head: ServerSource,
    #[command(flatten)]
    how: HowArgs,
    /// Where to write the result
    #[arg(long, value_name = "FILE", default_value = "artifacts/compare.json")]
    out_json: PathBuf,
    /// Where to write the result as a page [default: beside --out-json, with the ending .html]
    #[arg(long, value_name = "FILE")]
    out_html: Option<PathBuf>,
    /// What to write to standard output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Flags of `golden calibrate`.
#[derive(Debug, Args)]
pub struct CalibrateArgs {
    /// The server that is compared with itself: its URL, or the command that starts it
    #[arg(long, value_name = "URL|COMMAND")]
    pub(crate) server: ServerSource,
    /// Comparisons in all, those of earlier runs included
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) suites: u32,
    /// Where the outcome of each comparison is appended, and found again
    #[arg(long, value_name = "FILE", default_value = "artifacts/calibrate-real.jsonl")]
    pub(crate) state: PathBuf,
    #[command(flatten)]
    how: HowArgs,
}

/// How a comparison is made, and of what.
#[derive(Debug, Args)]
struct HowArgs {
    #[command(flatten)]
    plan: PlanArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    kind: KindArgs,
    /// The longest that a whole comparison may take
    #[arg(long, value_name = "TIME", default_value = "2h", value_parser = time, help_heading = "Target")]
    timeout_total: Duration,
    #[command(flatten)]
    selection: SelectionArgs,
}

/// How to compare.
#[derive(Debug, Args)]
#[command(next_help_heading = "Comparison")]
struct PlanArgs {
    /// Runs an arm of each timed test, 1 to 100 [default: 20]
    #[arg(long, value_name = "N", conflicts_with = "budget")]
    runs: Option<usize>,
    /// Take as many runs, up to 100, as fit into this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    budget: Option<Duration>,
    /// The smallest slowdown worth knowing, as a part of base's time: 0.05 for +5 %, 0 to 10
    #[arg(
        long,
        value_name = "PART",
        default_value_t = 0.05,
        allow_negative_numbers = true
    )]
    smallest_effect: f64,
    /// The chance of any false report in the whole suite, 0.000001 to 0.2
    #[arg(long, value_name = "P", default_value_t = 0.01, allow_negative_numbers = true)]
    error: f64,
    /// The coverage of the ratios' intervals, 0.5 to 0.9999
    #[arg(long, value_name = "P", default_value_t = 0.95, allow_negative_numbers = true)]
    confidence: f64,
    /// Run what is red once more, and report only what is red twice
    #[arg(long)]
    confirm: bool,
    /// Never run both servers at once: stop the one before the other is started, pair by pair
    #[arg(long)]
    one_at_a_time: bool,
    /// Untimed runs of each test before the first timed one, and after each start of a server
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10))]
    warm_up_runs: u32,
}

/// How to reach the servers.
#[derive(Debug, Args)]
#[command(next_help_heading = "Target")]
struct AccessArgs {
    /// A header to send with every request to either server; may be repeated
    #[arg(long, value_name = "NAME: VALUE")]
    header: Vec<ExtraHeader>,
    /// The environment variable that holds the bearer token of both servers
    #[arg(long, value_name = "NAME")]
    bearer_token_env: Option<String>,
    /// The environment variable that holds base's bearer token, where it has one of its own
    #[arg(long, value_name = "NAME")]
    base_bearer_token_env: Option<String>,
    /// The environment variable that holds head's bearer token, where it has one of its own
    #[arg(long, value_name = "NAME")]
    head_bearer_token_env: Option<String>,
    /// PEM file of the certificate authorities to trust instead of the platform's
    #[arg(long, value_name = "FILE")]
    ca_cert: Option<PathBuf>,
    /// Others use the servers at the URLs too: own jobs have to end, instead of all
    #[arg(long)]
    shared_target: bool,
}

/// How the number of runs is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunsChoice {
    /// The usual number.
    Usual,
    /// This number.
    Given(usize),
    /// As many as fit into this time.
    Budget(Duration),
}

/// Everything that was said of a comparison, checked.
#[derive(Debug, Clone)]
pub struct CompareSettings {
    /// Where base comes from.
    pub base: ServerSource,
    /// Where head comes from.
    pub head: ServerSource,
    /// The tokens of base and head.
    pub bearers: [Option<Secret>; 2],
    /// Headers of every request.
    pub headers: Vec<ExtraHeader>,
    /// Certificate authorities to trust.
    pub ca_pem: Option<Vec<u8>>,
    /// Who uses servers that run already.
    pub sharing: Sharing,
    /// How the number of runs is found.
    pub runs: RunsChoice,
    /// The plan, but for the number of runs that a budget gives.
    pub plan: Plan,
    /// Whether what is red is run once more.
    pub confirm: bool,
    /// Whether only one server may run at a time.
    pub one_at_a_time: bool,
    /// Untimed runs before the timed ones.
    pub warm_up_runs: u32,
    /// The target's profile; `None` for the reference server's.
    pub profile: Option<PathBuf>,
    /// The cases; `None` for those built in.
    pub cases: Option<PathBuf>,
    /// The model to ask for.
    pub model: Option<String>,
    /// Workers that have to be online.
    pub min_workers: u64,
    /// The longest that a job may take.
    pub job_timeout: Duration,
    /// The longest until a server is ready.
    pub health_timeout: Duration,
    /// The longest until a server is at rest.
    pub drain_timeout: Duration,
    /// The longest that the comparison may take.
    pub total_timeout: Duration,
    /// Cache states to time in.
    pub states: Vec<CacheState>,
    /// Texts of which a test's name has to contain one; all when empty.
    pub filter: Vec<String>,
    /// The most characters to submit to an arm.
    pub max_characters: Option<u64>,
    /// Where the result goes.
    pub artifacts: Artifacts,
    /// Where the page of the result goes.
    pub page: PathBuf,
}

impl CompareSettings {
    /// Of `golden compare`.
    ///
    /// # Errors
    /// What cannot be meant.
    pub fn of_compare(args: CompareArgs, around: &Surroundings) -> Result<Self, UsageError> {
        let page = page_path(("--out-json", &args.out_json), args.out_html)?;
        let artifacts = Artifacts {
            out_json: args.out_json,
            format: args.format,
        };
        let settings = Self::of([args.base, args.head], args.how, artifacts, around)?;
        Ok(Self { page, ..settings })
    }

    /// Of one comparison of `golden calibrate`.
    ///
    /// # Errors
    /// What cannot be meant.
    pub fn of_calibrate(args: CalibrateArgs, around: &Surroundings) -> Result<Self, UsageError> {
        let artifacts = Artifacts {
            out_json: args.state,
            format: Format::Table,
        };
        Self::of([args.server.clone(), args.server], args.how, artifacts, around)
    }

    fn of(
        [base, head]: [ServerSource; 2],
        how: HowArgs,
        artifacts: Artifacts,
        around: &Surroundings,
    ) -> Result<Self, UsageError> {
        let (plan, runs) = plan(&how.plan)?;
        let access = how.access;
        let token = |flag, name: Option<&str>| secret(flag, name, around);
        let both = token("--bearer-token-env", access.bearer_token_env.as_deref())?;
        let base_token = token("--base-bearer-token-env", access.base_bearer_token_env.as_deref())?;
        let head_token = token("--head-bearer-token-env", access.head_bearer_token_env.as_deref())?;
        Ok(Self {
            base,
            head,
            bearers: [base_token.or_else(|| both.clone()), head_token.or(both)],
            headers: access.header,
            ca_pem: access
                .ca_cert
                .as_deref()
                .map(|path| read_file("--ca-cert", path))
                .transpose()?,
            sharing: if access.shared_target {
                Sharing::Shared
            } else {
                Sharing::Alone
            },
            runs,
            plan,
            confirm: how.plan.confirm,
            one_at_a_time: how.plan.one_at_a_time,
            warm_up_runs: how.plan.warm_up_runs,
            profile: how.kind.target,
            cases: how.kind.cases,
            model: how.kind.model,
            min_workers: how.kind.min_workers,
            job_timeout: how.kind.timeout_job,
            health_timeout: how.kind.timeout_health,
            drain_timeout: how.kind.drain_timeout,
            total_timeout: how.timeout_total,
            states: how.selection.cache.states(),
            filter: how.selection.filter,
            max_characters: how.selection.max_characters,
            page: artifacts.out_json.with_extension("html"),
            artifacts,
        })
    }

    /// Where an arm's server comes from.
    #[must_use]
    pub const fn source(&self, arm: Arm) -> &ServerSource {
        match arm {
            Arm::Base => &self.base,
            Arm::Head => &self.head,
        }
    }

    /// An arm's token.
    #[must_use]
    pub const fn bearer(&self, arm: Arm) -> Option<&Secret> {
        match arm {
            Arm::Base => self.bearers[0].as_ref(),
            Arm::Head => self.bearers[1].as_ref(),
        }
    }

    /// Whether the filter takes a test of this name.
    #[must_use]
    pub fn takes(&self, name: &str) -> bool {
        self.filter.is_empty() || self.filter.iter().any(|part| name.contains(part.as_str()))
    }
}

fn plan(args: &PlanArgs) -> Result<(Plan, RunsChoice), UsageError> {
    let of = |flag| move |source: ValueError| UsageError::Plan { flag, source };
    let plan = Plan::default()
        .with_smallest_effect(args.smallest_effect)
        .map_err(of("smallest-effect"))?
        .with_error(args.error)
        .map_err(of("error"))?
        .with_confidence(args.confidence)
        .map_err(of("confidence"))?;
    Ok(match (args.runs, args.budget) {
        (Some(runs), _) => (
            plan.with_pairs(runs).map_err(of("runs"))?,
            RunsChoice::Given(runs),
        ),
        (None, Some(budget)) => (plan, RunsChoice::Budget(budget)),
        (None, None) => (plan, RunsChoice::Usual),
    })
}
