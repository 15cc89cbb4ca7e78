//! The page of a comparison.

mod heading;
mod rows;

use askama::Template;
use perf_guard::comparison::PairedVerdict;

use self::rows::{ArmStatus, CacheRow, Confirmed, Regression, RunFailure, SelfCheckRow};
use super::{
    forest::Forest,
    frame::{self, Frame},
    marks::{Legend, Shape},
    order::{self, Order},
    shown::Part,
};
use crate::{Arm, compare::CompareRun};

/// Entries of a list.
const MOST: usize = 200;

#[derive(Debug, Template)]
#[template(path = "compare.html")]
pub(super) struct ComparePage {
    frame: Frame,
    slower: Part<Regression>,
    method: Vec<String>,
    forest: Option<Forest>,
    cache: Part<CacheRow>,
    order: Part<Order>,
    order_legend: Vec<Legend>,
    failures: Part<RunFailure>,
    self_checks: Part<SelfCheckRow>,
    confirmation: Option<Confirmed>,
    arms: Vec<ArmStatus>,
}

impl ComparePage {
    pub(super) fn of(run: &CompareRun) -> Self {
        let regressed = run
            .tests
            .iter()
            .filter(|test| test.verdict == PairedVerdict::Regressed);
        let page = Self {
            frame: heading::frame(run),
            slower: Part::first(regressed.map(Regression::of).collect(), 60),
            method: heading::method(run),
            forest: Forest::of(run),
            cache: Part::first(run.tests.iter().filter_map(CacheRow::of).collect(), MOST),
            order: order::of(run),
            order_legend: order::legend(),
            failures: Part::first(rows::failures(run), MOST),
            self_checks: Part::first(rows::self_checks(run), MOST),
            confirmation: rows::confirmation(run),
            arms: Arm::ALL.map(|arm| rows::arm_status(arm, run.arm(arm))).into(),
        };
        page.with_sections()
    }

    fn with_sections(mut self) -> Self {
        self.frame.sections = frame::sections([
            (!self.slower.is_empty(), "slower", "What got slower"),
            (!self.failures.is_empty(), "failed", "What failed"),
            (true, "ratios", "Ratios"),
            (!self.cache.is_empty(), "cache", "Cache"),
            (!self.order.is_empty(), "order", "Runs in order"),
            (self.confirmation.is_some(), "confirmation", "Second run"),
            (!self.self_checks.is_empty(), "self-checks", "Self-checks"),
            (true, "status", "Status at the end"),
            (true, "ran", "What ran"),
        ]);
        self
    }
}
