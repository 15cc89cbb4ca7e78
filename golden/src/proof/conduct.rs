//! Conducting a proof: the baseline, then what [`slowing`](super::slowing) and [`breaking`](super::breaking) do. Whatever
//! ends it, what was seen until then is kept, and no fault is left behind.

use std::sync::{Mutex, PoisonError};

use perf_guard::comparison::Plan;
use run_report::{Breakage, Control, Ending, FixedRule, StageSlowdowns};

use super::{
    Grid, GridWishes,
    narrator::{Narrator, Work},
    place::Place,
    slow_cell::Judging,
    thresholds::{self, Thresholds},
};
use crate::{
    cli::{Settings, Where},
    run::Inputs,
};
use run_context::{TargetError, chain};

/// What a proof saw.
#[derive(Debug, Default)]
pub(super) struct Sightings {
    /// Where the target was.
    pub(super) base: Option<String>,
    /// The fixed rule.
    pub(super) fixed_rule: FixedRule,
    /// Slowdowns, stage by stage.
    pub(super) slowdowns: Vec<StageSlowdowns>,
    /// Breakages, in the order of the grid.
    pub(super) breakages: Vec<Breakage>,
    /// Controls.
    pub(super) controls: Vec<Control>,
    /// What people should know.
    pub(super) notices: Vec<String>,
}

/// A proof at work.
pub(super) struct Proving<'a> {
    pub(super) settings: &'a Settings,
    pub(super) wishes: &'a GridWishes,
    pub(super) grid: &'a Grid,
    pub(super) inputs: &'a Inputs,
    pub(super) plan: Plan,
    pub(super) narrator: &'a Narrator,
    /// The server that somebody else runs.
    pub(super) remote: Option<Place<'a>>,
    seen: Mutex<Sightings>,
}

/// Why a proof cannot go on.
#[derive(Debug, thiserror::Error)]
enum ProvingError {
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Thresholds(#[from] thresholds::ThresholdsError),
}

/// Conducts a proof. It ends early when `interrupted` completes and when the time for all of it is over.
pub(super) async fn conduct(
    settings: &Settings,
    (wishes, grid, plan): (&GridWishes, &Grid, &Plan),
    inputs: &Inputs,
    narrator: &Narrator,
    interrupted: impl Future<Output = ()>,
) -> (Sightings, Ending) {
    let mut proving = Proving {
        settings,
        wishes,
        grid,
        inputs,
        plan: plan.clone(),
        narrator,
        remote: None,
        seen: Mutex::default(),
    };
    let ending = tokio::select! {
        biased;
        () = interrupted => Ending::Interrupted,
        () = tokio::time::sleep(settings.total_timeout) => Ending::TimedOut {
            error: format!("the proof did not end within {:?}", settings.total_timeout),
        },
        ended = proving.prove() => match ended {
            Ok(()) => Ending::Completed,
            Err(error) => Ending::CouldNotRun { error: chain(&error) },
        },
    };
    let ending = match proving.leave_no_fault().await {
        Ok(()) => ending,
        Err(error) => Ending::CouldNotRun { error },
    };
    let seen = proving.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    (seen, ending)
}

impl<'a> Proving<'a> {
    async fn prove(&mut self) -> Result<(), ProvingError> {
        if matches!(self.settings.target, Where::Remote { .. }) {
            self.remote = Some(Place::open(self.settings, self.inputs).await?);
        }
        let this = &*self;
        this.plan_work();
        this.narrator.begin("measuring the baseline");
        let thresholds = this
            .with_place(async |place| {
                this.see(|seen| seen.base = Some(place.client().base().to_owned()));
                let guard = (this.settings.policy.flags, this.settings.job_timeout);
                thresholds::measure(place, this.inputs, guard).await
            })
            .await??;
        this.see(|seen| seen.fixed_rule = thresholds.clone().into_rule(&this.inputs.baseline));
        this.slow_down(&thresholds).await?;
        this.break_all(&thresholds).await?;
        Ok(this.second_look(&thresholds).await?)
    }

    fn plan_work(&self) {
        let timed = self.grid.slowed.len() * self.grid.magnitudes.len();
        let controls = self.timed_controls();
        self.narrator.plan(Work::Timed, timed + controls);
        self.narrator.plan(Work::Checked, self.breakages().len());
    }

    /// Opens a server of its own for `work`, or lends the one that somebody else runs.
    pub(super) async fn with_place<T>(
        &self,
        work: impl AsyncFnOnce(&Place<'a>) -> T,
    ) -> Result<T, TargetError> {
        if let Some(remote) = &self.remote {
            return Ok(work(remote).await);
        }
        let place = Place::open(self.settings, self.inputs).await?;
        let done = work(&place).await;
        // It is this proof's own, and killed in the end if it has to be.
        let _ = place.close().await;
        Ok(done)
    }

    pub(super) const fn judging<'t>(&'t self, thresholds: &'t Thresholds, values: usize) -> Judging<'t> {
        Judging {
            thresholds,
            plan: &self.plan,
            values,
            job_timeout: self.settings.job_timeout,
        }
    }

    pub(super) fn values(&self) -> usize {
        self.inputs.timed.keys().count()
    }

    pub(super) fn see(&self, change: impl FnOnce(&mut Sightings)) {
        change(&mut self.locked());
    }

    pub(super) fn locked(&self) -> std::sync::MutexGuard<'_, Sightings> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server that somebody else runs is left as it was.
    async fn leave_no_fault(&self) -> Result<(), String> {
        let Some(remote) = &self.remote else {
            return Ok(());
        };
        remote.close().await.map_err(|error| {
            format!(
                "a fault may still stand on {}: {}",
                remote.client().base(),
                error.in_words()
            )
        })
    }
}
