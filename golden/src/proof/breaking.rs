//! The breakages of a proof, several servers at a time, with controls of the tests of correctness between them.

use std::time::Duration;

use futures::{StreamExt as _, stream};
use run_context::TargetError;
use run_report::{Breakage, CellOutcome, ProveExtent, TestStatus, Witness};

use super::{
    GridFault,
    breakage::{self, Checking, Until},
    conduct::Proving,
    lines::{breakage_line, control_line, probed_line},
    narrator::Work,
    slow_cell::{probe, tests_on},
    stage_search::{Depth, Probed},
    thresholds::Thresholds,
};

/// Servers that take breakages at once: most of the time they stall or wait.
const SERVERS_AT_ONCE: usize = 3;
/// A correctness control comes after so many breakages.
const BREAKAGES_PER_CONTROL: usize = 20;
/// The least that a job may take under a breakage before a test calls it late.
const LEAST_JOB_TIMEOUT: Duration = Duration::from_secs(3);
/// As many times as long as the slowest value without a fault.
const PATIENCE: u32 = 20;

/// What is done side by side.
pub(super) enum Item {
    Fault(GridFault),
    Control(Option<String>),
}

impl<'a> Proving<'a> {
    /// What a remote server would not survive is not done to it.
    pub(super) fn breakages(&self) -> Vec<Item> {
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

    pub(super) async fn break_all(&self, thresholds: &Thresholds) -> Result<(), TargetError> {
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
    pub(super) async fn second_look(&self, thresholds: &Thresholds) -> Result<(), TargetError> {
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
