//! Faults by which the guard can be proven.

use audio_api::fault::{FaultRule, Kind, Match, When};

use super::UsageError;
use crate::proof::GridFault;

/// Which tests a rule has to turn red can be said only of one that strikes every time, and only slows. Every stage lies on the
/// path of some timed test.
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
    Ok(())
}

/// A rule without conditions, as a flag.
pub(super) fn flag_of(rule: &FaultRule) -> String {
    let fault = GridFault {
        stage: rule.stage(),
        kind: rule.kind(),
    };
    fault.in_words()
}
