//! Faults by which the guard can be proven.

use std::time::Duration;

use audio_api::fault::{FaultRule, Kind, Match, Sleep, Stage, When};
use perf_guard::CacheState;

use super::UsageError;
use crate::timed::{KNOWN_METRICS, stages_on_path};

/// Which tests a rule has to turn red can be said only of one that strikes every time, and only slows.
pub(super) fn is_provable(rule: &FaultRule) -> Result<(), UsageError> {
    let refuse = |why: String| Err(UsageError::Unprovable(why));
    if !matches!(rule.kind(), Kind::Sleep(_)) {
        return refuse(format!(
            "a proof takes a sleep, and {} is none",
            rule.kind().as_str()
        ));
    }
    if *rule.matches() != Match::default() || rule.when() != When::default() || rule.ttl_ms().is_some() {
        return refuse("a proof takes a rule without conditions, one that strikes every time".to_owned());
    }
    let stage = rule.stage();
    let on_a_path = |metric| {
        CacheState::ALL
            .iter()
            .any(|&cache| stages_on_path(metric, cache).contains(&stage))
    };
    if !KNOWN_METRICS.into_iter().any(on_a_path) {
        let legal = Stage::ALL.into_iter().filter(|stage| {
            let on_path = |metric, cache| stages_on_path(metric, cache).contains(stage);
            KNOWN_METRICS
                .into_iter()
                .any(|metric| CacheState::ALL.iter().any(|&cache| on_path(metric, cache)))
        });
        let legal: Vec<&str> = legal.map(Stage::as_str).collect();
        return refuse(format!(
            "no timed test passes {stage}; legal stages: {}",
            legal.join(", ")
        ));
    }
    Ok(())
}

/// A sleep without conditions, as a flag.
pub(super) fn flag_of(rule: &FaultRule) -> String {
    let time = match rule.kind() {
        Kind::Sleep(Sleep::Fixed(time)) => time_in_words(time),
        Kind::Sleep(Sleep::LogNormal { median, sigma }) => {
            format!("lognormal({};{sigma})", time_in_words(median))
        }
        _ => unreachable!("checked to be a sleep"),
    };
    format!("{}:sleep={time}", rule.stage())
}

/// In the largest unit in which it is whole.
fn time_in_words(time: Duration) -> String {
    let us = time.as_micros();
    match (us % 1_000_000, us % 1_000) {
        (0, _) => format!("{}s", us / 1_000_000),
        (_, 0) => format!("{}ms", us / 1_000),
        _ => format!("{us}us"),
    }
}
