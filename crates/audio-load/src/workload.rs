//! What users do, as data: actions with weights, and what their jobs are like.

use std::time::Duration;

use audio_client::{Route, TargetProfile};
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::{Action, Texts};

/// What users do.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// Actions with their weights.
    pub mix: Vec<Share>,
    /// In which order they come.
    #[serde(default)]
    pub order: Order,
    /// What jobs are like, and how they are waited for.
    #[serde(default)]
    pub jobs: JobSettings,
}

/// One action of a mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// What is done.
    pub action: Action,
    /// How often, beside the weights of the others.
    pub weight: u32,
    /// Whether it is left out on a target that lacks a route of it; such a target is refused otherwise.
    #[serde(default)]
    pub optional: bool,
}

/// In which order the actions of a mix come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// By chance, each as likely as its weight says.
    #[default]
    Random,
    /// One after the other, each as many times as its weight says; users begin at different places.
    InTurn,
}

/// What jobs are like, and how they are waited for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JobSettings {
    /// The fewest and the most segments of a job.
    pub segments: [u32; 2],
    /// The share of texts that the server has never seen, 0 to 1.
    pub fresh: f64,
    /// How many texts the others are taken from.
    pub repeated_texts: u32,
    /// The model; without it the target's default.
    pub model: Option<String>,
    /// The pause between two looks at a job.
    #[serde(deserialize_with = "time")]
    pub poll: Duration,
    /// How long a submit is tried again while it is answered with 429, and merged audio while it is not there.
    #[serde(deserialize_with = "time")]
    pub patience: Duration,
    /// How long a job is looked at before it counts as failed.
    #[serde(deserialize_with = "time")]
    pub deadline: Duration,
    /// How many random parts of segments are fetched of a job.
    pub ranges: u32,
    /// The share of created jobs that are regenerated once, 0 to 1.
    pub regenerate: f64,
    /// The share of created jobs that are deleted in the end, 0 to 1.
    pub delete: f64,
    /// Jobs that are made before the load begins, for actions that ask for a job.
    pub library: u32,
}

impl Default for JobSettings {
    /// One to three segments, half of the texts new, a look every 100 ms, half a minute of patience.
    fn default() -> Self {
        Self {
            segments: [1, 3],
            fresh: 0.5,
            repeated_texts: 16,
            model: None,
            poll: Duration::from_millis(100),
            patience: Duration::from_secs(30),
            deadline: Duration::from_secs(60),
            ranges: 2,
            regenerate: 0.0,
            delete: 0.0,
            library: 4,
        }
    }
}

/// Why a workload is none, or not for this target.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WorkloadError {
    /// There is nothing to do.
    #[error("mix is empty or all of its weights are 0; legal: one action or more with a weight of 1 or more")]
    Nothing,
    /// The weights are beyond counting.
    #[error("the weights of mix add up to more than 1000000")]
    Weights,
    /// A number out of its range.
    #[error("jobs.{key} is {given}; legal: {legal}")]
    Job {
        /// The key.
        key: &'static str,
        /// What stands there.
        given: String,
        /// What may.
        legal: &'static str,
    },
    /// The target lacks a route.
    #[error("action {action} asks route {route}, which the target profile does not have")]
    NoRoute {
        /// The action.
        action: Action,
        /// The route.
        route: Route,
    },
    /// There is no job to ask for.
    #[error("action {action} asks for a job that is there already, and jobs.library is 0")]
    NoLibrary {
        /// The action.
        action: Action,
    },
}

const MOST_WEIGHT: u64 = 1_000_000;

impl Share {
    /// A share that every target has to be able to do.
    #[must_use]
    pub const fn new(action: Action, weight: u32) -> Self {
        Self {
            action,
            weight,
            optional: false,
        }
    }

    /// The route of it that the target lacks.
    fn lacks(&self, profile: &TargetProfile) -> Option<Route> {
        let mut routes = self.action.endpoints().iter().map(|endpoint| endpoint.route());
        routes.find(|route| !profile.paths.contains_key(route))
    }
}

impl Workload {
    /// Users who do one thing only.
    #[must_use]
    pub fn only(action: Action) -> Self {
        Self {
            mix: vec![Share::new(action, 1)],
            order: Order::Random,
            jobs: JobSettings::default(),
        }
    }

    /// Checks what the types do not.
    ///
    /// # Errors
    /// What is out of its range.
    pub fn check(&self) -> Result<(), WorkloadError> {
        let weights: u64 = self.mix.iter().map(|share| u64::from(share.weight)).sum();
        if weights == 0 {
            return Err(WorkloadError::Nothing);
        }
        if weights > MOST_WEIGHT {
            return Err(WorkloadError::Weights);
        }
        let without_a_job = self.used().find(|action| action.needs_a_job());
        if let (0, Some(action)) = (self.jobs.library, without_a_job) {
            return Err(WorkloadError::NoLibrary { action });
        }
        self.jobs.check()
    }

    /// What of it comes about on a target: without what is optional and asks a route that the target lacks, which is given back
    /// with that route.
    #[must_use]
    pub fn on(&self, profile: &TargetProfile) -> (Self, Vec<(Action, Route)>) {
        let left_out = |share: &Share| share.lacks(profile).filter(|_| share.optional);
        let mix = self.mix.iter();
        let missing = mix
            .clone()
            .filter_map(|share| Some((share.action, left_out(share)?)))
            .collect();
        let mix = mix.filter(|share| left_out(share).is_none()).copied().collect();
        let rest = Self { mix, ..self.clone() };
        (rest, missing)
    }

