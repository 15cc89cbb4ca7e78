//! The rows of a comparison's tables.

use perf_guard::CounterDeltas;

use super::{
    super::{
        forest,
        frame::{Badge, Tone},
        results::evidence,
        shown::{Part, name, sentence},
        slower::Stages,
        status::{self, StatusRow},
    },
    MOST,
};
use crate::{
    Arm,
    compare::{ArmInfo, CompareRun, ComparedTest, words as compared},
};

/// A test that regressed.
#[derive(Debug)]
pub(super) struct Regression {
    pub(super) what: String,
    pub(super) figures: String,
    pub(super) explanation: String,
    pub(super) stages: Stages,
    pub(super) counters: Vec<CounterRow>,
}

/// A counter of the server over the runs of a test.
#[derive(Debug)]
pub(super) struct CounterRow {
    pub(super) counter: &'static str,
    pub(super) base: String,
    pub(super) head: String,
}

/// How often a test was answered from a cache.
#[derive(Debug)]
pub(super) struct CacheRow {
    pub(super) name: String,
    pub(super) cache: &'static str,
    pub(super) base: String,
    pub(super) head: String,
    pub(super) p: String,
    pub(super) badge: Badge,
}

/// A run that failed.
#[derive(Debug)]
pub(super) struct RunFailure {
    pub(super) what: String,
    pub(super) reason: String,
    pub(super) evidence: Part<String>,
}

#[derive(Debug)]
pub(super) struct SelfCheckRow {
    pub(super) name: String,
    pub(super) detail: String,
    pub(super) badge: Badge,
}

/// The second run.
#[derive(Debug)]
pub(super) struct Confirmed {
    pub(super) text: String,
    pub(super) rows: Part<ConfirmedRow>,
}

#[derive(Debug)]
pub(super) struct ConfirmedRow {
    pub(super) name: String,
    pub(super) change: String,
    pub(super) p: String,
    pub(super) badge: Badge,
}

/// An arm's status before and after.
#[derive(Debug)]
pub(super) struct ArmStatus {
    pub(super) arm: &'static str,
    pub(super) rows: Part<StatusRow>,
}

impl Regression {
    pub(super) fn of(test: &ComparedTest) -> Self {
        Self {
            what: name(&compared::timed(test)),
            figures: compared::figures(test),
            explanation: compared::explanation(test).map_or_else(
                || "no slower, but finds less in its cache".to_owned(),
                |text| sentence(&text),
            ),
            stages: test.explain.as_ref().map_or_else(Stages::none, |explain| {
                Stages::of(explain, Some(&test.head_stages_ms))
            }),
            counters: counters(&test.base_counters, &test.head_counters),
        }
    }
}

/// Those that changed.
fn counters(base: &CounterDeltas, head: &CounterDeltas) -> Vec<CounterRow> {
    let value =
        |change: Option<i64>| change.map_or_else(|| "not known".to_owned(), |change| format!("{change:+}"));
    [
        ("queue length", base.queue, head.queue),
        ("retries", base.retries, head.retries),
        ("fallback uses", base.fallback, head.fallback),
        ("merge-lock waits", base.merge_waits, head.merge_waits),
    ]
    .into_iter()
    .filter(|(_, base, head)| {
        [base, head]
            .iter()
            .any(|change| change.is_some_and(|change| change != 0))
    })
    .map(|(counter, base, head)| CounterRow {
        counter,
        base: value(base),
        head: value(head),
    })
    .collect()
}

impl CacheRow {
    /// Nothing of a test that no cache answered.
    pub(super) fn of(test: &ComparedTest) -> Option<Self> {
        let share = test.fast_ready;
        if share.base + share.head == 0 {
            return None;
        }
        let of = |cached: usize| format!("{cached} of {}", share.of);
        let (p, badge) = match &test.hits {
            None => (
                "–".to_owned(),
                Badge::new(Tone::Plain, "nothing to test: all runs alike"),
            ),
            Some(hits) if hits.worse.is_shown() => (
                compared::shown_p(hits.worse.p_adjusted),
                Badge::new(Tone::Bad, "head finds less in its cache"),
            ),
            Some(hits) if hits.better.is_shown() => (
                compared::shown_p(hits.better.p_adjusted),
                Badge::new(Tone::Good, "head finds more in its cache"),
            ),
            Some(hits) => (
                compared::shown_p(hits.worse.p_adjusted),
                Badge::new(Tone::Good, "no difference shown"),
            ),
        };
        Some(Self {
            name: name(&test.name),
            cache: test.cache.as_str(),
            base: of(share.base),
            head: of(share.head),
            p,
            badge,
        })
    }
}

pub(super) fn failures(run: &CompareRun) -> Vec<RunFailure> {
    let failures = run.failures.iter().map(|failure| {
        let when = match failure.pair {
            0 => "in the warm-up".to_owned(),
            pair => format!("in pair {pair}"),
        };
        RunFailure {
            what: name(&format!(
                "{} ({}) on {}, {when}",
                failure.test, failure.cache, failure.arm
            )),
            reason: sentence(&failure.reason),
            evidence: evidence(&failure.evidence),
        }
    });
    failures.collect()
}

pub(super) fn self_checks(run: &CompareRun) -> Vec<SelfCheckRow> {
    let rows = run.self_checks.iter().map(|check| SelfCheckRow {
        name: name(&check.name),
        detail: sentence(&check.detail),
        badge: if check.holds {
            Badge::new(Tone::Good, "holds")
        } else {
            Badge::new(Tone::Doubtful, "does not hold")
        },
    });
    rows.collect()
}

pub(super) fn confirmation(run: &CompareRun) -> Option<Confirmed> {
    let rows = run.confirmation.as_ref()?.tests.iter().map(|test| ConfirmedRow {
        name: name(&test.label()),
        change: compared::ratio(test),
        p: compared::p(test),
        badge: forest::badge(test),
    });
    Some(Confirmed {
        text: compared::confirmation(run)?,
        rows: Part::first(rows.collect(), MOST),
    })
}

pub(super) fn arm_status(arm: Arm, info: &ArmInfo) -> ArmStatus {
    ArmStatus {
        arm: arm.as_str(),
        rows: status::rows(info.status_start.as_ref(), info.status_end.as_ref()),
    }
}
