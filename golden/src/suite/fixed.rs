//! The audio of texts that are the same in every run, made once for all tests that look at it.

use std::sync::Arc;

use audio_api::{Manifest, SubmitRequest};
use audio_client::Reply;

use super::{Probe, Stop};
use crate::{
    audio::Decoded,
    cases::{Case, Nonce},
};

/// A case's text with the fixed nonce, synthesised, fetched whole and in segments, and decoded.
#[derive(Debug)]
pub struct FixedAudio {
    /// The finished job.
    pub manifest: Manifest,
    /// The files of its segments, in order, with their headers.
    pub segment_files: Vec<Reply>,
    /// The same, decoded.
    pub segments: Vec<Decoded>,
}

impl FixedAudio {
    /// The samples of all segments in a row.
    #[must_use]
    pub fn joined(&self) -> Decoded {
        Decoded::joined(&self.segments)
    }
}

impl Probe<'_> {
    /// The audio of a case's text with the fixed nonce. Made once a run, since several tests look at it.
    ///
    /// # Errors
    /// When it cannot be made; the next test that asks tries again.
    pub async fn fixed(&self, case: &Case) -> Result<Arc<FixedAudio>, Stop> {
        let audio = match self.ctx.fixed.get(&case.name) {
            Some(cell) => Arc::clone(cell.get_or_try_init(|| self.make_fixed(case)).await?),
            None => self.make_fixed(case).await?,
        };
        self.about(&audio.manifest);
        Ok(audio)
    }

    async fn make_fixed(&self, case: &Case) -> Result<Arc<FixedAudio>, Stop> {
        let request = case.request(&Nonce::FIXED, self.ctx.model.as_deref());
        self.fixed_by(&request).await.map(Arc::new)
    }

    /// Synthesises, fetches and decodes a text.
    ///
    /// # Errors
    /// When that fails anywhere.
    pub async fn fixed_by(&self, request: &SubmitRequest) -> Result<FixedAudio, Stop> {
        let manifest = self.complete(request).await?;
        let mut segment_files = Vec::new();
        let mut segments = Vec::new();
        for segment in &manifest.segments {
            let reply = self.segment(&manifest.job_id, segment).await?;
            segments.push(self.decode(&reply.body).await?);
            segment_files.push(reply);
        }
        Ok(FixedAudio {
            manifest,
            segment_files,
            segments,
        })
    }
}
