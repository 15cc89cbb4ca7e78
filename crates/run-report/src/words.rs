//! A run's findings in words, the same in every rendering.

use jiff::Timestamp;
use perf_guard::{Attribution, Explanation, Seconds, Skipped};

use crate::{golden_run::GoldenRun, perf::PerfFailure, test_result::TestResult};

/// A time for people, with three digits that matter: `1.23 ms`, `123 ms`, `2.31 s`.
pub(crate) fn time(time: Seconds) -> String {
    seconds(time.as_secs_f64())
}

/// The same of a number of seconds.
pub(crate) fn seconds(seconds: f64) -> String {
    match seconds {
        s if s >= 100.0 => format!("{s:.0} s"),
        s if s >= 1.0 => format!("{s:.2} s"),
        s if s >= 0.1 => format!("{:.0} ms", s * 1e3),
        s if s >= 0.01 => format!("{:.1} ms", s * 1e3),
        s => format!("{:.2} ms", s * 1e3),
    }
}

/// A ratio for people: `7.7×`.
pub(crate) fn ratio(ratio: f64) -> String {
    if ratio >= 100.0 {
        format!("{ratio:.0}×")
    } else {
        format!("{ratio:.2}×")
    }
}

/// A ratio without digits that say nothing: `1×`, `1.05×`, `20×`.
pub(crate) fn plain_ratio(ratio: f64) -> String {
    format!("{}×", (ratio * 1e3).round() / 1e3)
}

/// Milliseconds for people: `0.12 ms`, `12.3 ms`, `2001 ms`.
pub(crate) fn millis(ms: f64) -> String {
    match ms.abs() {
        size if size >= 100.0 => format!("{ms:.0} ms"),
        size if size >= 10.0 => format!("{ms:.1} ms"),
        _ => format!("{ms:.2} ms"),
    }
}

/// A change in milliseconds, with its sign.
pub(crate) fn change_millis(ms: f64) -> String {
    let sign = if ms < 0.0 { "−" } else { "+" };
    format!("{sign}{}", millis(ms.abs()))
}

/// A share for people: `4.87 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.3}", share * 100.0)
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
        + " %"
}

/// A sleep for people, without digits that say nothing: `10 ms`, `2.56 s`.
pub(crate) fn sleep(ms: f64) -> String {
    if ms < 1e3 {
        format!("{} ms", (ms * 1e3).round() / 1e3)
    } else {
        format!("{} s", ms.round() / 1e3)
    }
}

/// A point in time, to the second.
pub(crate) fn moment(at: Timestamp) -> String {
    format!("{at:.0}").replace('T', " ").replace('Z', " UTC")
}

/// Which timed value a failure is about: `test_1 (cold), submit to complete`.
pub(crate) fn timed(failure: &PerfFailure) -> String {
    format!(
        "{} ({}), {}",
        failure.name,
        failure.cache,
        failure.metric.as_words()
    )
}

/// The figures of a failure, without its name.
pub(crate) fn figures(failure: &PerfFailure) -> String {
    let slower = failure.measured_s.as_secs_f64() / failure.baseline_s.as_secs_f64();
    format!(
        "measured {}, {} its baseline of {}; threshold {}, effective ratio {}",
        time(failure.measured_s),
        ratio(slower),
        time(failure.baseline_s),
        time(failure.threshold_s),
        ratio(failure.effective_ratio),
    )
}

/// Where a test got slower, and what the counters say.
pub(crate) fn explanation(explain: &Explanation) -> String {
    let mut text = match &explain.stage {
        Attribution::Stage(stage) => {
            let delta = explain.stage_deltas_ms.get(stage).copied().unwrap_or(0.0);
            format!(
                "{stage} grew by {delta:.1} ms and accounts for {:.0} ms of the {:.0} ms",
                explain.stage_growth_ms, explain.growth_ms
            )
        }
        Attribution::Unattributed if explain.stage_deltas_ms.is_empty() => {
            format!(
                "unattributed: no stage times to compare for the {:.0} ms",
                explain.growth_ms
            )
        }
        Attribution::Unattributed => {
            format!(
                "unattributed: no known stage accounts for the {:.0} ms",
                explain.growth_ms
            )
        }
    };
    for (what, change) in counters(explain) {
        text += &format!("; {what} {change:+}");
    }
    text
}

/// The counters that changed during the test.
fn counters(explain: &Explanation) -> impl Iterator<Item = (&'static str, i64)> {
    [
        ("queue", explain.queue),
        ("retries", explain.retries),
        ("fallback uses", explain.fallback),
        ("merge-lock waits", explain.merge_waits),
    ]
    .into_iter()
    .filter_map(|(what, change)| Some((what, change.filter(|c| *c != 0)?)))
}

/// All about a failure in one sentence.
pub(crate) fn failure(failure: &PerfFailure) -> String {
    format!(
        "{}: {}; {}",
        timed(failure),
        figures(failure),
        explanation(&failure.explain)
    )
}

/// Timed values that no baseline guards, with the reason. Without any baseline that is all of them, in one line.
pub(crate) fn unguarded(run: &GoldenRun) -> Vec<String> {
    if run.baseline.is_none() && run.perf_skipped.len() > 1 {
        return vec![format!(
            "{} timed values: there is no baseline",
            run.perf_skipped.len()
        )];
    }
    let one = |skipped: &Skipped| format!("{} ({}): {}", skipped.name, skipped.cache, skipped.reason);
    run.perf_skipped.iter().map(one).collect()
}

/// Segments ready of all, with those in error: `14/15, 1 in error`.
pub(crate) fn segments(test: &TestResult) -> String {
    let Some(total) = test.segments_total else {
        return String::new();
    };
    let ready = test
        .segments_ready
        .map_or_else(|| "?".to_owned(), |n| n.to_string());
    match test.segments_error {
        Some(errors) if errors > 0 => format!("{ready}/{total}, {errors} in error"),
        _ => format!("{ready}/{total}"),
    }
}

/// How the run ended, with the code.
pub(crate) fn verdict(run: &GoldenRun) -> String {
    format!("{} (exit {})", run.exit_code, run.exit_code.code())
}

/// What the guard did, in one sentence.
pub(crate) fn guard(run: &GoldenRun) -> String {
    let against = run
        .baseline
        .as_ref()
        .map_or_else(|| "no baseline".to_owned(), |b| b.path.clone());
    let (checked, slow) = (run.perf_checked, run.perf_failures.len());
    format!("{checked} timed values held against {against}, {slow} too slow")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_keep_three_digits() {
        let shown = [0.000_123, 0.0123, 0.123, 1.234, 123.4].map(|s| time(Seconds::new(s).unwrap()));
        assert_eq!(shown, ["0.12 ms", "12.3 ms", "123 ms", "1.23 s", "123 s"]);
    }
}
