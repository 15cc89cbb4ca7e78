//! What a synthesis costs in simulated time. Nothing here sleeps; the worker does.

use audio_api::ModelId as Model;
use std::time::Duration;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// How much slower [`Model::Quality`] is than [`Model::Default`], in thousandths.
const QUALITY_PERMILLE: u32 = 1600;

/// A fixed cost per segment and a cost per character; [`Model::Quality`] takes 1.6 times that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoiceCost {
    fixed: Duration,
    per_char: Duration,
}

impl VoiceCost {
    /// A cost of `fixed` for each segment plus `per_char` for each of its characters, by [`Model::Default`].
    #[must_use]
    pub const fn new(fixed: Duration, per_char: Duration) -> Self {
        Self { fixed, per_char }
    }

    /// The simulated time that `model` takes for a segment of `chars` Unicode scalars; saturates.
    #[must_use]
    pub fn of(&self, model: Model, chars: usize) -> Duration {
        let chars = u32::try_from(chars).unwrap_or(u32::MAX);
        let plain = self.fixed.saturating_add(self.per_char.saturating_mul(chars));
        match model {
            Model::Default => plain,
            Model::Quality => plain.saturating_mul(QUALITY_PERMILLE) / 1000,
        }
    }
}

impl From<CostPreset> for VoiceCost {
    /// With `default` a job of 60 sentences (4,200 characters, 20 segments) takes 0.83 s of simulated time on 4
    /// workers, which with queue, encoding and merge comes to about a second.
    fn from(preset: CostPreset) -> Self {
        match preset {
            CostPreset::Default => Self::new(Duration::from_millis(40), Duration::from_micros(600)),
            CostPreset::Fast => Self::new(Duration::from_millis(4), Duration::from_micros(60)),
            CostPreset::Zero => Self::new(Duration::ZERO, Duration::ZERO),
        }
    }
}

impl Default for VoiceCost {
    fn default() -> Self {
        CostPreset::Default.into()
    }
}

/// The values of `--voice-cost`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostPreset {
    /// A 60-sentence job takes about a second on 4 workers.
    #[default]
    Default,
    /// A tenth of the default.
    Fast,
    /// No simulated time: only what the CPU really needs.
    Zero,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::default(CostPreset::Default, Model::Default, Duration::from_millis(184))]
    #[case::default_quality(CostPreset::Default, Model::Quality, Duration::from_micros(294_400))]
    #[case::a_tenth(CostPreset::Fast, Model::Default, Duration::from_micros(18_400))]
    #[case::a_tenth_of_quality(CostPreset::Fast, Model::Quality, Duration::from_micros(29_440))]
    #[case::nothing(CostPreset::Zero, Model::Quality, Duration::ZERO)]
    fn a_segment_of_240_characters_costs(
        #[case] preset: CostPreset,
        #[case] model: Model,
        #[case] expected: Duration,
    ) {
        assert_eq!(VoiceCost::from(preset).of(model, 240), expected);
    }

    #[test]
    fn the_fixed_part_is_paid_for_an_empty_segment_too() {
        assert_eq!(
            VoiceCost::default().of(Model::Default, 0),
            Duration::from_millis(40)
        );
    }

    #[test]
    fn an_absurd_length_saturates() {
        let cost = VoiceCost::new(Duration::MAX, Duration::MAX);
        assert!(cost.of(Model::Quality, usize::MAX) > Duration::from_secs(u64::MAX / 1001));
    }
}
