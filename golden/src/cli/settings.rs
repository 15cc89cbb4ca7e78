//! Flags, checked and put into the terms of the suite.

use std::{path::PathBuf, time::Duration};

use audio_api::fault::FaultRule;
use audio_client::{ExtraHeader, Secret};
use perf_guard::{CacheState, DirtyTree, LimitOverrides, MIN_REPEATS, Policy};
use run_context::{Surroundings, page_path, read_file, secret};
use run_report::ProveExtent;

use super::{
    Format, ProveArgs, RunArgs, UsageError, args,
    choices::CacheChoice,
    provable::{flag_of, is_provable},
};
use crate::{
    proof::{GridWishes, Wanted},
    suite::Sharing,
};

/// The longest that a run may take unless told otherwise.
const RUN_WITHIN: Duration = Duration::from_secs(20 * 60);
/// Every cell of the grid takes its time.
const FULL_PROOF_WITHIN: Duration = Duration::from_secs(6 * 3_600);

/// Why it is run.
#[derive(Debug, Clone, PartialEq)]
pub enum Purpose {
    /// To hold the target to its contract and its baseline.
    Check,
    /// To write a new baseline.
    UpdateBaseline(DirtyTree),
    /// To write what audio is expected.
    UpdateExpected,
    /// To see the guard go red under this fault.
    Proof(Box<FaultRule>),
    /// To see which tests notice which faults.
    Grid(Box<GridWishes>),
}

/// Where the target is.
#[derive(Debug, Clone, PartialEq)]
pub enum Where {
    /// A server that somebody else runs.
    Remote {
        /// Its base URL.
        api_base: String,
        /// Who uses it.
        sharing: Sharing,
        /// For tests that set faults.
        admin_token: Option<Secret>,
    },
    /// A server that this run starts.
    Own {
        /// The program; `None` for the one beside this program.
        program: Option<PathBuf>,
        /// Arguments beside the usual ones.
        args: Vec<String>,
        /// Faults that it is started with, as they were written.
        faults: Vec<String>,
    },
}

/// Where results go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifacts {
    /// The result.
    pub out_json: PathBuf,
    /// Standard output.
    pub format: Format,
}

/// Everything that was said on the command line, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Why it is run.
    pub purpose: Purpose,
    /// Where the target is.
    pub target: Where,
    /// A proxy in front of it.
    pub web_base: Option<String>,
    /// Headers of every request.
    pub headers: Vec<ExtraHeader>,
    /// The target's token.
    pub bearer: Option<Secret>,
    /// Certificate authorities to trust.
    pub ca_pem: Option<Vec<u8>>,
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
    /// The longest until the target is ready.
    pub health_timeout: Duration,
    /// The longest until the target is at rest.
    pub drain_timeout: Duration,
    /// The longest that the run may take.
    pub total_timeout: Duration,
    /// Repeats of each timed test.
    pub repeats: u32,
    /// Cache states to time in.
    pub states: Vec<CacheState>,
    /// Texts of which a test's name has to contain one; all when empty.
    pub filter: Vec<String>,
    /// Correctness tests at once.
    pub concurrency: usize,
    /// The most characters to submit.
    pub max_characters: Option<u64>,
    /// The baseline; `None` for the usual places.
    pub baseline: Option<PathBuf>,
    /// How to judge.
    pub policy: Policy,
    /// Where results go.
    pub artifacts: Artifacts,
    /// Where the page of the result goes.
    pub page: PathBuf,
}

impl Settings {
    /// Of `golden run`.
    ///
    /// # Errors
    /// What cannot be meant.
    pub fn of_run(args: RunArgs, around: &Surroundings) -> Result<Self, UsageError> {
        let purpose = match (args.update_baseline, args.allow_dirty, args.update_expected) {
            (_, _, true) => Purpose::UpdateExpected,
            (true, false, _) => Purpose::UpdateBaseline(DirtyTree::Refuse),
            (true, true, _) => Purpose::UpdateBaseline(DirtyTree::Allow),
            _ => Purpose::Check,
        };
        let repeats = repeats(args.suite.repeat, &purpose)?;
        let selection = args.suite.selection;
        let narrowed = !selection.filter.is_empty() || selection.cache != CacheChoice::Both;
        if matches!(purpose, Purpose::UpdateBaseline(_)) && narrowed {
            return Err(UsageError::Narrowed);
        }
        let page = page_path(("--out-json", &args.out_json), args.out_html)?;
        let artifacts = Artifacts {
            out_json: args.out_json,
            format: args.format,
        };
        let common = Self::reaching(
            (args.remote, args.target, args.guard),
            (args.fault, purpose, artifacts),
            around,
        )?;
        Ok(Self {
            repeats,
            states: selection.cache.states(),
            filter: selection.filter,
            concurrency: usize::from(args.suite.concurrency),
            max_characters: selection.max_characters,
            page,
            ..common
        })
    }

    /// Of a command that runs against a server of its own, with faults, or against one that runs already.
    pub(super) fn reaching(
        (remote, target, guard): (args::RemoteArgs, args::TargetArgs, args::GuardArgs),
        (faults, purpose, artifacts): (Vec<String>, Purpose, Artifacts),
        around: &Surroundings,
    ) -> Result<Self, UsageError> {
        for given in &faults {
            given.parse::<FaultRule>().map_err(|source| UsageError::Fault {
                given: given.clone(),
                source,
            })?;
        }
        let place = where_is(&remote, &target, faults, around)?;
        let bearer = secret("--bearer-token-env", remote.bearer_token_env.as_deref(), around)?;
        let ca_pem = remote
            .ca_cert
            .as_deref()
            .map(|path| read_file("--ca-cert", path))
            .transpose()?;
        Ok(Self {
            web_base: remote.web_base,
            headers: remote.header,
            bearer,
            ca_pem,
            ..Self::common(target, guard, (place, purpose), artifacts)
        })
    }

