//! Figures of a load run in words, the same in every rendering.

use super::{KeyFigure, LoadPlan, LoadResult, Times, measured::outcomes};
use crate::words::{millis, percent};

/// A time, where there is one.
pub(crate) fn time(times: Option<&Times>, of: impl Fn(&Times) -> f64) -> String {
    times.map_or_else(|| "-".to_owned(), |times| millis(of(times)))
}

/// A figure with its unit.
pub(crate) fn figure(figure: &KeyFigure) -> String {
    let Some(value) = figure.value else {
        return "never occurred".to_owned();
    };
    match figure.unit.as_str() {
        "ms" => millis(value),
        "share" => percent(value),
        "bytes" => format!("{:.1} MiB", value / f64::from(1 << 20)),
        "count" => format!("{value:.0}"),
        _ => format!("{value:.2}"),
    }
}

/// What load was offered: `closed, 0 → 100 in 10 s → 0 in 10 s`.
pub(crate) fn plan(plan: &LoadPlan) -> String {
    let unit = if plan.model == "open" { "/s" } else { " users" };
    let mut text = format!("{} model, from {}{unit}", plan.model, plan.start);
    for stage in &plan.stages {
        text += &format!(" → {} in {} s", stage.to, (stage.lasts_s * 10.0).round() / 10.0);
    }
    text
}

/// Requests and how they ended, in a sentence.
pub(crate) fn totals(run: &LoadResult) -> String {
    let counts = outcomes(&run.steps);
    let all: u64 = counts.values().sum();
    if all == 0 {
        return "no request was made".to_owned();
    }
    let ended: Vec<String> = counts
        .iter()
        .map(|(outcome, count)| format!("{count} {}", outcome.replace('_', " ")))
        .collect();
    let rate = run
        .lasted_s
        .map(|lasted| lasted.as_secs_f64())
        .filter(|lasted| *lasted > 0.0)
        .map_or_else(String::new, |lasted| format!(", {:.0}/s", all as f64 / lasted));
    format!("{all} requests{rate}: {}", ended.join(", "))
}
