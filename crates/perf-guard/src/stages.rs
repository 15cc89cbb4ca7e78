//! Times of the stages that a job passes through, the material of an explanation.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{samples::median, seconds::ValueError};

/// Names of the stages whose part in a job's time is understood. Others may be used; each counts once a job. They are
/// the names under which faults are injected, so that a report names the stage that was hit.
pub mod stage {
    /// The submit's answer, once a job.
    pub const SUBMIT: &str = "http.submit";
    /// A typical look at the job, once a job: the last one stands between its end and its being seen.
    pub const POLL: &str = "http.job";
    /// From queued to the start of the work, per segment.
    pub const QUEUE_WAIT: &str = "queue.lease";
    /// Synthesis, per segment.
    pub const SYNTH: &str = "synth";
    /// Encoding, per segment.
    pub const ENCODE: &str = "encode";
    /// Storing the bytes, per segment.
    pub const STORE: &str = "store";
    /// Waiting for the merge lock, once a job.
    pub const MERGE_WAIT: &str = "merge.lock";
    /// Fetching the merged file, once a job.
    pub const MERGED_FETCH: &str = "http.merged";
    /// The cancel's answer, once a job.
    pub const CANCEL: &str = "http.cancel";
    /// Fetching a segment, once a job.
    pub const SEGMENT_FETCH: &str = "http.segment";
    /// Fetching the playlist, once a job.
    pub const PLAYLIST_FETCH: &str = "http.playlist";
    /// Fetching the status snapshot, once a job.
    pub const STATUS_FETCH: &str = "http.status";
}

/// Stage name → milliseconds, finite and not negative. For stages that each segment passes, the time of a typical
/// (median) segment, not the sum over segments.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "BTreeMap<String, f64>", into = "BTreeMap<String, f64>")]
#[schemars(with = "BTreeMap<String, f64>")]
pub struct StageTimes(BTreeMap<String, f64>);

impl StageTimes {
    const LEGAL: &'static str = "a finite number of milliseconds, 0 or more";

    /// No stage known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces one stage's time.
    ///
    /// # Errors
    /// A time that is not finite or negative; the error's field is the stage's name.
    pub fn insert(&mut self, stage: &str, ms: f64) -> Result<(), ValueError> {
        if !ms.is_finite() || ms < 0.0 {
            return Err(ValueError::new(stage, ms, Self::LEGAL));
        }
        self.0.insert(stage.to_owned(), ms);
        Ok(())
    }

    /// One stage's time in milliseconds.
    #[must_use]
    pub fn get_ms(&self, stage: &str) -> Option<f64> {
        self.0.get(stage).copied()
    }

    /// All stages by name with their milliseconds.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, &ms)| (name.as_str(), ms))
    }

    /// Whether no stage is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The median of each stage over repeats; a stage missing in some repeats counts where it is.
    #[must_use]
    pub fn medians<'a>(repeats: impl IntoIterator<Item = &'a Self>) -> Self {
        let repeats: Vec<&Self> = repeats.into_iter().collect();
        let names: BTreeSet<&String> = repeats.iter().flat_map(|r| r.0.keys()).collect();
        let medians = names.into_iter().filter_map(|name| {
            let values: Vec<f64> = repeats.iter().filter_map(|r| r.get_ms(name)).collect();
            Some((name.clone(), median(&values)?))
        });
        Self(medians.collect())
    }

    /// Rounded to whole microseconds: finer digits in a file are noise.
    #[must_use]
    pub fn rounded_to_micros(&self) -> Self {
        Self(
            self.0
                .iter()
                .map(|(name, ms)| (name.clone(), (ms * 1e3).round().min(f64::MAX) / 1e3))
                .collect(),
        )
    }
}

impl TryFrom<BTreeMap<String, f64>> for StageTimes {
    type Error = ValueError;

    fn try_from(map: BTreeMap<String, f64>) -> Result<Self, ValueError> {
        let mut times = Self::new();
        for (stage, ms) in map {
            times.insert(&stage, ms)?;
        }
        Ok(times)
    }
}

impl From<StageTimes> for BTreeMap<String, f64> {
    fn from(times: StageTimes) -> Self {
        times.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(pairs: &[(&str, f64)]) -> StageTimes {
        let mut times = StageTimes::new();
        for &(name, ms) in pairs {
            times.insert(name, ms).unwrap();
        }
        times
    }

    #[test]
    fn medians_are_taken_stage_by_stage() {
        let repeats = [
            times(&[(stage::SYNTH, 10.0), (stage::STORE, 1.0)]),
            times(&[(stage::SYNTH, 30.0)]),
            times(&[(stage::SYNTH, 20.0), (stage::STORE, 3.0)]),
        ];
        assert_eq!(
            StageTimes::medians(&repeats),
            times(&[(stage::SYNTH, 20.0), (stage::STORE, 2.0)])
        );
        assert!(StageTimes::medians([]).is_empty());
    }

    #[test]
    fn an_illegal_stage_time_is_refused_by_the_stages_name() {
        let error = StageTimes::new().insert("synth", f64::NAN).unwrap_err();
        assert_eq!(
            error.to_string(),
            "synth is NaN, legal is a finite number of milliseconds, 0 or more"
        );
        assert!(serde_json::from_str::<StageTimes>(r#"{"synth": -1}"#).is_err());
    }
}
