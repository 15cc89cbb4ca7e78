//! What a soak was told, checked.

use std::{path::PathBuf, time::Duration};

use audio_client::Capability;
use perf_guard::trend::Rule;
use run_context::{ArgError, Surroundings, Target, Where, page_path};
use run_report::{LeakCheck, SoakFigure};

use super::{
    args::{CycleArgs, Format, LimitArgs, RunArgs},
    invariants::MergeWaits,
};
use crate::growth::{self, RetainJobsError, WarmUpRule, tidy_heap};

/// Small bounds, so that warm-up is over soon. Flags of the command line come after them, and win.
const SERVER_ARGS: [(&str, &str); 2] = [("--cache-bytes", "16MiB"), ("--retain-jobs", RETAIN_JOBS)];
const RETAIN_JOBS: &str = "200";
/// What all waits for the merge lock together may come to in a run of the usual length, or a shorter one.
const USUAL_MERGE_WAIT: Duration = Duration::from_secs(10);
const USUAL_DURATION: Duration = Duration::from_secs(15 * 60);

/// What cannot be meant. Exit code 2.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlanError {
    /// A flag of the target or a file.
    #[error(transparent)]
    Arg(#[from] ArgError),
    /// A window that the run does not hold.
    #[error("--window {window:?} is longer than --duration {duration:?}; legal is at most that")]
    Window {
        /// The window.
        window: Duration,
        /// The run.
        duration: Duration,
    },
    /// A target without what the invariants are read from.
    #[error("--target: profile {profile} has no {needed}, and the invariants of a soak are read from it")]
    Needs {
        /// The profile's name.
        profile: String,
        /// What it lacks.
        needed: Capability,
    },
    /// A bound that is no number.
    #[error(transparent)]
    RetainJobs(#[from] RetainJobsError),
}

/// What a soak was told, checked.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) target: Target,
    /// Variables in the environment of the server that is started, unless somebody has set them already.
    pub(super) server_env: Vec<(String, String)>,
    pub(super) cycles: CycleArgs,
    pub(super) limits: LimitArgs,
    pub(super) merge_waits: MergeWaits,
    pub(super) warm_up: WarmUpRule,
    pub(super) leak_check: LeakCheck,
    pub(super) artifacts: Artifacts,
}

/// Where the result goes.
#[derive(Debug, Clone)]
pub(super) struct Artifacts {
    pub(super) json: PathBuf,
    pub(super) page: PathBuf,
    pub(super) format: Format,
}

impl Plan {
    /// From its flags.
    ///
    /// # Errors
    /// What cannot be meant.
    pub(super) fn of(args: RunArgs, around: &Surroundings) -> Result<Self, PlanError> {
        let cycles = args.cycles;
        if cycles.window > cycles.duration {
            return Err(PlanError::Window {
                window: cycles.window,
                duration: cycles.duration,
            });
        }
        let target = with_small_bounds(args.target.target(around)?).with_faults(args.fault);
        for needed in [Capability::Status, Capability::Merged] {
            if !target.profile.can(needed) {
                return Err(PlanError::Needs {
                    profile: target.profile.name.clone(),
                    needed,
                });
            }
        }
        Ok(Self {
            warm_up: WarmUpRule::of(own_args(&target), args.warm_up)?,
            server_env: tidy_heap(&target, around),
            target,
            merge_waits: merge_waits(&args.limits, cycles.duration),
            cycles,
            limits: args.limits,
            leak_check: if args.accept_insufficient_leak_check {
                LeakCheck::InsufficientAccepted
            } else {
                LeakCheck::Required
            },
            artifacts: Artifacts {
                page: page_path(("--out-json", &args.out_json), args.out_html)?,
                json: args.out_json,
                format: args.format,
            },
        })
    }

