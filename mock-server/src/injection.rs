//! Carrying out the faults that an engine decided on.
//!
//! Waiting is asynchronous and ends when the rule goes away. What cannot be carried out in general (an answer, a closed
//! connection, a forgotten lease) is handed to the stage as an [`Interruption`].

use std::time::Duration;

use audio_api::fault::{Kind, Stage};
use bytes::Bytes;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use crate::engine::{Engine, EngineError, FaultSite, Strike};

/// How much all leak faults together may leak, so that a forgotten rule does not take the machine down.
const MAX_LEAKED_BYTES: u64 = 4 << 30;

/// What a fault does to the bytes that pass its stage.
#[derive(Debug, Clone, Default)]
pub(crate) struct Effects {
    /// The share of the bytes to keep.
    pub(crate) truncate: Option<f64>,
    /// The rate at which to let them through, in bytes a second, until the token is cancelled.
    pub(crate) rate: Option<(u64, CancellationToken)>,
}

/// A fault that ends what the stage was doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// Fails, with this answer where there is one to give.
    Error(InjectedError),
    /// Goes away without a word.
    Drop,
    /// Dies.
    Crash,
}

/// What an error fault answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InjectedError {
    /// The HTTP status.
    pub(crate) status: u16,
    /// For `Retry-After`, in seconds.
    pub(crate) retry_after_s: Option<u32>,
    /// The rule.
    pub(crate) rule_id: String,
    /// Which of the arrivals that the rule matched this is, from 1.
    pub(crate) arrival: u64,
}

/// Why a stage did not go on.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// A fault says so.
    By(Interruption),
    /// The engine could not be asked.
    Engine(EngineError),
}

/// Asks which faults strike here and carries them out.
///
/// # Errors
/// [`Stopped`] when a fault ends what the stage was doing.
pub(crate) async fn strike(engine: &dyn Engine, site: &FaultSite<'_>) -> Result<Effects, Stopped> {
    if !engine.has_faults(site.stage) {
        return Ok(Effects::default());
    }
    let strikes = engine.strike(site).await.map_err(Stopped::Engine)?;
    let mut effects = Effects::default();
    for strike in &strikes {
        let (rule, arrival, kind) = (&strike.rule_id, strike.arrival, strike.kind.as_str());
        tracing::info!(stage = %site.stage, rule, arrival, kind, "fault fired");
        carry_out(strike, site.stage, &mut effects)
            .await
            .map_err(Stopped::By)?;
    }
    Ok(effects)
}

async fn carry_out(strike: &Strike, stage: Stage, effects: &mut Effects) -> Result<(), Interruption> {
    match strike.kind {
        Kind::Sleep(_) => wait(strike.sleep, &strike.released).await,
        Kind::Stall => strike.released.cancelled().await,
        Kind::Truncate(share) => effects.truncate = Some(share.min(effects.truncate.unwrap_or(1.0))),
        Kind::BytesPerS(rate) => effects.rate = Some((rate, strike.released.clone())),
        Kind::LeakBytesPerS(_) => leak(strike.leak_bytes),
        Kind::Error {
            status,
            retry_after_s,
        } => {
            return Err(Interruption::Error(InjectedError {
                status,
                retry_after_s,
                rule_id: strike.rule_id.clone(),
                arrival: strike.arrival,
            }));
        }
        Kind::Drop => return Err(Interruption::Drop),
        Kind::Crash if stage.has_answer() => {
            tracing::error!(stage = %stage, rule = strike.rule_id, "crash fault: the process ends");
            std::process::abort();
        }
        Kind::Crash => return Err(Interruption::Crash),
    }
    Ok(())
}

async fn wait(time: Duration, released: &CancellationToken) {
    let _ = tokio::time::timeout(time, released.cancelled()).await;
}

/// Takes memory and never gives it back, not even when the rule is removed: what has leaked stays until the process ends.
fn leak(bytes: u64) {
    static LEAKED: Mutex<Leaked> = Mutex::new(Leaked {
        bytes: 0,
        chunks: Vec::new(),
    });
    LEAKED.lock().add(bytes);
}

/// Memory in chunks that are filled bit by bit: thousands of little leaks a second take as many pages as one large one,
/// where little allocations would first use up what the allocator holds in reserve.
struct Leaked {
    bytes: u64,
    chunks: Vec<Vec<u8>>,
}

impl Leaked {
    const CHUNK_BYTES: usize = 1 << 20;

    fn add(&mut self, bytes: u64) {
        let bytes = bytes.min(MAX_LEAKED_BYTES - self.bytes);
        self.bytes += bytes;
        let mut left = usize::try_from(bytes).unwrap_or_default();
        while left > 0 {
            if self
                .chunks
                .last()
                .is_none_or(|chunk| chunk.len() == Self::CHUNK_BYTES)
            {
                self.chunks.push(Vec::with_capacity(Self::CHUNK_BYTES));
            }
            let Some(chunk) = self.chunks.last_mut() else {
                return;
            };
            let some = left.min(Self::CHUNK_BYTES - chunk.len());
            // Written, so that the pages are really taken.
            chunk.resize(chunk.len() + some, 0xA5);
            left -= some;
        }
    }
}

/// Whether a fault has cut what passed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wholeness {
    /// None has.
    Whole,
    /// One has: what is left must not be taken for what it should be once the rule is gone.
    Cut,
}

impl Wholeness {
    /// The wholeness of what has passed two stages.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        if self == Self::Whole { other } else { self }
    }
}

impl Effects {
    /// What becomes of that which passes.
    #[must_use]
    pub(crate) const fn wholeness(&self) -> Wholeness {
        if self.truncate.is_some() {
            Wholeness::Cut
        } else {
            Wholeness::Whole
        }
    }

    /// How many of `len` bytes or samples are kept.
    #[must_use]
    pub(crate) fn kept(&self, len: usize) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share below 1 of a length is a length"
        )]
        self.truncate.map_or(len, |share| (len as f64 * share) as usize)
    }

    /// Cuts and slows bytes that are about to be written.
    pub(crate) async fn apply(&self, bytes: Bytes) -> Bytes {
        let bytes = bytes.slice(..self.kept(bytes.len()));
        if let Some((rate, released)) = &self.rate {
            #[expect(clippy::cast_precision_loss, reason = "a time for waiting")]
            wait(
                Duration::from_secs_f64(bytes.len() as f64 / *rate as f64),
                released,
            )
            .await;
        }
        bytes
    }
}
