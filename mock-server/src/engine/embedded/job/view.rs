//! What the wire shows of a stored job.

use std::sync::Arc;

use audio_api::{JobSummary, Manifest, SegmentId, SegmentManifest};

use super::Job;
use crate::{
    content_key,
    engine::{AudioPart, AudioRef, JobRecord, SegmentRecord, embedded::clock::wire_ms, retry::ModelTier},
};

impl Job {
    fn progress_pct(&self) -> f64 {
        let ended = self.tally.ready + self.tally.error + self.tally.canceled;
        f64::from(ended) * 100.0 / f64::from(self.total().max(1))
    }

    /// All that is known of the job.
    pub(in crate::engine::embedded) fn record(&self) -> JobRecord {
        let segments = (0..self.total())
            .filter_map(|index| self.segment_manifest(index))
            .collect();
        let manifest = Manifest {
            job_id: self.id.clone(),
            status: self.state.status(),
            model_id: self.spec.model_id.as_str().to_owned(),
            voice_id: self.spec.voice_id.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            segments_total: self.total(),
            segments_ready: self.tally.ready,
            segments_error: self.tally.error,
            segments_in_progress: self.tally.synthesizing,
            progress_pct: self.progress_pct(),
            segments,
            error_code: self.state.error_code(),
            mode: Some(self.spec.mode.as_str().to_owned()),
        };
        JobRecord {
            spec: Arc::clone(&self.spec),
            manifest,
        }
    }

    /// All that is known of one segment.
    pub(in crate::engine::embedded) fn segment_record(&self, index: u32) -> Option<SegmentRecord> {
        let ready_at = self.segment(index)?.state.audio().map(|audio| audio.at);
        Some(SegmentRecord {
            spec: Arc::clone(&self.spec),
            job_status: self.state.status(),
            segment: self.segment_manifest(index)?,
            ready_at,
        })
    }

    /// Where its audio is, if that is ready.
    pub(in crate::engine::embedded) fn audio(&self, part: AudioPart) -> Option<AudioRef> {
        match part {
            AudioPart::Segment(index) => {
                let audio = self.segment(index)?.state.audio()?;
                Some(AudioRef {
                    key: audio.result.cache_key.clone(),
                    stored_at: audio.at,
                    segments_missing: 0,
                })
            }
            AudioPart::Merged => self.state.status().has_audio().then(|| AudioRef {
                key: self.merged_key().to_owned(),
                stored_at: self.updated_at,
                segments_missing: self.tally.error,
            }),
        }
    }

    /// The fingerprint of the ready segments' keys; only once the job has ended.
    fn merged_key(&self) -> &str {
        self.merged_key.get_or_init(|| {
            let audio = self.segments.iter().filter_map(|segment| segment.state.audio());
            content_key::of_merged(audio.map(|audio| audio.result.cache_key.as_str()))
        })
    }

    /// The job as the list shows it.
    pub(in crate::engine::embedded) fn summary(&self) -> JobSummary {
        JobSummary {
            job_id: self.id.clone(),
            status: self.state.status(),
            model_id: self.spec.model_id.as_str().to_owned(),
            voice_id: self.spec.voice_id.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            segments_total: self.total(),
            segments_ready: self.tally.ready,
            segments_error: self.tally.error,
            progress_pct: self.progress_pct(),
        }
    }

    fn segment_manifest(&self, index: u32) -> Option<SegmentManifest> {
        let segment = self.segment(index)?;
        let result = segment.state.audio().map(|audio| &audio.result);
        let queue_wait = result
            .map(|result| result.times.queue_wait)
            .or(segment.queue_wait);
        Some(SegmentManifest {
            index,
            segment_id: SegmentId::of_index(index),
            status: segment.state.status(),
            attempts: segment.attempts,
            model_id: self.model(segment.tier).as_str().to_owned(),
            fallback_used: segment.tier == ModelTier::Fallback,
            cached: result.is_some_and(|result| result.cached),
            queue_wait_ms: queue_wait.map(wire_ms),
            synth_ms: result.map(|result| wire_ms(result.times.synth)),
            encode_ms: result.map(|result| wire_ms(result.times.encode)),
            store_ms: result.map(|result| wire_ms(result.times.store)),
            duration_ms: result.map(|result| wire_ms(result.duration)),
            size_bytes: result.map(|result| result.size_bytes),
            cache_key: result.map(|result| result.cache_key.clone()),
            error_code: segment.state.error_code(),
        })
    }
}
