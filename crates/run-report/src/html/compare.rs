//! The page of a comparison.

use askama::Template;
use perf_guard::{CounterDeltas, comparison::PairedVerdict};

use super::{
    forest::{self, Forest},
    frame::{Badge, Fact, Figure, Frame, Tone, facts, machine, reasons},
    marks::{Legend, Shape},
    order::{self, Order},
    results::evidence,
    shown::{Part, name, sentence},
    slower::Stages,
    status::{self, StatusRow},
};
use crate::{
    Arm,
    compare::{ArmInfo, CompareRun, ComparedTest, Interleaved, SameTexts, words as compared},
    words,
};

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

/// A test that regressed.
#[derive(Debug)]
struct Regression {
    what: String,
    figures: String,
    explanation: String,
    stages: Stages,
    counters: Vec<CounterRow>,
}

/// A counter of the server over the runs of a test.
#[derive(Debug)]
struct CounterRow {
    counter: &'static str,
    base: String,
    head: String,
}

/// How often a test was answered from a cache.
#[derive(Debug)]
struct CacheRow {
    name: String,
    cache: &'static str,
    base: String,
    head: String,
    p: String,
    badge: Badge,
}

/// A run that failed.
#[derive(Debug)]
struct RunFailure {
    what: String,
    reason: String,
    evidence: Part<String>,
}

#[derive(Debug)]
struct SelfCheckRow {
    name: String,
    detail: String,
    badge: Badge,
}

/// The second run.
#[derive(Debug)]
struct Confirmed {
    text: String,
    rows: Part<ConfirmedRow>,
}

#[derive(Debug)]
struct ConfirmedRow {
    name: String,
    change: String,
    p: String,
    badge: Badge,
}

/// An arm's status before and after.
#[derive(Debug)]
struct ArmStatus {
    arm: &'static str,
    rows: Part<StatusRow>,
}

impl ComparePage {
    pub(super) fn of(run: &CompareRun) -> Self {
        let regressed = run
            .tests
            .iter()
            .filter(|test| test.verdict == PairedVerdict::Regressed);
        let page = Self {
            frame: frame(run),
            slower: Part::first(regressed.map(Regression::of).collect(), 60),
            method: method(run),
            forest: Forest::of(run),
            cache: Part::first(run.tests.iter().filter_map(CacheRow::of).collect(), MOST),
            order: order::of(run),
            order_legend: order::legend(),
            failures: Part::first(failures(run), MOST),
            self_checks: Part::first(self_checks(run), MOST),
            confirmation: confirmation(run),
            arms: Arm::ALL.map(|arm| arm_status(arm, run.arm(arm))).into(),
        };
        page.with_sections()
    }

    fn with_sections(mut self) -> Self {
        let sections = [
            (!self.slower.is_empty(), "slower", "What got slower"),
            (!self.failures.is_empty(), "failed", "What failed"),
            (true, "ratios", "Ratios"),
            (!self.cache.is_empty(), "cache", "Cache"),
            (!self.order.is_empty(), "order", "Runs in order"),
            (self.confirmation.is_some(), "confirmation", "Second run"),
            (!self.self_checks.is_empty(), "self-checks", "Self-checks"),
            (true, "status", "Status at the end"),
            (true, "ran", "What ran"),
        ];
        let shown = sections.into_iter().filter(|(is, ..)| *is);
        self.frame.sections = shown.map(|(_, id, title)| (id, title)).collect();
        self
    }
}

fn frame(run: &CompareRun) -> Frame {
    Frame {
        kind: "Comparison",
        subject: format!(
            "base {} against head {}",
            name(&run.base.given),
            name(&run.head.given)
        ),
        exit: run.exit_code,
        summary: summary(run),
        reasons: reasons(
            run.verdict_reasons
                .iter()
                .map(|reason| (reason.exit_code, reason.text.as_str())),
        ),
        notices: run.notices.iter().take(MOST).map(|text| sentence(text)).collect(),
        figures: figures(run),
        facts: what_ran(run),
        sections: Vec::new(),
        source: format!("compare.json, schema version {}", run.schema_version),
    }
}

fn summary(run: &CompareRun) -> String {
    if run.tests.is_empty() {
        return "No test was compared, so nothing is known.".to_owned();
    }
    format!("{} of {} timed values.", compared::counts(run), run.tests.len())
}

