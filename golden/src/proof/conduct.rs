//! Conducting a proof: the baseline, the slowdowns stage by stage, the breakages, the controls in between. Whatever ends
//! it, what was seen until then is kept, and no fault is left behind.

use std::{sync::Mutex, sync::PoisonError, time::Duration};

use futures::{StreamExt as _, stream};
use perf_guard::comparison::Plan;
use run_report::{
    Alarm, Breakage, CellOutcome, Control, ControlKind, Ending, FixedRule, ProveExtent, ProveRule,
    StageSlowdowns, TestStatus, Witness,
};

use super::{
    Grid, GridFault, GridWishes,
    breakage::{self, Checking, Until},
    narrator::{Narrator, Work},
    place::Place,
    slow_cell::{Judging, is_on_path, probe, tests_on},
    stage_search::{Depth, Probed, Seen, StageSearch, Thoroughness},
    thresholds::{self, Thresholds},
};
use crate::{
    cli::{Settings, Where},
    run::Inputs,
};
use run_context::{TargetError, chain};

/// Servers that take breakages at once: most of the time they stall or wait.
const SERVERS_AT_ONCE: usize = 3;
/// A correctness control comes after so many breakages.
const BREAKAGES_PER_CONTROL: usize = 20;
/// The least that a job may take under a breakage before a test calls it late.
const LEAST_JOB_TIMEOUT: Duration = Duration::from_secs(3);
/// As many times as long as the slowest value without a fault.
const PATIENCE: u32 = 20;

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
struct Proving<'a> {
    settings: &'a Settings,
    wishes: &'a GridWishes,
    grid: &'a Grid,
    inputs: &'a Inputs,
    plan: Plan,
    narrator: &'a Narrator,
    /// The server that somebody else runs.
    remote: Option<Place<'a>>,
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
    async fn with_place<T>(&self, work: impl AsyncFnOnce(&Place<'a>) -> T) -> Result<T, TargetError> {
        if let Some(remote) = &self.remote {
            return Ok(work(remote).await);
        }
        let place = Place::open(self.settings, self.inputs).await?;
        let done = work(&place).await;
        // It is this proof's own, and killed in the end if it has to be.
        let _ = place.close().await;
        Ok(done)
    }

    const fn judging<'t>(&'t self, thresholds: &'t Thresholds, values: usize) -> Judging<'t> {
        Judging {
            thresholds,
            plan: &self.plan,
            values,
            job_timeout: self.settings.job_timeout,
        }
    }

    fn values(&self) -> usize {
        self.inputs.timed.keys().count()
    }

    // Slowdowns.

    /// A control before the first stage, and after every second one; after every one where every cell is wanted.
    fn has_control_after(&self, stages_done: usize) -> bool {
        match self.wishes.extent {
            ProveExtent::Smoke => stages_done == 0,
            ProveExtent::Usual => stages_done.is_multiple_of(2),
            ProveExtent::Full => true,
        }
    }

    fn timed_controls(&self) -> usize {
        let many = self.grid.slowed.len();
        if many == 0 {
            return 0;
        }
        (0..=many).filter(|done| self.has_control_after(*done)).count()
    }

    async fn slow_down(&self, thresholds: &Thresholds) -> Result<(), TargetError> {
        if self.grid.slowed.is_empty() {
            return Ok(());
        }
        self.timed_control(None, thresholds).await?;
        for (done, stage) in self.grid.slowed.iter().enumerate() {
            let fault = GridFault::sleep(*stage, Duration::from_secs(1));
            let result = self
                .with_place(async |place| self.search(place, &fault, thresholds).await)
                .await?;
            self.see(|seen| seen.slowdowns.push(result));
            if self.has_control_after(done + 1) {
                self.timed_control(Some(stage.to_string()), thresholds).await?;
            }
        }
        Ok(())
    }

    async fn search(&self, place: &Place<'_>, fault: &GridFault, thresholds: &Thresholds) -> StageSlowdowns {
        let stage = fault.stage;
        let (thoroughness, tests) = match self.wishes.extent {
            ProveExtent::Full => (Thoroughness::Every, self.inputs.timed.tests.clone()),
            _ => (Thoroughness::Search, tests_on(stage, &self.inputs.timed.tests)),
        };
        let keys = self.inputs.timed.keys().map(|key| {
            let on_path = is_on_path(&key, stage);
            (key, on_path)
        });
        let mut search = StageSearch::new(stage, &self.grid.magnitudes, keys, thoroughness);
        let judging = self.judging(thresholds, self.values());
        while let Some(next) = search.next() {
            let fault = search.fault(next.magnitude);
            self.narrator.begin(&fault.in_words());
            let probed = probe(place, Some(&fault), (&tests, next.depth), &judging).await;
            self.narrator
                .end(Work::Timed, probed.took, &probed_line(&fault, &probed));
            search.saw(next.magnitude, probed);
        }
        self.narrator.spare(Work::Timed, search.unprobed());
        search.into_result()
    }

    async fn timed_control(&self, after: Option<String>, thresholds: &Thresholds) -> Result<(), TargetError> {
        self.narrator.begin("the timed tests without a fault");
        let judging = self.judging(thresholds, self.values());
        let tests = (self.inputs.timed.tests.as_slice(), Depth::Statistical);
        let probed = self
            .with_place(async |place| probe(place, None, tests, &judging).await)
            .await?;
        let control = control_of(after, &probed);
        let line = control_line("timed values", &control);
        self.narrator.end(Work::Timed, probed.took, &line);
        self.see(|seen| seen.controls.push(control));
        Ok(())
    }

    // Breakages.

    /// What a remote server would not survive is not done to it.
    fn breakages(&self) -> Vec<Item> {
        let faults = self.grid.breakages.iter().copied();
        let mut items = Vec::new();
        for (i, fault) in faults.enumerate() {
            if i.is_multiple_of(BREAKAGES_PER_CONTROL) {
                let after = i
                    .checked_sub(1)
                    .map(|before| self.grid.breakages[before].in_words());
                items.push(Item::Control(after));
            }
            items.push(Item::Fault(fault));
        }
        items
    }

    fn checking(&self, thresholds: &Thresholds) -> Checking<'a> {
        let patient = thresholds.slowest() * PATIENCE;
        Checking {
            checks: &self.inputs.checks,
            concurrency: self.settings.concurrency,
            job_timeout: patient.max(LEAST_JOB_TIMEOUT).min(self.settings.job_timeout),
            until: match self.wishes.extent {
                ProveExtent::Full => Until::TheEnd,
                _ => Until::FirstNotice,
            },
        }
    }

    async fn break_all(&self, thresholds: &Thresholds) -> Result<(), TargetError> {
        let how = self.checking(thresholds);
        let at_once = if self.remote.is_some() { 1 } else { SERVERS_AT_ONCE };
        let mut results = stream::iter(self.breakages())
            .map(|item| self.one(item, how, at_once))
            .buffered(at_once);
        while let Some(result) = results.next().await {
            result?;
        }
        Ok(())
    }

    async fn one(&self, item: Item, how: Checking<'_>, at_once: usize) -> Result<(), TargetError> {
        let began = std::time::Instant::now();
        let line = match item {
            Item::Fault(fault) if self.remote.is_some() && fault.ends_the_process() => {
                let note = format!(
                    "{} is left out: it would end a server that this proof cannot start again",
                    fault.in_words()
                );
                self.narrator.spare(Work::Checked, 1);
                self.narrator.say(&note);
                self.see(|seen| seen.notices.push(note));
                return Ok(());
            }
            Item::Fault(fault) => {
                self.narrator.begin(&fault.in_words());
                let cell = self
                    .with_place(async |place| breakage::under_fault(place, &fault, how).await)
                    .await?;
                let line = breakage_line(&cell);
                self.see(|seen| seen.breakages.push(cell));
                line
            }
            Item::Control(after) => {
                self.narrator.begin("the tests of correctness without a fault");
                let control = self
                    .with_place(async |place| breakage::control(place, after, how).await)
                    .await?;
                let line = control_line("tests of correctness", &control);
                self.see(|seen| seen.controls.push(control));
                line
            }
        };
        let share = began.elapsed() / u32::try_from(at_once).unwrap_or(1);
        self.narrator.end(Work::Checked, share, &line);
        Ok(())
    }

    /// What no test of correctness noticed, the timed tests may: a slow body is slow.
    async fn second_look(&self, thresholds: &Thresholds) -> Result<(), TargetError> {
        let missed: Vec<GridFault> = {
            let seen = self.locked();
            let missed = |fault: &&GridFault| {
                let words = fault.in_words();
                let mut cells = seen.breakages.iter();
                cells.any(|cell| cell.fault == words && cell.outcome == CellOutcome::Missed)
            };
            self.grid.breakages.iter().filter(missed).copied().collect()
        };
        self.narrator.plan(Work::Timed, missed.len());
        let judging = self.judging(thresholds, self.values());
        for fault in missed {
            self.narrator
                .begin(&format!("{}, by the timed tests", fault.in_words()));
            let tests = tests_on(fault.stage, &self.inputs.timed.tests);
            let look = async |depth| {
                self.with_place(async |place| probe(place, Some(&fault), (&tests, depth), &judging).await)
                    .await
            };
            // What is slow beyond doubt takes few runs.
            let mut probed = look(Depth::Fixed).await?;
            if !probed.is_noticed() {
                probed = look(Depth::Statistical).await?;
            }
            self.narrator
                .end(Work::Timed, probed.took, &probed_line(&fault, &probed));
            self.see(|seen| {
                let words = fault.in_words();
                if let Some(cell) = seen.breakages.iter_mut().find(|cell| cell.fault == words) {
                    add_timed_witnesses(cell, &probed);
                }
            });
        }
        Ok(())
    }

    // What is kept.

    fn see(&self, change: impl FnOnce(&mut Sightings)) {
        change(&mut self.locked());
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Sightings> {
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

/// What is done side by side.
enum Item {
    Fault(GridFault),
    Control(Option<String>),
}

fn control_of(after: Option<String>, probed: &Probed) -> Control {
    let mut alarms = Vec::new();
    let seen: &[Seen] = match &probed.seen {
        Ok(seen) => seen,
        // A timed test that fails without a fault is an alarm too.
        Err(why) => {
            alarms.push(Alarm {
                rule: ProveRule::Fixed,
                test: "the timed tests".to_owned(),
                reason: why.clone(),
            });
            &[]
        }
    };
    for one in seen {
        let rules = [
            (ProveRule::Fixed, Some(one.fixed)),
            (ProveRule::Statistical, one.statistical),
        ];
        for (rule, sight) in rules {
            if let Some(sight) = sight.filter(|sight| sight.caught) {
                let times = sight.base_s.zip(sight.measured_s);
                let reason = times.map(|(base, measured)| format!("{measured} beside {base}"));
                alarms.push(Alarm {
                    rule,
                    test: one.key.to_string(),
                    reason: reason.unwrap_or_else(|| "it failed".to_owned()),
                });
            }
        }
    }
    Control {
        kind: ControlKind::Timed,
        after,
        judged: seen.len().max(alarms.len()),
        alarms,
        took_s: Some(perf_guard::Seconds::from_measured(probed.took).rounded_to_micros()),
    }
}

fn add_timed_witnesses(cell: &mut Breakage, probed: &Probed) {
    let Ok(seen) = &probed.seen else { return };
    if !probed.is_valid() {
        return;
    }
    for one in seen {
        let by = [
            (one.fixed.caught, "the fixed rule"),
            (
                one.statistical.is_some_and(|sight| sight.caught),
                "the statistical rule",
            ),
        ];
        let rules: Vec<&str> = by
            .into_iter()
            .filter_map(|(caught, rule)| caught.then_some(rule))
            .collect();
        let noticed = !rules.is_empty();
        if noticed {
            cell.noticed_by.push(one.key.to_string());
            cell.outcome = CellOutcome::Caught;
        }
        cell.tests.push(Witness {
            name: one.key.test.clone(),
            cache: Some(one.key.cache),
            status: if noticed {
                TestStatus::Failed
            } else {
                TestStatus::Passed
            },
            reason: noticed.then(|| format!("slower by {}", rules.join(" and "))),
        });
    }
}

fn probed_line(fault: &GridFault, probed: &Probed) -> String {
    let took = probed.took.as_secs_f64();
    let fault = fault.in_words();
    match (&probed.seen, probed.fired_total) {
        (Err(why), _) => format!("{fault}: not tested: {why} ({took:.1} s)"),
        (Ok(_), Some(0)) => format!("{fault}: never fired ({took:.1} s)"),
        (Ok(_), None) => format!("{fault}: whether it fired is not known ({took:.1} s)"),
        (Ok(seen), Some(_)) => {
            let fixed = seen.iter().filter(|one| one.fixed.caught).count();
            let statistical = seen
                .iter()
                .filter(|one| one.statistical.is_some_and(|sight| sight.caught));
            let by_statistics = match probed.depth {
                Depth::Fixed => String::new(),
                Depth::Statistical => format!(", {} by the statistical", statistical.count()),
            };
            let values = seen.len();
            format!(
                "{fault}: {fixed} of {values} timed values red by the fixed rule{by_statistics} ({took:.1} s)"
            )
        }
    }
}

fn breakage_line(cell: &Breakage) -> String {
    let took = cell
        .took_s
        .map(|took| format!(" ({took:.1})"))
        .unwrap_or_default();
    let fault = &cell.fault;
    match cell.outcome {
        CellOutcome::Caught => format!("{fault}: noticed by {}{took}", cell.noticed_by.join(", ")),
        CellOutcome::Missed => format!("{fault}: no test of correctness noticed{took}"),
        CellOutcome::NotFired => format!("{fault}: never fired{took}"),
        _ => format!(
            "{fault}: not tested: {}{took}",
            cell.note.as_deref().unwrap_or("no reason known")
        ),
    }
}

fn control_line(what: &str, control: &Control) -> String {
    let took = control
        .took_s
        .map(|took| format!(" ({took:.1})"))
        .unwrap_or_default();
    let (red, judged) = (control.alarms.len(), control.judged);
    let alarms: Vec<String> = control
        .alarms
        .iter()
        .map(|alarm| {
            format!(
                "\n    FALSE ALARM by the {} rule: {}: {}",
                alarm.rule.as_str(),
                alarm.test,
                alarm.reason
            )
        })
        .collect();
    format!("control: {judged} {what}, {red} red{took}{}", alarms.concat())
}
