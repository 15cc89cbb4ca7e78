//! What is expected, to the sample, of a deterministic voice.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

const HEADER: &str = "\
# What the audio of each case has to be, to the sample, for the text with the fixed nonce.
# Written by `golden run --update-expected`; look at the change before committing it.

";

/// What is expected of one target's audio.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// One entry a case and model.
    pub audio: Vec<ExpectedAudio>,
}

/// What is expected of one case by one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedAudio {
    /// The case.
    pub case: String,
    /// The model.
    pub model: String,
    /// Segments of the text.
    pub segments: u32,
    /// The audio of all segments in order.
    #[serde(flatten)]
    pub digest: AudioDigest,
}

/// Decoded audio in two figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioDigest {
    /// Samples of each channel.
    pub samples: u64,
    /// SHA-256, in hexadecimal, of all samples as 16-bit little-endian, interleaved.
    pub sha256: String,
}

/// Why expectations cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ExpectedError {
    /// The file cannot be read or written.
    #[error("expectations {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is something else.
    #[error("expectations{}", path.as_deref().map(|p| format!(" {}", p.display())).unwrap_or_default())]
    Toml {
        /// The file, where there is one.
        path: Option<PathBuf>,
        /// What is wrong with it.
        #[source]
        source: toml::de::Error,
    },
}

impl Expected {
    /// From a file's text.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(text: &str) -> Result<Self, ExpectedError> {
        toml::from_str(text).map_err(|source| ExpectedError::Toml { path: None, source })
    }

    /// From a file; `None` when there is none.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn load(path: &Path) -> Result<Option<Self>, ExpectedError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(ExpectedError::Io {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        let found = toml::from_str(&text).map_err(|source| ExpectedError::Toml {
            path: Some(path.to_owned()),
            source,
        })?;
        Ok(Some(found))
    }

    /// The file's text.
    #[must_use]
    pub fn render(&self) -> String {
        let Ok(body) = toml::to_string(self) else {
            unreachable!("plain tables of strings and numbers")
        };
        format!("{HEADER}{body}")
    }

    /// What is expected of a case by a model.
    #[must_use]
    pub fn get(&self, case: &str, model: &str) -> Option<&ExpectedAudio> {
        self.audio
            .iter()
            .find(|entry| entry.case == case && entry.model == model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let digest = AudioDigest {
            samples: 4_096,
            sha256: "ab".into(),
        };
        let entry = ExpectedAudio {
            case: "a".into(),
            model: "m".into(),
            segments: 1,
            digest,
        };
        let expected = Expected {
            audio: vec![entry.clone()],
        };
        assert_eq!(Expected::parse(&expected.render()).unwrap(), expected);
        assert_eq!(expected.get("a", "m"), Some(&entry));
        assert_eq!(expected.get("a", "other"), None);
    }
}
