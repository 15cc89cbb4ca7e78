//! All runs of all phases, one after the other: the first of each phase, then the second of each, so that whatever cuts
//! them short leaves each phase about as many. The result is written anew after every run.

use std::{
    io,
    pin::Pin,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use perf_guard::Seconds;
use run_report::{Ending, FlakeHead, FlakeRun, Phase, RunExit};

use super::{
    keep::Keep,
    lane::{Lane, Made},
    progress::Progress,
    publish::{publish, write},
};
use crate::{
    cli::{FlakeArgs, FlakeSettings, UsageError, Where},
    command::usage,
    run::{InputError, Inputs, head},
};
use run_context::{Outside, Tree, chain, machine, tree};

/// So many runs in a row that could not be made end the command.
const GIVE_UP_AFTER: u32 = 3;

/// Everything that goes from run to run.
struct Campaign {
    settings: FlakeSettings,
    tree: Tree,
    began: Instant,
    lanes: Vec<Lane>,
    keep: Keep,
    result: FlakeRun,
    progress: Progress,
    /// Runs in a row that could not be made.
    unmade: u32,
}

/// Why a run was not gone on with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    Interrupted,
    Budget,
}

/// Why nothing can be run.
enum Refusal {
    Usage(UsageError),
    Input(InputError),
}

/// Runs `golden flake` until its end or until `interrupted` completes.
///
/// # Errors
/// What the system says when a result cannot be written.
pub async fn run(
    args: FlakeArgs,
    mut outside: Outside<'_>,
    interrupted: impl Future<Output = ()>,
) -> io::Result<RunExit> {
    let settings = match FlakeSettings::of(args, outside.around) {
        Ok(settings) => settings,
        Err(error) => return usage(&error, &mut outside),
    };
    let artifacts = settings.run.artifacts.clone();
    let lanes = match lanes(&settings) {
        Ok(lanes) => lanes,
        Err(Refusal::Usage(error)) => return usage(&error, &mut outside),
        Err(Refusal::Input(error)) => {
            let error = chain(&error);
            writeln!(outside.err, "error: {error}")?;
            let mut result = empty(&settings, &tree(), None);
            result.settle(&Ending::CouldNotRun { error });
            return publish(&result, &artifacts, outside.around, outside.out);
        }
    };
    let mut campaign = Campaign::new(settings, lanes, &outside)?;
    let ending = campaign.run_all(std::pin::pin!(interrupted)).await?;
    let result = campaign.finish(&ending).await;
    publish(&result, &artifacts, outside.around, outside.out)
}

fn lanes(settings: &FlakeSettings) -> Result<Vec<Lane>, Refusal> {
    let lane = |phase: &Phase| {
        let of_phase = Lane::settings(*phase, &settings.run);
        let inputs = Inputs::read(&of_phase).map_err(Refusal::Input)?;
        inputs.check(&of_phase).map_err(Refusal::Usage)?;
        Ok(Lane::new(*phase, of_phase, inputs))
    };
    settings.phases.iter().map(lane).collect()
}

/// A result without any run.
fn empty(settings: &FlakeSettings, tree: &Tree, inputs: Option<&Inputs>) -> FlakeRun {
    // The same words as in a run's own result.
    let run = head(&settings.run, inputs, tree);
    let mut result = FlakeRun::new(FlakeHead {
        suite_version: run.suite_version,
        target: run.target,
        started_at: Timestamp::now(),
        settings_digest: run.settings_digest,
        environment: machine(),
        phases: settings.phases.clone(),
        runs_planned: settings.runs,
        budget_s: Seconds::from_measured(settings.budget),
    });
    result.repeats = settings.run.repeats;
    result.filter.clone_from(&settings.run.filter);
    if let Where::Own { faults, .. } = &settings.run.target {
        result.faults.clone_from(faults);
    }
    result.git_commit = run.git_commit;
    result.git_dirty = run.git_dirty;
    result.baseline = inputs.and_then(|inputs| inputs.baseline.info());
    result
}