    /// How a figure over time is judged.
    pub(super) fn rule(&self, figure: SoakFigure) -> Rule {
        let limits = &self.limits;
        let most = match figure {
            SoakFigure::Rss => limits.max_rss_growth,
            SoakFigure::Fds => limits.max_fds_growth,
            SoakFigure::Threads => limits.max_threads_growth,
            SoakFigure::RequestLatency | SoakFigure::ReadyLatency => limits.max_latency_growth,
            SoakFigure::QueueLength => limits.max_queue_growth,
            SoakFigure::MergeWait => limits.max_merge_wait_growth,
        };
        growth::rule(figure, most)
    }
}

/// A run that is longer than the usual one waits longer in all, without anything being wrong; what one wait may be stays.
fn merge_waits(limits: &LimitArgs, lasts: Duration) -> MergeWaits {
    let times = lasts.div_duration_f64(USUAL_DURATION).max(1.0);
    MergeWaits {
        total: limits
            .max_merge_wait_total
            .unwrap_or_else(|| USUAL_MERGE_WAIT.mul_f64(times)),
        longest: limits.max_merge_wait,
    }
}

/// Those that the command line does not say itself: the server takes each flag once.
fn with_small_bounds(target: Target) -> Target {
    let given = own_args(&target).to_vec();
    let missing = SERVER_ARGS
        .iter()
        .filter(|(flag, _)| !given.iter().any(|arg| arg.split('=').next() == Some(*flag)));
    let wanted: Vec<String> = missing.map(|(flag, value)| format!("{flag}={value}")).collect();
    target.with_server_args(wanted)
}

fn own_args(target: &Target) -> &[String] {
    match &target.place {
        Where::Own { args, .. } => args,
        Where::Remote { .. } => &[],
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use rstest::rstest;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        args: RunArgs,
    }

    fn plan(args: &[&str]) -> Result<Plan, PlanError> {
        let args = ["soak"].iter().chain(args);
        Plan::of(Cli::try_parse_from(args).unwrap().args, &Surroundings::default())
    }

    #[test]
    fn the_server_is_started_with_small_bounds_and_flags_win() {
        let small = plan(&[]).unwrap();
        assert_eq!(
            own_args(&small.target),
            ["--cache-bytes=16MiB", "--retain-jobs=200"]
        );
        assert_eq!(small.warm_up, WarmUpRule::Full { retain_jobs: 200 });
        let other = plan(&["--server-arg=--retain-jobs=7", "--server-arg=--workers=2"]).unwrap();
        assert_eq!(
            own_args(&other.target),
            ["--cache-bytes=16MiB", "--retain-jobs=7", "--workers=2"]
        );
        assert_eq!(other.warm_up, WarmUpRule::Full { retain_jobs: 7 });
    }

    #[test]
    fn bounds_of_a_foreign_target_are_not_known_unless_its_warm_up_is_said() {
        let foreign = ["--api-base", "http://h:1"];
        assert_eq!(plan(&foreign).unwrap().warm_up, WarmUpRule::Unknown);
        let said = plan(&[&foreign[..], &["--warm-up", "2m"]].concat()).unwrap();
        assert_eq!(said.warm_up, WarmUpRule::After(Duration::from_secs(120)));
    }

    #[rstest]
    #[case::the_usual_run(&[], 10)]
    #[case::a_short_one(&["--duration", "2m"], 10)]
    #[case::an_hour(&["--duration", "1h"], 40)]
    #[case::said(&["--duration", "1h", "--max-merge-wait-total", "7s"], 7)]
    fn waits_for_the_merge_lock_may_add_up_to_10_s_and_more_only_in_a_longer_run(
        #[case] args: &[&str],
        #[case] seconds: u64,
    ) {
        let waits = plan(args).unwrap().merge_waits;
        assert_eq!(waits.total, Duration::from_secs(seconds));
        assert_eq!(waits.longest, Duration::from_secs(2));
    }

    #[rstest]
    #[case::window(&["--duration", "5s", "--window", "6s"], "--window 6s is longer than --duration 5s")]
    #[case::retain(&["--server-arg=--retain-jobs=many"], "--retain-jobs \"many\"")]
    #[case::page(&["--out-json", "a.html"], "--out-html")]
    fn what_cannot_be_meant_names_its_flag(#[case] args: &[&str], #[case] says: &str) {
        let error = plan(args).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
