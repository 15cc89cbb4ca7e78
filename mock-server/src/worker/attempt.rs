//! One attempt at one segment, from the lease to stored audio.

use std::time::Duration;

use audio_api::fault::Stage;
use bytes::Bytes;
use tokio::time::{self, Instant};

use super::pool::Shared;
use crate::{
    audio::{self, Encoded, Pcm},
    content_key,
    engine::{CacheUse, Failure, FaultSite, Lease, SegmentResult, StageTimes},
    injection::{self, Effects, Interruption, Stopped, Wholeness},
    stored_audio, voice,
};

/// How an attempt ended.
pub(super) enum Outcome {
    /// Audio is stored.
    Made(SegmentResult),
    /// It failed.
    Failed(Failure),
    /// The worker is told to stop; another shall do it.
    GivenBack,
    /// The lease is no longer the worker's.
    Lost,
    /// A fault made the worker walk away without a word.
    Forgotten,
}

impl Outcome {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Made(_) => "made",
            Self::Failed(_) => "failed",
            Self::GivenBack => "given back",
            Self::Lost => "lost",
            Self::Forgotten => "forgotten",
        }
    }
}

/// What ends an attempt early.
struct Ended(Outcome);

/// Makes the attempt, keeping the lease alive meanwhile.
pub(super) async fn make(shared: &Shared, lease: &Lease) -> Outcome {
    let leased = Instant::now();
    // Not extended here: a worker that hangs loses its lease.
    if let Err(Ended(outcome)) = strike(shared, lease, Stage::Worker, Failure::Synthesis).await {
        return outcome;
    }
    tokio::select! {
        outcome = time::timeout(shared.settings.attempt_timeout, produce(shared, lease, leased)) => {
            match outcome {
                Ok(Ok(result)) => Outcome::Made(result),
                Ok(Err(Ended(outcome))) => outcome,
                Err(_) => Outcome::Failed(Failure::Synthesis),
            }
        }
        () = extend(shared, lease) => Outcome::Lost,
    }
}

/// Extends the lease until that fails.
async fn extend(shared: &Shared, lease: &Lease) {
    let ttl = shared.settings.lease_ttl;
    loop {
        time::sleep(ttl / 3).await;
        if shared.engine.extend(lease.token, ttl).await.is_err() {
            return;
        }
    }
}

async fn produce(shared: &Shared, lease: &Lease, leased: Instant) -> Result<SegmentResult, Ended> {
    strike(shared, lease, Stage::QueueLease, Failure::Synthesis).await?;
    let mut times = StageTimes {
        queue_wait: lease.queue_wait + leased.elapsed(),
        ..StageTimes::default()
    };
    shared.metrics.observe_stage("queue", times.queue_wait);
    let key = content_key::of_segment(&lease.spec, &lease.text, lease.model_id);
    if lease.spec.cache == CacheUse::Allowed
        && let Some(cached) = look_up(shared, lease, &key, &mut times).await
    {
        return Ok(cached);
    }
    let spoken = timed(shared, "synth", &mut times.synth, synthesise(shared, lease)).await?;
    let encoded = timed(shared, "encode", &mut times.encode, encode(shared, lease, spoken)).await?;
    let stored = timed(
        shared,
        "store",
        &mut times.store,
        store(shared, lease, &key, encoded),
    )
    .await?;
    Ok(SegmentResult { times, ..stored })
}

/// Runs one stage and notes how long it took.
async fn timed<T>(
    shared: &Shared,
    stage: &'static str,
    time: &mut Duration,
    run: impl Future<Output = Result<T, Ended>>,
) -> Result<T, Ended> {
    let start = Instant::now();
    let made = run.await;
    *time = start.elapsed();
    shared.metrics.observe_stage(stage, *time);
    made
}

/// The cached audio, if it is there and sound. Only a hit costs a lookup: a miss costs the voice's time instead.
async fn look_up(shared: &Shared, lease: &Lease, key: &str, times: &mut StageTimes) -> Option<SegmentResult> {
    let start = Instant::now();
    let meta = shared.blobs.pin(&lease.job_id, key);
    shared.metrics.count_lookup(meta.is_some());
    let meta = meta?;
    time::sleep(shared.settings.cache_lookup).await;
    let samples = stored_audio::samples(&shared.blobs, key).await;
    let samples = samples.inspect_err(|error| tracing::warn!(key, %error, "could not look a segment up"));
    let samples = samples.ok().flatten()?;
    times.synth = start.elapsed();
    Some(SegmentResult {
        cache_key: key.to_owned(),
        size_bytes: meta.size_bytes,
        duration: audio::duration(samples),
        cached: true,
        times: *times,
    })
}