impl Campaign {
    fn new(settings: FlakeSettings, lanes: Vec<Lane>, outside: &Outside<'_>) -> io::Result<Self> {
        let tree = tree();
        let result = empty(&settings, &tree, lanes.first().map(Lane::inputs));
        let runs = u64::from(settings.runs) * lanes.len() as u64;
        Ok(Self {
            keep: Keep::beside(&settings.run.artifacts.out_json)?,
            progress: Progress::new(outside.around, runs),
            began: Instant::now(),
            settings,
            tree,
            lanes,
            result,
            unmade: 0,
        })
    }

    async fn run_all(&mut self, mut interrupted: Pin<&mut impl Future<Output = ()>>) -> io::Result<Ending> {
        for number in 1..=self.settings.runs {
            for lane in 0..self.lanes.len() {
                if let Some(ending) = self.run_one((lane, number), interrupted.as_mut()).await? {
                    return Ok(ending);
                }
            }
        }
        Ok(Ending::Completed)
    }

    /// Makes a run and counts it; gives the ending once there is no going on.
    async fn run_one(
        &mut self,
        (lane, number): (usize, u32),
        interrupted: Pin<&mut impl Future<Output = ()>>,
    ) -> io::Result<Option<Ending>> {
        let left = self.settings.budget.saturating_sub(self.began.elapsed());
        let lane = &mut self.lanes[lane];
        let phase = lane.phase;
        if lane.mean().is_some_and(|mean| mean > left) {
            return Ok(Some(self.over_budget()));
        }
        self.progress.began((phase, number));
        let mut cut = None;
        let stopped = async {
            cut = Some(tokio::select! {
                biased;
                () = interrupted => Cut::Interrupted,
                () = tokio::time::sleep(left) => Cut::Budget,
            });
        };
        let made = Box::pin(lane.run(&self.tree, stopped)).await;
        let unmade = made.run.exit_code == RunExit::CouldNotRun;
        self.unmade = if unmade { self.unmade + 1 } else { 0 };
        let error = made.run.error.clone().unwrap_or_default();
        self.count((phase, number), &made)?;
        let first = self.result.phase(phase).is_some_and(|result| result.runs <= 1);
        Ok(match cut {
            Some(Cut::Interrupted) => Some(Ending::Interrupted),
            Some(Cut::Budget) => Some(self.over_budget()),
            None if unmade && (first || self.unmade == GIVE_UP_AFTER) => Some(Ending::CouldNotRun { error }),
            None => None,
        })
    }

    fn count(&mut self, (phase, number): (Phase, u32), made: &Made) -> io::Result<()> {
        let went_wrong = matches!(made.run.exit_code, RunExit::Failed | RunExit::CouldNotRun)
            || made
                .run
                .tests
                .iter()
                .any(|test| test.status == run_report::TestStatus::Failed);
        let kept = if went_wrong {
            self.keep.keep((phase, number), &made.run, &made.evidence)?
        } else {
            None
        };
        let failed = self.result.enter((phase, number), &made.run, kept.as_deref());
        self.result
            .note_load(phase, made.busy_processes, made.doubt.as_deref());
        self.result.timing_total_s = Some(Seconds::from_measured(self.began.elapsed()).rounded_to_micros());
        // Whoever reads it now finds the runs so far, and that they are not all.
        self.result.settle(&Ending::Completed);
        write(&self.result, &self.settings.run.artifacts)?;
        let left = self.time_left();
        self.progress.ended((phase, number), (&made.run, failed), left);
        Ok(())
    }

    /// How long the runs still to be made will take, by the means so far.
    fn time_left(&self) -> Duration {
        let means: Vec<Duration> = self.lanes.iter().filter_map(Lane::mean).collect();
        let usual = means.iter().sum::<Duration>() / u32::try_from(means.len().max(1)).unwrap_or(1);
        let of_lane = |lane: &Lane| {
            let made = self.result.phase(lane.phase).map_or(0, |result| result.runs);
            lane.mean().unwrap_or(usual) * self.settings.runs.saturating_sub(made)
        };
        self.lanes.iter().map(of_lane).sum()
    }

    fn over_budget(&self) -> Ending {
        Ending::TimedOut {
            error: format!(
                "the time of --budget {:?} does not suffice for more runs",
                self.settings.budget
            ),
        }
    }

    async fn finish(mut self, ending: &Ending) -> FlakeRun {
        for lane in self.lanes {
            lane.stop().await;
        }
        self.result.finished_at = Some(Timestamp::now());
        self.result.settle(ending);
        self.result
    }
}
