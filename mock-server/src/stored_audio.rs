//! Audio that an earlier process left in the store: looked into before it is used, and made anew when it is damaged.

use crate::{
    audio,
    blobs::{BlobError, BlobStore},
};

/// The length in samples of the audio under a key; `None` when there is none that can be used.
///
/// What this process has stored or looked into already is not read again. What turns out to be damaged is discarded.
///
/// # Errors
/// When the store fails.
pub(crate) async fn samples(blobs: &BlobStore, key: &str) -> Result<Option<u64>, BlobError> {
    let Some(meta) = blobs.meta(key) else {
        return Ok(None);
    };
    if meta.samples.is_some() {
        return Ok(meta.samples);
    }
    let Some(bytes) = blobs.get_bytes(key).await? else {
        return Ok(None);
    };
    let verified = tokio::task::spawn_blocking(move || audio::verify(&bytes)).await;
    match verified {
        Ok(Ok(info)) => {
            blobs.note_samples(key, info.samples);
            Ok(Some(info.samples))
        }
        Ok(Err(error)) => {
            tracing::warn!(key, %error, "stored audio is damaged and is made anew");
            blobs.discard_unverified(key).await?;
            Ok(None)
        }
        Err(error) => {
            tracing::error!(key, %error, "could not look into stored audio");
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// A directory with a file of these bytes under the key, as an earlier process leaves it.
    fn left_behind(key: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("blobs").join(&key[..2]).join(key);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        std::fs::write(&path, bytes).expect("written");
        (dir, path)
    }

    fn audio_of(samples: usize) -> audio::Encoded {
        audio::encode(&audio::Pcm::new(vec![7; samples])).expect("encoded")
    }

    async fn opened(dir: &tempfile::TempDir) -> BlobStore {
        BlobStore::in_directory(dir.path(), 1 << 20, 9)
            .await
            .expect("opened")
    }

    #[tokio::test]
    async fn what_was_left_behind_is_looked_into_once() {
        let whole = audio_of(audio::BLOCK_SIZE);
        let (dir, path) = left_behind("aa1", &whole.bytes);
        let blobs = opened(&dir).await;
        assert_eq!(
            samples(&blobs, "aa1").await.expect("readable"),
            Some(whole.samples)
        );
        std::fs::write(path, "damaged since").expect("written");
        assert_eq!(
            samples(&blobs, "aa1").await.expect("readable"),
            Some(whole.samples)
        );
        assert_eq!(samples(&blobs, "aa2").await.expect("readable"), None);
    }

    #[tokio::test]
    async fn what_is_damaged_is_discarded() {
        let (dir, path) = left_behind("aa1", b"OggS, but not much more");
        let blobs = opened(&dir).await;
        assert_eq!(samples(&blobs, "aa1").await.expect("readable"), None);
        assert!(blobs.meta("aa1").is_none() && !path.exists());
    }

    #[tokio::test]
    async fn what_was_stored_again_meanwhile_is_not_discarded() {
        let (dir, _) = left_behind("aa1", b"damaged");
        let blobs = opened(&dir).await;
        let whole = audio_of(audio::BLOCK_SIZE);
        blobs
            .put("aa1", whole.bytes.clone(), whole.samples, None)
            .await
            .expect("stored");
        blobs.discard_unverified("aa1").await.expect("works");
        assert_eq!(blobs.get_bytes("aa1").await.expect("readable"), Some(whole.bytes));
    }
}