async fn synthesise(shared: &Shared, lease: &Lease) -> Result<(Pcm, Wholeness), Ended> {
    let effects = strike(shared, lease, Stage::Synth, Failure::Synthesis).await?;
    let model = lease.model_id;
    let cost = shared.settings.voice_cost.of(model, lease.text.chars().count());
    let started = Instant::now();
    let (text, spec) = (lease.text.clone(), lease.spec.clone());
    let pcm = on_a_thread(Failure::Synthesis, move || {
        voice::synthesise(&text, &spec.voice_id, model)
    })
    .await?;
    // The model says how long it takes altogether; what the CPU took is part of that.
    time::sleep_until(started + cost).await;
    let kept = effects.kept(pcm.samples().len());
    let pcm = if kept < pcm.samples().len() {
        Pcm::new(pcm.samples()[..kept].to_vec())
    } else {
        pcm
    };
    Ok((pcm, effects.wholeness()))
}

/// An encoded segment, and what faults have left of its bytes.
struct Left {
    encoded: Encoded,
    bytes: Bytes,
    wholeness: Wholeness,
}

async fn encode(shared: &Shared, lease: &Lease, (pcm, wholeness): (Pcm, Wholeness)) -> Result<Left, Ended> {
    let effects = strike(shared, lease, Stage::Encode, Failure::Encoding).await?;
    let encoded = on_a_thread(Failure::Encoding, move || audio::encode(&pcm)).await?;
    let encoded = encoded.map_err(|error| {
        tracing::warn!(job = %lease.job_id, segment = lease.segment_index, %error, "could not encode");
        Ended(Outcome::Failed(Failure::Encoding))
    })?;
    let bytes = effects.apply(encoded.bytes.clone()).await;
    Ok(Left {
        encoded,
        bytes,
        wholeness: wholeness.and(effects.wholeness()),
    })
}

async fn store(shared: &Shared, lease: &Lease, key: &str, left: Left) -> Result<SegmentResult, Ended> {
    let effects = strike(shared, lease, Stage::Store, Failure::Storing).await?;
    let (encoded, bytes) = (left.encoded, effects.apply(left.bytes).await);
    let key = match left.wholeness.and(effects.wholeness()) {
        Wholeness::Whole => key.to_owned(),
        Wholeness::Cut => content_key::of_cut(key, &bytes),
    };
    let size_bytes = bytes.len() as u64;
    let put = shared
        .blobs
        .put(&key, bytes, encoded.samples, Some(&lease.job_id))
        .await;
    put.map_err(|error| {
        tracing::error!(job = %lease.job_id, segment = lease.segment_index, %error, "could not store");
        Ended(Outcome::Failed(Failure::Storing))
    })?;
    Ok(SegmentResult {
        cache_key: key,
        size_bytes,
        duration: encoded.duration(),
        cached: false,
        times: StageTimes::default(),
    })
}

/// Keeps milliseconds of computing off the threads that answer requests.
async fn on_a_thread<T: Send + 'static>(
    failure: Failure,
    compute: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Ended> {
    tokio::task::spawn_blocking(compute)
        .await
        .map_err(|_| Ended(Outcome::Failed(failure)))
}

async fn strike(shared: &Shared, lease: &Lease, stage: Stage, failure: Failure) -> Result<Effects, Ended> {
    let site = FaultSite {
        stage,
        job: Some(&lease.spec),
        model_id: Some(lease.model_id),
        segment_index: Some(lease.segment_index),
        attempt: Some(lease.attempt),
    };
    match injection::strike(&*shared.engine, &site).await {
        Ok(effects) => Ok(effects),
        Err(Stopped::By(Interruption::Drop)) => Err(Ended(Outcome::Forgotten)),
        #[expect(clippy::panic, reason = "a crash fault kills the worker task for real")]
        Err(Stopped::By(Interruption::Crash)) => panic!("crash fault at stage {stage}"),
        Err(Stopped::By(Interruption::Error(_)) | Stopped::Engine(_)) => Err(Ended(Outcome::Failed(failure))),
    }
}
