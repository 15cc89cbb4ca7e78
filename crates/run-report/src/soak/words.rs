//! A soak's findings in words, the same in every rendering.

use perf_guard::trend::TrendVerdict;

use super::{Invariant, SoakRun, SoakTrend, WarmUp};

/// What is broken, an entry for each invariant, with the first text of each.
pub(crate) fn broken(run: &SoakRun) -> impl Iterator<Item = String> {
    let of = |invariant: Invariant| {
        let mut own = run
            .failures
            .iter()
            .filter(move |failure| failure.invariant == invariant);
        let first = own.next()?;
        let more = match own.count() {
            0 => String::new(),
            n => format!(" (and {n} times more)"),
        };
        Some(format!("{invariant}: {}{more}", first.text))
    };
    Invariant::ALL.into_iter().filter_map(of)
}

/// `-0.3 MiB/h (-1.1 to 0.4), limit 24 MiB/h`.
pub(crate) fn slope(trend: &SoakTrend) -> String {
    let unit = trend.figure.unit();
    let (Some(slope), Some(low), Some(high)) =
        (trend.slope_per_hour, trend.low_per_hour, trend.high_per_hour)
    else {
        return "no slope".to_owned();
    };
    format!("{}{unit}/h ({} to {})", number(slope), number(low), number(high))
}

/// `24 MiB/h`.
pub(crate) fn limit(trend: &SoakTrend) -> String {
    trend
        .limit_per_hour
        .map(|limit| format!("{}{}/h", number(limit), trend.figure.unit()))
        .unwrap_or_default()
}

/// With three digits that matter.
pub(crate) fn number(value: f64) -> String {
    let digits = match value.abs() {
        0.0 => 0,
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    // What is rounded to nothing has no sign.
    let nothing = text
        .strip_prefix('-')
        .filter(|rest| rest.chars().all(|digit| matches!(digit, '0' | '.')))
        .map(ToOwned::to_owned);
    nothing.unwrap_or(text)
}

/// A verdict in words.
pub(crate) const fn verdict(verdict: TrendVerdict) -> &'static str {
    match verdict {
        TrendVerdict::NoLeakShown => "no leak shown",
        TrendVerdict::Insufficient => "insufficient",
        TrendVerdict::Leak => "LEAK",
    }
}

/// What was done, in one sentence.
pub(crate) fn done(run: &SoakRun) -> String {
    let tally = &run.tally;
    format!(
        "{} cycles in {:.0} s: {} jobs complete, {} canceled, {} segments, {} ranges and {} merged files checked ({} of \
         them asked for by several at once), {} of {} operations failed",
        run.cycles,
        run.duration_seconds,
        tally.jobs_complete,
        tally.jobs_canceled,
        tally.segments,
        tally.ranges,
        tally.merged,
        tally.merged_at_once,
        tally.errors,
        tally.operations
    )
}

/// Warm-up, in one sentence.
pub(crate) fn warm_up(warm_up: &WarmUp) -> String {
    match warm_up.ended_after_seconds {
        Some(after) => format!("warm-up was over after {after:.0} s: {}", warm_up.rule),
        None => format!("warm-up was never over: {}", warm_up.rule),
    }
}

/// What could not be judged, and why.
pub(crate) fn not_judged(trends: &[SoakTrend]) -> impl Iterator<Item = String> {
    let none = trends
        .is_empty()
        .then(|| "insufficient: no figure was looked at over time".to_owned());
    let insufficient = trends
        .iter()
        .filter(|trend| trend.verdict == TrendVerdict::Insufficient);
    none.into_iter()
        .chain(insufficient.map(|trend| format!("insufficient: growth of {}: {}", trend.figure, trend.why)))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::number;

    #[rstest]
    #[case::nothing(-0.0, "0")]
    #[case::next_to_nothing(-0.001, "0.00")]
    #[case::small(-0.3, "-0.30")]
    #[case::middling(12.34, "12.3")]
    #[case::large(-1234.5, "-1234")]
    fn a_number_has_three_digits_that_matter_and_nothing_has_no_sign(#[case] value: f64, #[case] text: &str) {
        assert_eq!(number(value), text);
    }
}