    /// The actions that come about.
    pub fn used(&self) -> impl Iterator<Item = Action> {
        let used = self.mix.iter().filter(|share| share.weight > 0);
        used.map(|share| share.action)
    }
}

impl JobSettings {
    /// Its texts.
    #[must_use]
    pub const fn texts(&self) -> Texts {
        let [least, most] = self.segments;
        Texts { least, most }
    }

    fn check(&self) -> Result<(), WorkloadError> {
        let wrong = |key, given: &dyn std::fmt::Debug, legal| {
            Err(WorkloadError::Job {
                key,
                given: format!("{given:?}"),
                legal,
            })
        };
        let [least, most] = self.segments;
        if least == 0 || least > most || most > 90 {
            return wrong(
                "segments",
                &self.segments,
                "two numbers from 1 to 90, the lesser first",
            );
        }
        let shares = [
            ("fresh", self.fresh),
            ("regenerate", self.regenerate),
            ("delete", self.delete),
        ];
        for (key, share) in shares {
            if !(0.0..=1.0).contains(&share) {
                return wrong(key, &share, "a share from 0 to 1");
            }
        }
        let counts = [
            ("repeated_texts", self.repeated_texts, 1..=1_000_000),
            ("ranges", self.ranges, 0..=1_000),
            ("library", self.library, 0..=1_000),
        ];
        for (key, count, legal) in counts {
            if !legal.contains(&count) {
                return wrong(key, &count, "a whole number, at most 1000 (texts: 1 to 1000000)");
            }
        }
        Ok(())
    }
}

/// A time above 0 with its unit, as in `"100ms"`.
fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    let time =
        humantime::parse_duration(&text).map_err(|error| D::Error::custom(format!("{text:?}: {error}")))?;
    if time.is_zero() {
        return Err(D::Error::custom(
            "the time is 0; legal: a time above 0, as in \"100ms\"",
        ));
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn parse(text: &str) -> Result<Workload, String> {
        let workload: Workload = toml::from_str(text).map_err(|error| error.to_string())?;
        workload.check().map_err(|error| error.to_string())?;
        Ok(workload)
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let workload = parse("mix = [{ action = \"create\", weight = 2 }]").unwrap();
        assert_eq!(
            workload,
            Workload {
                mix: vec![Share::new(Action::Create, 2)],
                ..Workload::only(Action::Create)
            }
        );
    }

    #[test]
    fn what_is_optional_is_left_out_where_the_target_lacks_it_and_nothing_else_is() {
        let workload = parse(
            "mix = [{ action = \"list\", weight = 1 }, { action = \"openapi\", weight = 2, optional = true }]",
        )
        .unwrap();
        let mut profile = TargetProfile::reference();
        assert_eq!(workload.on(&profile), (workload.clone(), vec![]));
        profile.paths.remove(&Route::Openapi);
        let (rest, missing) = workload.on(&profile);
        assert_eq!(missing, [(Action::Openapi, Route::Openapi)]);
        assert_eq!(rest, Workload::only(Action::List));
        // What is not optional stays, and is refused where it is entered.
        profile.paths.remove(&Route::List);
        assert_eq!(workload.on(&profile).0, Workload::only(Action::List));
    }

    #[rstest]
    #[case::nothing("mix = []", "mix is empty")]
    #[case::no_weight("mix = [{ action = \"list\", weight = 0 }]", "mix is empty")]
    #[case::absurd_weights("mix = [{ action = \"list\", weight = 2000000 }]", "more than 1000000")]
    #[case::unknown_action("mix = [{ action = \"lst\", weight = 1 }]", "expected one of `health`")]
    #[case::unknown_key("mix = [{ action = \"list\", wait = 1 }]", "unknown field `wait`")]
    #[case::share(
        "mix = [{ action = \"submit\", weight = 1 }]\njobs.fresh = 1.5",
        "jobs.fresh is 1.5; legal: a share from 0 to 1"
    )]
    #[case::no_share(
        "mix = [{ action = \"submit\", weight = 1 }]\njobs.delete = nan",
        "jobs.delete is NaN"
    )]
    #[case::segments(
        "mix = [{ action = \"submit\", weight = 1 }]\njobs.segments = [3, 1]",
        "jobs.segments is [3, 1]"
    )]
    #[case::library(
        "mix = [{ action = \"submit\", weight = 1 }]\njobs.library = 1001",
        "jobs.library is 1001"
    )]
    #[case::no_unit("mix = [{ action = \"submit\", weight = 1 }]\njobs.poll = \"100\"", "\"100\"")]
    #[case::no_time(
        "mix = [{ action = \"submit\", weight = 1 }]\njobs.poll = \"0s\"",
        "the time is 0"
    )]
    #[case::no_job(
        "mix = [{ action = \"range\", weight = 1 }]\njobs.library = 0",
        "action range asks for a job"
    )]
    fn what_cannot_be_meant_is_refused_by_name(#[case] text: &str, #[case] says: &str) {
        let error = parse(text).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
}
