//! A comparison's findings in words, the same in every rendering.

use perf_guard::{
    Seconds,
    comparison::{Directions, PairedVerdict, Shortage},
};

use super::{ArmInfo, ArmKind, ComparePlan, CompareRun, ComparedTest};
use crate::words;

/// A ratio as a change for people: `+23.1 %`, and `12.5×` where percents say nothing any more.
pub(crate) fn change(ratio: f64) -> String {
    if ratio >= 10.0 {
        return words::ratio(ratio);
    }
    let percent = (ratio - 1.0) * 100.0;
    if percent.abs() < 100.0 {
        format!("{percent:+.1} %")
    } else {
        format!("{percent:+.0} %")
    }
}

/// The estimate with its interval: `+23.1 % (+18.0 to +27.5 %)`.
pub(crate) fn ratio(test: &ComparedTest) -> String {
    let Some(ratio) = test.ratio else {
        return "-".to_owned();
    };
    let estimate = change(ratio.estimate);
    match ratio.interval {
        Some(interval) => format!(
            "{estimate} ({} to {})",
            change(interval.low).trim_end_matches(" %"),
            change(interval.high)
        ),
        None => estimate,
    }
}

/// A time, where there is one.
pub(crate) fn time(seconds: Option<Seconds>) -> String {
    seconds.map_or_else(|| "-".to_owned(), words::time)
}

/// The p that counts, after Holm.
pub(crate) fn p(test: &ComparedTest) -> String {
    let evidence = match test.verdict {
        PairedVerdict::Improved => strongest(test, |directions| directions.better.p_adjusted),
        _ => strongest(test, |directions| directions.worse.p_adjusted),
    };
    shown_p(evidence)
}

/// A p for people: `0.012`, `3.1e-5`.
pub(crate) fn shown_p(p: f64) -> String {
    if p >= 0.001 {
        format!("{p:.3}")
    } else {
        format!("{p:.1e}")
    }
}

fn strongest(test: &ComparedTest, of: impl Fn(&Directions) -> f64) -> f64 {
    let hits = test.hits.as_ref().map_or(1.0, &of);
    of(&test.time).min(hits)
}

/// The smallest slowdown that could have been shown.
pub(crate) fn detectable(test: &ComparedTest) -> String {
    test.detectable_ratio.map_or_else(|| "nothing".to_owned(), change)
}

/// Cached runs of each arm, where any is: `base 0/20, head 3/20`.
pub(crate) fn cached(test: &ComparedTest) -> Option<String> {
    let shares = test.fast_ready;
    (shares.base + shares.head > 0).then(|| {
        format!(
            "base {}/{of}, head {}/{of}",
            shares.base,
            shares.head,
            of = shares.of
        )
    })
}

/// The verdict, and whether a second run bore it out.
pub(crate) fn verdict(test: &ComparedTest) -> String {
    match (test.verdict, test.confirmed) {
        (PairedVerdict::Regressed, Some(true)) => "regressed, twice".to_owned(),
        (verdict, Some(false)) => format!("{verdict}, red once"),
        (verdict, _) => verdict.to_string(),
    }
}

/// What a test times: `test_1 (cold), submit to complete`.
pub(crate) fn timed(test: &ComparedTest) -> String {
    format!("{}, {}", test.label(), test.metric.as_words())
}

/// All about a regression but where it comes from.
pub(crate) fn figures(test: &ComparedTest) -> String {
    let mut text = format!(
        "{} against {}, {}, p {} after Holm",
        time(test.head_median_s),
        time(test.base_median_s),
        ratio(test),
        p(test)
    );
    if test.hits.is_some_and(|hits| hits.worse.is_shown())
        && let Some(cached) = cached(test)
    {
        text += &format!("; finds less in its cache: {cached}");
    }
    if let Some(pairs) = test.time.worse.shown_after_pairs {
        text += &format!(", shown after {pairs} pairs");
    }
    text
}