    /// Of `golden prove`.
    ///
    /// # Errors
    /// What cannot be meant.
    pub fn of_prove(args: ProveArgs, around: &Surroundings) -> Result<Self, UsageError> {
        let Some(fault) = args.fault.clone() else {
            return Self::of_grid(args, around);
        };
        is_provable(&fault)?;
        let target = Where::Own {
            program: args.target.server_bin.clone(),
            args: args.target.server_arg.clone(),
            faults: vec![flag_of(&fault)],
        };
        let artifacts = Artifacts {
            out_json: args
                .out_json
                .unwrap_or_else(|| "artifacts/golden-red.json".into()),
            format: Format::Table,
        };
        let purpose = Purpose::Proof(Box::new(fault));
        let common = Self::common(args.target, args.guard, (target, purpose), artifacts);
        Ok(Self {
            repeats: args.repeat,
            concurrency: usize::from(args.concurrency),
            ..common
        })
    }

    fn of_grid(mut args: ProveArgs, around: &Surroundings) -> Result<Self, UsageError> {
        // Ten times as fast as usual, unless told otherwise: most of a proof is waiting for simulated voices.
        if !args
            .target
            .server_arg
            .iter()
            .any(|arg| arg.starts_with("--voice-cost"))
        {
            args.target.server_arg.push("--voice-cost=fast".to_owned());
        }
        let wishes = wishes(args.grid);
        let total = match wishes.extent {
            ProveExtent::Full => FULL_PROOF_WITHIN,
            _ => RUN_WITHIN,
        };
        let total_timeout = args.target.timeout_total.unwrap_or(total);
        let artifacts = Artifacts {
            out_json: args.out_json.unwrap_or_else(|| "artifacts/prove.json".into()),
            format: args.format,
        };
        let purpose = Purpose::Grid(Box::new(wishes));
        let common = Self::reaching(
            (args.remote, args.target, args.guard),
            (Vec::new(), purpose, artifacts),
            around,
        )?;
        Ok(Self {
            filter: args.filter,
            concurrency: usize::from(args.concurrency),
            total_timeout,
            ..common
        })
    }

    fn common(
        target: args::TargetArgs,
        guard: args::GuardArgs,
        (place, purpose): (Where, Purpose),
        artifacts: Artifacts,
    ) -> Self {
        Self {
            purpose,
            target: place,
            web_base: None,
            headers: Vec::new(),
            bearer: None,
            ca_pem: None,
            profile: target.kind.target,
            cases: target.kind.cases,
            model: target.kind.model,
            min_workers: target.kind.min_workers,
            job_timeout: target.kind.timeout_job,
            health_timeout: target.kind.timeout_health,
            drain_timeout: target.kind.drain_timeout,
            total_timeout: target.timeout_total.unwrap_or(RUN_WITHIN),
            repeats: 3,
            states: CacheState::ALL.to_vec(),
            filter: Vec::new(),
            concurrency: 4,
            max_characters: None,
            baseline: guard.baseline,
            policy: Policy {
                mode: guard.baseline_mode,
                env_mismatch: guard.env_mismatch,
                flags: LimitOverrides {
                    multiplier: guard.perf_multiplier,
                    add_seconds: guard.perf_add_seconds,
                },
            },
            page: artifacts.out_json.with_extension("html"),
            artifacts,
        }
    }

    /// Whether the filter takes a test of this name.
    #[must_use]
    pub fn takes(&self, name: &str) -> bool {
        self.filter.is_empty() || self.filter.iter().any(|part| name.contains(part.as_str()))
    }
}

fn wishes(args: args::GridArgs) -> GridWishes {
    GridWishes {
        extent: match (args.full, args.smoke) {
            (true, _) => ProveExtent::Full,
            (false, true) => ProveExtent::Smoke,
            (false, false) => ProveExtent::Usual,
        },
        wanted: Wanted {
            stages: args.stage.into_iter().collect(),
            kinds: args.kind.into_iter().collect(),
            magnitudes: args.magnitude.into_iter().collect(),
        },
        pairs: args.runs,
        allowed_false_alarms: args.allow_false_alarms,
        blind_spots: args.blind_spots,
    }
}

fn repeats(given: Option<u32>, purpose: &Purpose) -> Result<u32, UsageError> {
    let least = u32::try_from(MIN_REPEATS).unwrap_or(u32::MAX);
    match (given, purpose) {
        (Some(given), Purpose::UpdateBaseline(_)) if given < least => Err(UsageError::Repeats(given)),
        (Some(given), _) => Ok(given),
        (None, Purpose::UpdateBaseline(_)) => Ok(least),
        (None, _) => Ok(3),
    }
}

fn where_is(
    remote: &args::RemoteArgs,
    target: &args::TargetArgs,
    faults: Vec<String>,
    around: &Surroundings,
) -> Result<Where, UsageError> {
    let Some(api_base) = remote.api_base.clone() else {
        return Ok(Where::Own {
            program: target.server_bin.clone(),
            args: target.server_arg.clone(),
            faults,
        });
    };
    let sharing = if remote.shared_target {
        Sharing::Shared
    } else {
        Sharing::Alone
    };
    let admin_token = secret("--admin-token-env", remote.admin_token_env.as_deref(), around)?;
    Ok(Where::Remote {
        api_base,
        sharing,
        admin_token,
    })
}
