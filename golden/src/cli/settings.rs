//! Flags, checked and put into the terms of the suite.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use audio_api::fault::{FaultRule, FlagError, Kind, Match, Sleep, Stage, When};
use audio_client::{ExtraHeader, Secret};
use clap::ValueEnum;
use perf_guard::{CacheState, DirtyTree, LimitOverrides, MIN_REPEATS, Policy};

use super::{ProveArgs, RunArgs, args};
use crate::{
    suite::Sharing,
    timed::{KNOWN_METRICS, stages_on_path},
};

/// What the command finds around itself. Read by `main`, and by nobody else.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The variables of the environment.
    pub variables: std::collections::BTreeMap<String, String>,
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub stderr_is_terminal: bool,
}

impl Surroundings {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

/// In which cache states to time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CacheChoice {
    /// Texts that are new to the server
    Cold,
    /// Texts that it knows
    Warm,
    /// Each text first cold, then warm
    Both,
}

impl CacheChoice {
    fn states(self) -> Vec<CacheState> {
        match self {
            Self::Cold => vec![CacheState::Cold],
            Self::Warm => vec![CacheState::Warm],
            Self::Both => CacheState::ALL.to_vec(),
        }
    }
}

/// What to write to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people.
    Table,
    /// The same as `golden.json`.
    Json,
    /// JUnit XML.
    Junit,
    /// Markdown.
    Markdown,
}

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
}

