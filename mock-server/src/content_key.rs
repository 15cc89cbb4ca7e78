//! The content key: everything that changes the audio, hashed.

use std::fmt::Write as _;

use audio_api::ModelId;
use sha2::{Digest, Sha256};

use crate::{audio, engine::JobSpec, voice};

/// The key of one segment's audio, as made by `model`: 64 hex digits.
///
/// Every part goes in with its length before it, so that no two different lists of parts read the same.
#[must_use]
pub(crate) fn of_segment(spec: &JobSpec, text: &str, model: ModelId) -> String {
    let revisions = [voice::REVISION, audio::REVISION].map(u32::to_be_bytes).concat();
    digest(
        "segment",
        [
            &revisions,
            model.as_str().as_bytes(),
            spec.voice_id.as_bytes(),
            &[u8::from(spec.prefer_phonemes)],
            spec.reading_profile.as_deref().unwrap_or_default().as_bytes(),
            text.as_bytes(),
        ],
    )
}

/// The key of merged audio: the fingerprint of its segments' keys.
#[must_use]
pub(crate) fn of_merged<'a>(segments: impl IntoIterator<Item = &'a str>) -> String {
    digest("merged", segments.into_iter().map(str::as_bytes))
}

/// The key of audio of which a fault left only `bytes`, so that nobody finds it under the key of the whole.
#[must_use]
pub(crate) fn of_cut(whole: &str, bytes: &[u8]) -> String {
    digest("cut", [whole.as_bytes(), bytes])
}

/// The tag of a file of the page.
#[cfg(feature = "api-page")]
#[must_use]
pub(crate) fn of_page(file: &[u8]) -> String {
    digest("page", [file])
}

fn digest<'a>(kind: &'static str, parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in std::iter::once(kind.as_bytes()).chain(parts) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize()
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

#[cfg(test)]
mod tests {
    use audio_api::Mode;

    use super::*;
    use crate::engine::CacheUse;

    fn spec() -> JobSpec {
        JobSpec {
            text: "the whole text".to_owned(),
            text_digest: [0; 32],
            mode: Mode::Segments,
            model_id: ModelId::Default,
            voice_id: "v".to_owned(),
            prefer_phonemes: false,
            reading_profile: None,
            cache: CacheUse::Allowed,
        }
    }

    #[test]
    fn whatever_changes_the_audio_changes_the_key() {
        let keys = [
            of_segment(&spec(), "a", ModelId::Default),
            of_segment(&spec(), "b", ModelId::Default),
            of_segment(&spec(), "a", ModelId::Quality),
            of_segment(
                &JobSpec {
                    voice_id: "w".to_owned(),
                    ..spec()
                },
                "a",
                ModelId::Default,
            ),
            of_segment(
                &JobSpec {
                    prefer_phonemes: true,
                    ..spec()
                },
                "a",
                ModelId::Default,
            ),
            of_segment(
                &JobSpec {
                    reading_profile: Some(r#"{"rate":1}"#.into()),
                    ..spec()
                },
                "a",
                ModelId::Default,
            ),
            of_merged(["a"]),
            of_merged(["a", "b"]),
            of_merged(["ab"]),
            of_cut("ab", b"a"),
            of_cut("ab", b"b"),
        ];
        let distinct: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
    }

    #[test]
    fn what_does_not_change_the_audio_does_not_change_the_key() {
        let other = JobSpec {
            text: "another whole text".to_owned(),
            mode: Mode::Merged,
            cache: CacheUse::Bypassed,
            ..spec()
        };
        assert_eq!(
            of_segment(&spec(), "a", ModelId::Default),
            of_segment(&other, "a", ModelId::Default)
        );
        assert_eq!(of_segment(&spec(), "a", ModelId::Default).len(), 64);
    }
}
