//! One case: a text, how it is asked for, and what any server's answer to it has to be like.

use audio_api::SubmitRequest;
use serde::Deserialize;

use super::Nonce;

/// Where the nonce goes.
const PLACE: &str = "{nonce}";

/// Whether a case is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// It is one of the timed tests.
    Timed,
    /// It only serves other tests.
    Untimed,
}

/// A text, how it is asked for, and what any server's answer to it has to be like.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its name: that of the timed test.
    pub name: String,
    /// What it is, in words.
    pub about: String,
    /// Whether it is timed.
    pub timing: Timing,
    /// The voice; the target's default when absent.
    pub voice_id: Option<String>,
    /// The model, unless the run names one; the target's default when absent.
    pub model: Option<String>,
    /// Fewest segments that it may be split into.
    pub segments_min: u32,
    /// Most segments that it may be split into.
    pub segments_max: u32,
    /// What the audio of any voice has to keep to.
    pub audio: Tolerances,
    template: String,
}

/// What the audio of any voice has to keep to.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tolerances {
    /// Seconds of audio for each character of the text, least and most.
    pub seconds_per_char: [f64; 2],
    /// Integrated loudness in LUFS (EBU R 128), least and most.
    pub loudness_lufs: [f64; 2],
    /// The longest run of silence (below -60 dBFS), in seconds.
    pub longest_silence_s: f64,
    /// The largest share of samples at full scale.
    pub clipped_share_max: f64,
}

impl Default for Tolerances {
    /// Wide enough for any voice that speaks: 3 to 40 characters a second, neither inaudible nor above -5 LUFS, no
    /// pause beyond two seconds, no more than one sample in a thousand at full scale.
    fn default() -> Self {
        Self {
            seconds_per_char: [0.025, 0.33],
            loudness_lufs: [-45.0, -5.0],
            longest_silence_s: 2.0,
            clipped_share_max: 0.001,
        }
    }
}

/// What is wrong with a case.
#[derive(Debug, thiserror::Error)]
pub enum CaseFault {
    /// Not TOML, or not of this shape.
    #[error("no case")]
    Toml(#[from] toml::de::Error),
    /// A name that cannot stand in reports and baselines.
    #[error("name is {0:?}; legal: small letters, digits and underscores, a letter first")]
    Name(String),
    /// No place for a nonce, without which no run of it would be cold.
    #[error(
        "text has no {PLACE}; legal: at least one, best one in each sentence, so that no segment is cached"
    )]
    NoNonce,
    /// No segments, or more at least than at most.
    #[error("segments_min is {min} and segments_max {max}; legal: 1 <= segments_min <= segments_max")]
    Segments {
        /// `segments_min`.
        min: u32,
        /// `segments_max`.
        max: u32,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    about: String,
    timed: bool,
    #[serde(default)]
    voice_id: Option<String>,
    #[serde(default)]
    model: Option<String>,
    segments_min: u32,
    segments_max: u32,
    #[serde(default)]
    audio: Tolerances,
    text: String,
}

impl Case {
    /// From a file's text.
    ///
    /// # Errors
    /// When it is no case.
    pub fn parse(text: &str) -> Result<Self, CaseFault> {
        let file: File = toml::from_str(text)?;
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !file.name.starts_with(|c: char| c.is_ascii_lowercase()) || !file.name.chars().all(legal) {
            return Err(CaseFault::Name(file.name));
        }
        if !file.text.contains(PLACE) {
            return Err(CaseFault::NoNonce);
        }
        if file.segments_min == 0 || file.segments_min > file.segments_max {
            return Err(CaseFault::Segments {
                min: file.segments_min,
                max: file.segments_max,
            });
        }
        Ok(Self {
            name: file.name,
            about: file.about,
            timing: if file.timed {
                Timing::Timed
            } else {
                Timing::Untimed
            },
            voice_id: file.voice_id,
            model: file.model,
            segments_min: file.segments_min,
            segments_max: file.segments_max,
            audio: file.audio,
            // Lines are broken for the file's readers only.
            template: file.text.split_whitespace().collect::<Vec<_>>().join(" "),
        })
    }

    /// The text with a nonce in it. All nonces are of one length, so all texts of a case are.
    #[must_use]
    pub fn text(&self, nonce: &Nonce) -> String {
        self.template.replace(PLACE, nonce.as_str())
    }

    /// Characters (Unicode scalars) of the text.
    #[must_use]
    pub fn chars(&self) -> u64 {
        self.text(&Nonce::FIXED).chars().count() as u64
    }

    /// A submit of the text, by `model` if the run names one.
    #[must_use]
    pub fn request(&self, nonce: &Nonce, model: Option<&str>) -> SubmitRequest {
        SubmitRequest {
            text: self.text(nonce),
            model: model.or(self.model.as_deref()).map(ToOwned::to_owned),
            voice_id: self.voice_id.clone(),
            ..SubmitRequest::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const GOOD: &str = "name = \"a\"\nabout = \"b\"\ntimed = true\nsegments_min = 1\nsegments_max = 2\ntext = '''\nOne {nonce}\n  two.\n'''\n";

    #[test]
    fn lines_are_joined_and_every_nonce_gives_the_same_length() {
        let case = Case::parse(GOOD).unwrap();
        assert_eq!(
            case.text(&Nonce::FIXED),
            format!("One {} two.", Nonce::FIXED.as_str())
        );
        assert_eq!(case.text(&Nonce::random()).chars().count() as u64, case.chars());
        assert_eq!(case.request(&Nonce::FIXED, Some("m")).model.as_deref(), Some("m"));
    }

    #[rstest]
    #[case::no_nonce("{nonce}", "nonce", "text has no {nonce}")]
    #[case::name("\"a\"", "\"A b\"", "name is \"A b\"")]
    #[case::segments(
        "segments_min = 1",
        "segments_min = 3",
        "segments_min is 3 and segments_max 2"
    )]
    #[case::none("segments_min = 1", "segments_min = 0", "segments_min is 0")]
    fn a_case_that_cannot_be_run_is_refused(#[case] from: &str, #[case] to: &str, #[case] says: &str) {
        let error = Case::parse(&GOOD.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }

    #[test]
    fn an_unknown_member_is_refused() {
        let error = Case::parse(&format!("txt = 1\n{GOOD}")).unwrap_err();
        assert!(matches!(error, CaseFault::Toml(e) if e.to_string().contains("unknown field `txt`")));
    }
}