fn figures(run: &CompareRun) -> Vec<Figure> {
    let count = |verdict| run.tests.iter().filter(|test| test.verdict == verdict).count();
    let some = |n: usize, tone| if n > 0 { tone } else { Tone::Plain };
    let [regressed, improved, not_shown, insufficient] = [
        PairedVerdict::Regressed,
        PairedVerdict::Improved,
        PairedVerdict::NotShown,
        PairedVerdict::Insufficient,
    ]
    .map(count);
    let figure = |name, value: String, tone| Figure { name, value, tone };
    let mut figures = vec![
        figure(
            "regressed",
            regressed.to_string(),
            if run.tests.is_empty() {
                Tone::Doubtful
            } else if regressed > 0 {
                Tone::Bad
            } else {
                Tone::Good
            },
        ),
        figure("improved", improved.to_string(), some(improved, Tone::Good)),
        figure("no slowdown shown", not_shown.to_string(), Tone::Plain),
        figure(
            "insufficient data",
            insufficient.to_string(),
            some(insufficient, Tone::Doubtful),
        ),
    ];
    let detectable: Vec<f64> = run
        .tests
        .iter()
        .filter_map(|test| test.detectable_ratio)
        .collect();
    if let (Some(least), Some(most)) = (
        detectable.iter().copied().reduce(f64::min),
        detectable.iter().copied().reduce(f64::max),
    ) {
        let value = format!(
            "{} to {}",
            compared::change(least).trim_end_matches(" %"),
            compared::change(most)
        );
        figures.push(figure("smallest slowdown it could show", value, Tone::Plain));
    }
    figures.extend(
        run.timing_total_s
            .map(|total| figure("wall time", words::time(total), Tone::Plain)),
    );
    figures
}

fn method(run: &CompareRun) -> Vec<String> {
    let capital = |text: String| {
        let mut chars = text.chars();
        chars.next().map_or_else(String::new, |first| {
            first.to_uppercase().collect::<String>() + chars.as_str()
        })
    };
    let mut method = vec![compared::method(run), compared::floor(&run.plan)];
    method.extend(compared::sensitivity(run));
    method
        .into_iter()
        .map(|text| format!("{}.", capital(sentence(&text))))
        .collect()
}

fn what_ran(run: &CompareRun) -> Vec<Fact> {
    let arm = |info: &ArmInfo| {
        let place = info
            .api_base
            .as_deref()
            .map(|base| format!(" at {base}"))
            .unwrap_or_default();
        let work = format!("; {} jobs, {} characters", info.jobs, info.characters);
        name(&format!("{}{place}{work}", compared::arm(info)))
    };
    let plan = &run.plan;
    facts([
        ("Base", Some(arm(&run.base))),
        ("Head", Some(arm(&run.head))),
        (
            "Same server",
            run.same_target
                .then(|| "yes: any difference is a false alarm".to_owned()),
        ),
        ("Target", Some(name(&run.target))),
        ("Suite version", Some(name(&run.suite_version))),
        ("Started", Some(words::moment(run.started_at))),
        ("Ended", run.finished_at.map(words::moment)),
        ("Machine", Some(machine(&run.environment))),
        (
            "Runs an arm",
            Some(name(&format!("{} ({})", plan.runs, plan.runs_because))),
        ),
        (
            "Interleaved",
            Some(
                match plan.interleaved {
                    Interleaved::SideBySide => "both servers run, and the runs of a pair are neighbours",
                    Interleaved::OneAtATime => "one server at a time",
                }
                .to_owned(),
            ),
        ),
        (
            "Texts of a pair",
            Some(
                match plan.texts {
                    SameTexts::Same => "the same",
                    SameTexts::Own => "each arm its own, of the same length",
                }
                .to_owned(),
            ),
        ),
        ("Warm-up runs", Some(plan.warm_up_runs.to_string())),
        ("Settings digest", Some(name(&run.settings_digest))),
    ])
}

impl Regression {
    fn of(test: &ComparedTest) -> Self {
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
    fn of(test: &ComparedTest) -> Option<Self> {
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

fn failures(run: &CompareRun) -> Vec<RunFailure> {
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

fn self_checks(run: &CompareRun) -> Vec<SelfCheckRow> {
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

fn confirmation(run: &CompareRun) -> Option<Confirmed> {
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

fn arm_status(arm: Arm, info: &ArmInfo) -> ArmStatus {
    ArmStatus {
        arm: arm.as_str(),
        rows: status::rows(info.status_start.as_ref(), info.status_end.as_ref()),
    }
}
