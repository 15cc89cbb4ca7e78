//! What a rule's chance is drawn from.

use super::Draw;
use crate::engine::FaultSite;

/// What a rule's chance is drawn from, besides the arrival.
#[derive(Debug, Clone, Copy)]
pub struct ChanceOf<'a> {
    /// The seed of the deployment.
    pub seed: u64,
    /// The rule.
    pub rule_id: &'a str,
}

impl ChanceOf<'_> {
    /// On `http.*` stages by the rule's request number, elsewhere by what the arrival is about.
    pub(super) fn draw(&self, site: &FaultSite<'_>, number: u64) -> Draw {
        let seed = self.seed.to_be_bytes();
        let rule = self.rule_id.as_bytes();
        if site.stage.is_http() {
            return Draw::of(&[&seed, rule, b"request", &number.to_be_bytes()]);
        }
        let text: &[u8] = site.job.map_or(&[], |job| &job.text_digest);
        let index = site.segment_index.map(u32::to_be_bytes);
        let attempt = site.attempt.map(u32::to_be_bytes);
        let bytes = |part: &'_ Option<[u8; 4]>| part.map_or_else(Vec::new, |bytes| bytes.to_vec());
        Draw::of(&[&seed, rule, text, &bytes(&index), &bytes(&attempt)])
    }
}

#[cfg(test)]
mod tests {
    use audio_api::{Mode, ModelId, fault::Stage};

    use super::*;
    use crate::engine::{CacheUse, JobSpec};

    fn spec(text_digest: [u8; 32]) -> JobSpec {
        JobSpec {
            text: "text".to_owned(),
            text_digest,
            mode: Mode::Segments,
            model_id: ModelId::Default,
            voice_id: "anna".to_owned(),
            prefer_phonemes: false,
            reading_profile: None,
            cache: CacheUse::Allowed,
        }
    }

    fn chance(seed: u64) -> ChanceOf<'static> {
        ChanceOf { seed, rule_id: "f1" }
    }

    fn attempt(job: &JobSpec, index: u32, attempt: u32) -> FaultSite<'_> {
        FaultSite {
            segment_index: Some(index),
            attempt: Some(attempt),
            ..FaultSite::of_job(Stage::Synth, Some(job))
        }
    }

    #[test]
    fn seed_rule_text_segment_and_attempt_each_change_the_chance() {
        let (one, two) = (spec([1; 32]), spec([2; 32]));
        let base = chance(1).draw(&attempt(&one, 0, 1), 1);
        let other_rule = ChanceOf {
            seed: 1,
            rule_id: "f2",
        };
        let others = [
            chance(2).draw(&attempt(&one, 0, 1), 1),
            other_rule.draw(&attempt(&one, 0, 1), 1),
            chance(1).draw(&attempt(&two, 0, 1), 1),
            chance(1).draw(&attempt(&one, 1, 1), 1),
            chance(1).draw(&attempt(&one, 0, 2), 1),
        ];
        assert!(others.iter().all(|other| *other != base));
        assert_eq!(chance(1).draw(&attempt(&one, 0, 1), 99), base);
    }
}
