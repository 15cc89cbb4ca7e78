//! The page of a proof: which slowdowns and which breakages are noticed, by whom, and how often something cries wolf.

mod heading;
mod rows;

use askama::Template;

use self::rows::{AlarmRow, BlindRow, BreakageRow, ControlRow, SmallestRow, StaleRow, ThresholdRow};
use super::{
    frame::{self, Frame},
    map::{self, StageRow, TestCard},
    shown::{Part, name},
};
use crate::prove::ProveRun;

/// Entries of a list.
const MOST: usize = 500;

#[derive(Debug, Template)]
#[template(path = "prove.html")]
pub(super) struct ProvePage {
    frame: Frame,
    blind: Part<BlindRow>,
    stale: Part<StaleRow>,
    smallest: Part<SmallestRow>,
    magnitudes: Vec<String>,
    stages: Part<StageRow>,
    tests: Part<TestCard>,
    breakages: Part<BreakageRow>,
    alarms: Part<AlarmRow>,
    controls: Part<ControlRow>,
    thresholds: Part<ThresholdRow>,
    statistical: String,
    never_red: Option<Part<String>>,
}

impl ProvePage {
    pub(super) fn of(run: &ProveRun) -> Self {
        let rule = &run.statistical_rule;
        let page = Self {
            frame: heading::frame(run),
            blind: Part::first(rows::blind(run), MOST),
            stale: Part::first(rows::stale(run), MOST),
            smallest: Part::first(rows::smallest(run), MOST),
            magnitudes: map::magnitudes(run),
            stages: map::stages(run),
            tests: map::tests(run),
            breakages: Part::first(run.breakages.iter().map(BreakageRow::of).collect(), MOST),
            alarms: Part::first(rows::alarms(run), MOST),
            controls: Part::first(rows::controls(run), MOST),
            thresholds: Part::first(rows::thresholds(run), MOST),
            statistical: format!(
                "The statistical rule compares {} runs with the fault with as many without it, interleaved: slower means by more \
                 than {:.0} %, with a chance of {} % for a false report in a cell.",
                rule.pairs,
                rule.smallest_effect * 100.0,
                rule.error * 100.0
            ),
            never_red: run
                .never_red
                .as_ref()
                .map(|tests| Part::first(tests.iter().map(|test| name(test)).collect(), MOST)),
        };
        page.with_sections()
    }

    fn with_sections(mut self) -> Self {
        self.frame.sections = frame::sections([
            (
                !self.blind.is_empty() || !self.stale.is_empty(),
                "blind",
                "Blind spots",
            ),
            (!self.smallest.is_empty(), "smallest", "Smallest slowdown caught"),
            (!self.stages.is_empty(), "map", "Map of slowdowns"),
            (!self.tests.is_empty(), "tests", "Map of each test"),
            (!self.breakages.is_empty(), "breakages", "Faults that break"),
            (true, "controls", "Controls and false alarms"),
            (!self.thresholds.is_empty(), "rules", "Rules"),
            (true, "ran", "What ran"),
        ]);
        self
    }
}