/// What cannot be meant. Exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// A fault that is none.
    #[error("--fault {given}: {source}")]
    Fault {
        /// What was given.
        given: String,
        /// What is wrong with it.
        source: FlagError,
    },
    /// A fault by which nothing can be proven.
    #[error("--fault: {0}")]
    Unprovable(String),
    /// A variable that is not set.
    #[error("{flag} {name}: there is no such environment variable, or it is empty")]
    NoVariable {
        /// The flag.
        flag: &'static str,
        /// The variable.
        name: String,
    },
    /// A file that a flag names.
    #[error("{flag} {}", path.display())]
    File {
        /// The flag.
        flag: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Repeats too few for a baseline.
    #[error("--repeat is {0}; legal with --update-baseline: {MIN_REPEATS} or more")]
    Repeats(u32),
    /// A baseline of a part.
    #[error("--update-baseline takes a whole run, without --filter and with --cache both")]
    Narrowed,
    /// Nothing is left.
    #[error("--filter {0}: no test's name contains that")]
    NoTest(String),
    /// More than allowed.
    #[error("this run would submit {planned} characters in {jobs} jobs; --max-characters allows {allowed}")]
    TooManyCharacters {
        /// Characters.
        planned: u64,
        /// Jobs.
        jobs: u64,
        /// What is allowed.
        allowed: u64,
    },
    /// A guard that cannot fire.
    #[error(transparent)]
    Unfireable(#[from] perf_guard::CheckError),
    /// A baseline from a tree that nobody can rebuild.
    #[error("--update-baseline: the working tree {0}; commit first, or add --allow-dirty")]
    Dirty(&'static str),
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
        let narrowed = !args.suite.filter.is_empty() || args.suite.cache != CacheChoice::Both;
        if matches!(purpose, Purpose::UpdateBaseline(_)) && narrowed {
            return Err(UsageError::Narrowed);
        }
        for given in &args.fault {
            given.parse::<FaultRule>().map_err(|source| UsageError::Fault {
                given: given.clone(),
                source,
            })?;
        }
        let remote = args.remote;
        let target = where_is(&remote, &args.target, args.fault, around)?;
        let bearer = secret("--bearer-token-env", remote.bearer_token_env.as_deref(), around)?;
        let ca_pem = remote.ca_cert.as_deref().map(read_ca).transpose()?;
        let artifacts = Artifacts {
            out_json: args.out_json,
            format: args.format,
        };
        let common = Self::common(args.target, args.guard, (target, purpose), artifacts);
        Ok(Self {
            web_base: remote.web_base,
            headers: remote.header,
            bearer,
            ca_pem,
            repeats,
            states: args.suite.cache.states(),
            filter: args.suite.filter,
            concurrency: usize::from(args.suite.concurrency),
            max_characters: args.suite.max_characters,
            ..common
        })
    }

    /// Of `golden prove`.
    ///
    /// # Errors
    /// What cannot be meant.
    pub fn of_prove(args: ProveArgs) -> Result<Self, UsageError> {
        is_provable(&args.fault)?;
        let target = Where::Own {
            program: args.target.server_bin.clone(),
            args: args.target.server_arg.clone(),
            faults: vec![flag_of(&args.fault)],
        };
        let artifacts = Artifacts {
            out_json: args.out_json,
            format: Format::Table,
        };
        let common = Self::common(
            args.target,
            args.guard,
            (target, Purpose::Proof(Box::new(args.fault))),
            artifacts,
        );
        Ok(Self {
            repeats: args.repeat,
            concurrency: usize::from(args.concurrency),
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
            profile: target.target,
            cases: target.cases,
            model: target.model,
            min_workers: target.min_workers,
            job_timeout: target.timeout_job,
            health_timeout: target.timeout_health,
            drain_timeout: target.drain_timeout,
            total_timeout: target.timeout_total,
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
            artifacts,
        }
    }

    /// Whether the filter takes a test of this name.
    #[must_use]
    pub fn takes(&self, name: &str) -> bool {
        self.filter.is_empty() || self.filter.iter().any(|part| name.contains(part.as_str()))
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

fn secret(
    flag: &'static str,
    name: Option<&str>,
    around: &Surroundings,
) -> Result<Option<Secret>, UsageError> {
    let Some(name) = name else { return Ok(None) };
    match around.get(name) {
        Some(value) => Ok(Some(Secret::new(value))),
        None => Err(UsageError::NoVariable {
            flag,
            name: name.to_owned(),
        }),
    }
}

fn read_ca(path: &Path) -> Result<Vec<u8>, UsageError> {
    std::fs::read(path).map_err(|source| UsageError::File {
        flag: "--ca-cert",
        path: path.to_owned(),
        source,
    })
}

/// Which tests a rule has to turn red can be said only of one that strikes every time, and only slows.
fn is_provable(rule: &FaultRule) -> Result<(), UsageError> {
    let refuse = |why: String| Err(UsageError::Unprovable(why));
    if !matches!(rule.kind(), Kind::Sleep(_)) {
        return refuse(format!(
            "a proof takes a sleep, and {} is none",
            rule.kind().as_str()
        ));
    }
    if *rule.matches() != Match::default() || rule.when() != When::default() || rule.ttl_ms().is_some() {
        return refuse("a proof takes a rule without conditions, one that strikes every time".to_owned());
    }
    let stage = rule.stage();
    let on_a_path = |metric| {
        CacheState::ALL
            .iter()
            .any(|&cache| stages_on_path(metric, cache).contains(&stage))
    };
    if !KNOWN_METRICS.into_iter().any(on_a_path) {
        let legal = Stage::ALL.into_iter().filter(|stage| {
            let on_path = |metric, cache| stages_on_path(metric, cache).contains(stage);
            KNOWN_METRICS
                .into_iter()
                .any(|metric| CacheState::ALL.iter().any(|&cache| on_path(metric, cache)))
        });
        let legal: Vec<&str> = legal.map(Stage::as_str).collect();
        return refuse(format!(
            "no timed test passes {stage}; legal stages: {}",
            legal.join(", ")
        ));
    }
    Ok(())
}

/// A sleep without conditions, as a flag.
fn flag_of(rule: &FaultRule) -> String {
    let time = match rule.kind() {
        Kind::Sleep(Sleep::Fixed(time)) => time_in_words(time),
        Kind::Sleep(Sleep::LogNormal { median, sigma }) => {
            format!("lognormal({};{sigma})", time_in_words(median))
        }
        _ => unreachable!("checked to be a sleep"),
    };
    format!("{}:sleep={time}", rule.stage())
}

/// In the largest unit in which it is whole.
fn time_in_words(time: Duration) -> String {
    let us = time.as_micros();
    match (us % 1_000_000, us % 1_000) {
        (0, _) => format!("{}s", us / 1_000_000),
        (_, 0) => format!("{}ms", us / 1_000),
        _ => format!("{us}us"),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use rstest::rstest;

    use super::*;
    use crate::cli::{Cli, Command};

    fn settings(flags: &[&str]) -> Result<Settings, String> {
        let cli = Cli::try_parse_from([&["golden"], flags].concat()).map_err(|error| error.to_string())?;
        let variables = [("TOKEN", "s3cret"), ("EMPTY", "")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let around = Surroundings {
            variables: variables.into(),
            ..Surroundings::default()
        };
        let settings = match cli.command {
            Command::Run(args) => Settings::of_run(*args, &around),
            Command::Prove(args) => Settings::of_prove(*args),
        };
        settings.map_err(|error| error.to_string())
    }

    #[rstest]
    #[case::usual(&["run"], 3)]
    #[case::update(&["run", "--update-baseline"], 5)]
    #[case::named(&["run", "--update-baseline", "--repeat", "7"], 7)]
    fn an_update_repeats_five_times(#[case] flags: &[&str], #[case] repeats: u32) {
        assert_eq!(settings(flags).unwrap().repeats, repeats);
    }

    #[rstest]
    #[case::few(&["run", "--update-baseline", "--repeat", "3"], "--repeat is 3")]
    #[case::part(&["run", "--update-baseline", "--filter", "a"], "takes a whole run")]
    #[case::half(&["run", "--update-baseline", "--cache", "cold"], "takes a whole run")]
    #[case::fault(&["run", "--fault", "synht:sleep=1s"], "unknown stage")]
    #[case::remote_fault(&["run", "--fault", "synth:sleep=1s", "--api-base", "http://h"], "cannot be used with")]
    #[case::no_variable(&["run", "--bearer-token-env", "NOBODY"], "--bearer-token-env NOBODY: there is no such")]
    #[case::empty_variable(&["run", "--bearer-token-env", "EMPTY"], "or it is empty")]
    #[case::ca(&["run", "--ca-cert", "/nonexistent/ca"], "--ca-cert /nonexistent/ca")]
    #[case::time(&["run", "--timeout-job", "soon"], "legal: a time such as")]
    #[case::no_time(&["run", "--timeout-job", "0s"], "above 0")]
    #[case::multiplier(&["run", "--perf-multiplier", "0.5"], "at least 1")]
    #[case::add(&["run", "--perf-add-seconds", "-1"], "0 or more")]
    #[case::mode(&["run", "--baseline-mode", "lax"], "lax")]
    #[case::repeat(&["run", "--repeat", "0"], "1..=100")]
    #[case::error(&["prove", "--fault", "synth:error=500"], "takes a sleep")]
    #[case::condition(&["prove", "--fault", "synth:sleep=1s,p=0.5"], "without conditions")]
    #[case::blind(&["prove", "--fault", "http.playlist:sleep=1s"], "no timed test passes http.playlist")]
    fn what_cannot_be_meant_is_refused(#[case] flags: &[&str], #[case] says: &str) {
        let error = settings(flags).unwrap_err();
        assert!(error.contains(says), "{error}");
    }

    #[test]
    fn tokens_come_from_the_environment_and_do_not_show() {
        let flags = [
            "run",
            "--api-base",
            "http://h",
            "--bearer-token-env",
            "TOKEN",
            "--admin-token-env",
            "TOKEN",
        ];
        let settings = settings(&flags).unwrap();
        assert_eq!(settings.bearer.as_ref().map(Secret::expose), Some("s3cret"));
        assert!(!format!("{settings:?}").contains("s3cret"));
    }

    #[test]
    fn a_proof_hands_the_same_rule_to_the_server() {
        for rule in [
            "synth:sleep=2s",
            "store:sleep=2500ms",
            "store:sleep=7us",
            "http.job:sleep=lognormal(100ms;0.5)",
        ] {
            let settings = settings(&["prove", "--fault", rule]).unwrap();
            let Where::Own { faults, .. } = &settings.target else {
                panic!("{settings:?}")
            };
            assert_eq!(faults[0], rule);
        }
        assert!(settings(&["prove", "--api-base", "http://h"]).is_err());
    }

    #[test]
    fn the_filter_takes_parts_of_names() {
        let settings = settings(&["run", "--filter", "test_", "--filter", "cancel"]).unwrap();
        assert!(
            settings.takes("test_1")
                && settings.takes("cancel_racing_completion")
                && !settings.takes("job_list")
        );
    }
}