/// Where a regression comes from; nothing of a test that did not get slower.
pub(crate) fn explanation(test: &ComparedTest) -> Option<String> {
    test.explain.as_ref().map(words::explanation)
}

/// What is missing.
pub(crate) fn shortage(shortage: Shortage) -> String {
    match shortage {
        Shortage::Unfinished { pairs, planned } => {
            format!("{pairs} of {planned} pairs were made")
        }
        Shortage::TooFewUsable { base, head, floor } => {
            let floor = floor.map_or_else(
                || "and no number of runs is enough".to_owned(),
                |floor| format!("the floor is {floor}"),
            );
            format!("{base} runs of base and {head} of head are usable, {floor}")
        }
    }
}

/// With how many runs anything can be shown.
pub(crate) fn floor(plan: &ComparePlan) -> String {
    match plan.floor {
        Some(floor) => format!(
            "with fewer than {floor} usable runs an arm no slowdown can be shown among {} hypotheses",
            plan.hypotheses
        ),
        None => format!(
            "no legal number of runs is enough for {} hypotheses",
            plan.hypotheses
        ),
    }
}

/// How the comparison was made, in one sentence.
pub(crate) fn method(run: &CompareRun) -> String {
    let plan = &run.plan;
    let looks: Vec<String> = plan.looks.iter().map(|look| look.pairs.to_string()).collect();
    format!(
        "{} runs an arm ({}), looks after {}, slower means by more than {:.0} %, error {} % a suite",
        plan.runs,
        plan.runs_because,
        looks.join(" and "),
        plan.smallest_effect * 100.0,
        plan.error * 100.0,
    )
}

/// The smallest slowdown that could have been shown, over all tests.
pub(crate) fn sensitivity(run: &CompareRun) -> Option<String> {
    let known = || {
        let tests = run.tests.iter();
        tests.filter_map(|test| Some((test.detectable_ratio?, test)))
    };
    let (best, best_at) = known().min_by(|a, b| a.0.total_cmp(&b.0))?;
    let (worst, worst_at) = known().max_by(|a, b| a.0.total_cmp(&b.0))?;
    let blind = run.tests.len() - known().count();
    let blind = if blind == 0 {
        String::new()
    } else {
        format!("; {blind} of {} could show none", run.tests.len())
    };
    Some(format!(
        "smallest slowdown that could have been shown with 80 % power: {} ({}) to {} ({}){blind}",
        change(best),
        best_at.label(),
        change(worst),
        worst_at.label(),
    ))
}

/// What an arm is.
pub(crate) fn arm(info: &ArmInfo) -> String {
    let version = info
        .server_version
        .as_ref()
        .map(|version| format!(", version {version}"))
        .unwrap_or_default();
    match (info.kind, info.starts) {
        (ArmKind::Command, starts @ 2..) => format!("{}{version}, started {starts} times", info.given),
        _ => format!("{}{version}", info.given),
    }
}

/// What a second run makes of the error.
pub(crate) fn confirmation(run: &CompareRun) -> Option<String> {
    let confirmation = run.confirmation.as_ref()?;
    Some(format!(
        "red only if red twice: a false report has a chance of at most {} % a suite, and a slowdown found with 80 % power \
         in one run is found with 64 % in both",
        confirmation.error * 100.0
    ))
}

/// How it ended, with the code.
pub(crate) fn ended(run: &CompareRun) -> String {
    format!("{} (exit {})", run.exit_code, run.exit_code.code())
}

/// How many of each verdict.
pub(crate) fn counts(run: &CompareRun) -> String {
    let count = |verdict| run.tests.iter().filter(|test| test.verdict == verdict).count();
    format!(
        "{} regressed, {} improved, {} not shown, {} insufficient",
        count(PairedVerdict::Regressed),
        count(PairedVerdict::Improved),
        count(PairedVerdict::NotShown),
        count(PairedVerdict::Insufficient)
    )
}
