//! Whether a rule is about an arrival at all.

use audio_api::{ModelId, fault::Match};

use crate::engine::FaultSite;

/// Whether all members that are given hold at `site`; what is not at hand there does not hold.
#[must_use]
pub fn matches(wanted: &Match, site: &FaultSite<'_>) -> bool {
    let model = site.model_id.or_else(|| site.job.map(|job| job.model_id));
    holds(wanted.segment_index.as_ref(), |index| {
        site.segment_index == Some(*index)
    }) && holds(wanted.attempt.as_ref(), |attempt| site.attempt == Some(*attempt))
        && holds(wanted.model_id.as_ref(), |name| {
            model.map(ModelId::as_str) == Some(name.as_str())
        })
        && holds(wanted.voice_id.as_ref(), |voice| {
            site.job.is_some_and(|job| job.voice_id == *voice)
        })
        && holds(wanted.text_contains.as_ref(), |needle| {
            site.job.is_some_and(|job| job.text.contains(needle.as_str()))
        })
}

fn holds<T>(wanted: Option<&T>, check: impl FnOnce(&T) -> bool) -> bool {
    wanted.is_none_or(check)
}

#[cfg(test)]
mod tests {
    use audio_api::{Mode, fault::Stage};
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::engine::{CacheUse, JobSpec};

    fn spec() -> JobSpec {
        JobSpec {
            text: "A stone that gold is rubbed on.".to_owned(),
            text_digest: [1; 32],
            mode: Mode::Segments,
            model_id: ModelId::Default,
            voice_id: "anna".to_owned(),
            prefer_phonemes: false,
            reading_profile: None,
            cache: CacheUse::Allowed,
        }
    }

    #[rstest]
    #[case::nothing_asked(json!({}), true)]
    #[case::text(json!({"text_contains": "gold"}), true)]
    #[case::other_text(json!({"text_contains": "Gold"}), false)]
    #[case::voice(json!({"voice_id": "anna"}), true)]
    #[case::other_voice(json!({"voice_id": "ann"}), false)]
    #[case::model_of_the_attempt(json!({"model_id": "quality"}), true)]
    #[case::model_of_the_job(json!({"model_id": "default"}), false)]
    #[case::index(json!({"segment_index": 3}), true)]
    #[case::other_index(json!({"segment_index": 2}), false)]
    #[case::attempt(json!({"attempt": 2}), true)]
    #[case::other_attempt(json!({"attempt": 1}), false)]
    #[case::all(json!({"text_contains": "gold", "voice_id": "anna", "model_id": "quality", "segment_index": 3, "attempt": 2}), true)]
    #[case::all_but_one(json!({"text_contains": "gold", "voice_id": "anna", "model_id": "quality", "segment_index": 3, "attempt": 1}), false)]
    fn every_member_that_is_given_must_hold(#[case] wanted: serde_json::Value, #[case] expected: bool) {
        let wanted: Match = serde_json::from_value(wanted).expect("legal");
        let spec = spec();
        let site = FaultSite {
            stage: Stage::Synth,
            job: Some(&spec),
            model_id: Some(ModelId::Quality),
            segment_index: Some(3),
            attempt: Some(2),
        };
        assert_eq!(matches(&wanted, &site), expected);
    }

    #[rstest]
    #[case::nothing_asked(json!({}), true)]
    #[case::text(json!({"text_contains": "gold"}), false)]
    #[case::voice(json!({"voice_id": "anna"}), false)]
    #[case::model(json!({"model_id": "default"}), false)]
    #[case::index(json!({"segment_index": 0}), false)]
    #[case::attempt(json!({"attempt": 1}), false)]
    fn what_is_not_at_hand_does_not_match(#[case] wanted: serde_json::Value, #[case] expected: bool) {
        let wanted: Match = serde_json::from_value(wanted).expect("legal");
        assert_eq!(
            matches(&wanted, &FaultSite::of_job(Stage::HttpJob, None)),
            expected
        );
    }

    #[test]
    fn without_an_attempt_the_model_is_the_job_s() {
        let wanted: Match = serde_json::from_value(json!({"model_id": "default"})).expect("legal");
        let spec = spec();
        assert!(matches(&wanted, &FaultSite::of_job(Stage::HttpJob, Some(&spec))));
    }
}
