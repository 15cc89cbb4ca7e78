//! The slowdowns of a proof: stage by stage the smallest that is caught, and controls of the timed tests between them.

use std::time::Duration;

use run_context::TargetError;
use run_report::{Alarm, Control, ControlKind, ProveExtent, ProveRule, StageSlowdowns};

use super::{
    GridFault,
    conduct::Proving,
    lines::{control_line, probed_line},
    narrator::Work,
    place::Place,
    slow_cell::{is_on_path, probe, tests_on},
    stage_search::{Depth, Probed, Seen, StageSearch, Thoroughness},
    thresholds::Thresholds,
};

impl Proving<'_> {
    /// A control before the first stage, and after every second one; after every one where every cell is wanted.
    fn has_control_after(&self, stages_done: usize) -> bool {
        match self.wishes.extent {
            ProveExtent::Smoke => stages_done == 0,
            ProveExtent::Usual => stages_done.is_multiple_of(2),
            ProveExtent::Full => true,
        }
    }

    pub(super) fn timed_controls(&self) -> usize {
        let many = self.grid.slowed.len();
        if many == 0 {
            return 0;
        }
        (0..=many).filter(|done| self.has_control_after(*done)).count()
    }

    pub(super) async fn slow_down(&self, thresholds: &Thresholds) -> Result<(), TargetError> {
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
