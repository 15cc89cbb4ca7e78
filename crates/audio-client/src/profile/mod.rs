//! What a target is and can do: its paths, state names, headers, audio format, limits and capabilities, as data.
//!
//! Nothing outside this crate knows a path or a state name, so that a server with other names needs another file and
//! no other code.

mod capability;
mod error;
mod format;
mod route;
mod states;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use audio_api::{JobStatus, SegmentStatus};
use serde::Deserialize;

pub use capability::Capability;
pub use error::ProfileError;
pub use format::{AudioFormat, HeaderNames, MetricOfField, TargetLimits};
pub use route::{Route, Template};
pub use states::StateNames;

/// The profile of the reference server. It lies with the other data that users copy and edit.
const REFERENCE: &str = include_str!("../../../../golden/targets/reference.toml");

/// What a target is and can do. A value of this type has been checked: each capability has its route.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetProfile {
    /// Its name in reports.
    pub name: String,
    /// What it can do.
    pub capabilities: BTreeSet<Capability>,
    /// Legal models, the default first.
    pub models: Vec<String>,
    /// Legal modes, the default first.
    pub modes: Vec<String>,
    /// Where each route is.
    pub paths: BTreeMap<Route, Template>,
    /// What it calls the states of a job.
    pub job_states: StateNames<JobStatus>,
    /// What it calls the states of a segment.
    pub segment_states: StateNames<SegmentStatus>,
    /// What it calls its headers.
    pub headers: HeaderNames,
    /// What its audio files are.
    pub audio: AudioFormat,
    /// What it refuses.
    pub limits: TargetLimits,
    /// Where its metrics repeat the status snapshot; empty where that is not known.
    #[serde(default)]
    pub metrics: Vec<MetricOfField>,
}

impl TargetProfile {
    /// The reference server's.
    ///
    /// # Panics
    /// Never in a released build: a test reads the file that is built in.
    #[must_use]
    pub fn reference() -> Self {
        match Self::parse(REFERENCE) {
            Ok(profile) => profile,
            Err(error) => unreachable!("the built-in profile is read by a test: {error}"),
        }
    }

    /// From a profile's text.
    ///
    /// # Errors
    /// When it is not TOML, has an unknown or lacks a needed member, or claims a capability without its route.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let profile: Self = toml::from_str(text).map_err(ProfileError::Toml)?;
        profile.check()?;
        Ok(profile)
    }

    /// From a file.
    ///
    /// # Errors
    /// When it cannot be read, or as [`TargetProfile::parse`]; the error names the file.
    pub fn load(path: &Path) -> Result<Self, ProfileError> {
        let text = std::fs::read_to_string(path).map_err(|source| ProfileError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text).map_err(|source| ProfileError::File {
            path: path.to_owned(),
            source: Box::new(source),
        })
    }

    /// Whether the target can do this.
    #[must_use]
    pub fn can(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }

    fn check(&self) -> Result<(), ProfileError> {
        for (route, template) in &self.paths {
            template.check(*route)?;
        }
        let always = [
            Route::Health,
            Route::Ready,
            Route::Submit,
            Route::Job,
            Route::Segment,
        ];
        if let Some(route) = always.into_iter().find(|route| !self.paths.contains_key(route)) {
            return Err(ProfileError::NoRoute {
                route,
                needed_by: None,
            });
        }
        for &capability in &self.capabilities {
            let missing = capability
                .routes()
                .iter()
                .find(|route| !self.paths.contains_key(route));
            if let Some(&route) = missing {
                return Err(ProfileError::NoRoute {
                    route,
                    needed_by: Some(capability),
                });
            }
        }
        let named = [("models", &self.models), ("modes", &self.modes)];
        match named.into_iter().find(|(_, names)| names.is_empty()) {
            Some((member, _)) => Err(ProfileError::Empty(member)),
            None => self.audio.check(),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn the_reference_profile_says_what_the_wire_types_say() {
        let profile = TargetProfile::reference();
        assert_eq!(profile.limits.max_text_chars, audio_api::MAX_TEXT_CHARS);
        assert_eq!(profile.limits.max_segments, audio_api::MAX_SEGMENTS);
        assert_eq!(
            profile.models,
            audio_api::ModelId::ALL.map(audio_api::ModelId::as_str)
        );
        assert_eq!(profile.modes, audio_api::Mode::ALL.map(audio_api::Mode::as_str));
        assert_eq!(
            profile.metrics.len(),
            18,
            "all numbers of the snapshot but the two that grow by themselves"
        );
        assert_eq!(profile.audio.content_type, audio_api::AUDIO_CONTENT_TYPE);
        for state in JobStatus::ALL {
            assert_eq!(profile.job_states.canonical(state.as_str()), Some(state));
        }
        for state in SegmentStatus::ALL {
            assert_eq!(profile.segment_states.canonical(state.as_str()), Some(state));
        }
        assert_eq!(
            profile.capabilities.len(),
            Capability::ALL.len(),
            "the reference server can do everything"
        );
    }

    #[rstest]
    #[case::capability("\"cancel\",", "\"cancle\",", "unknown variant `cancle`")]
    #[case::member("[audio]", "sampel_rate = 1\n[audio]", "unknown field `sampel_rate`")]
    #[case::state("queued = \"queued\"", "queued = \"waiting\"", "waiting")]
    #[case::unreachable_state("in_progress = \"in_progress\"", "", "no name for the state in_progress")]
    #[case::no_route(
        "playlist = \"/v1/tts/jobs/{job_id}/playlist.json\"",
        "",
        "capability playlist needs paths.playlist"
    )]
    #[case::always("health = \"/health\"", "", "paths.health is missing")]
    #[case::placeholder("jobs/{job_id}/cancel", "jobs/{id}/cancel", "paths.cancel")]
    #[case::relative("\"/health\"", "\"health\"", "paths.health is \"health\"")]
    #[case::models("models = [\"default\", \"quality\"]", "models = []", "models is empty")]
    #[case::rate("sample_rate_hz = 24000", "sample_rate_hz = 0", "audio.sample_rate_hz is 0")]
    fn a_profile_that_cannot_be_right_is_refused(#[case] from: &str, #[case] to: &str, #[case] says: &str) {
        assert!(REFERENCE.contains(from), "{from}");
        let error = TargetProfile::parse(&REFERENCE.replacen(from, to, 1)).unwrap_err();
        let text =
            std::error::Error::source(&error).map_or(error.to_string(), |cause| format!("{error}: {cause}"));
        assert!(text.contains(says), "{text}");
    }
}
