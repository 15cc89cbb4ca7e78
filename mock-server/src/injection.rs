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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// Fails, with this status where there is an answer to give.
    Error {
        /// The HTTP status.
        status: u16,
        /// For `Retry-After`, in seconds.
        retry_after_s: Option<u32>,
    },
    /// Goes away without a word.
    Drop,
    /// Dies.
    Crash,
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
        tracing::info!(stage = %site.stage, rule = strike.rule_id, kind = strike.kind.as_str(), "fault fired");
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
            return Err(Interruption::Error {
                status,
                retry_after_s,
            });
        }
        Kind::Drop => return Err(Interruption::Drop),
        Kind::Crash if crashes_the_process(stage) => {
            tracing::error!(stage = %stage, rule = strike.rule_id, "crash fault: the process ends");
            std::process::abort();
        }
        Kind::Crash => return Err(Interruption::Crash),
    }
    Ok(())
}

/// Where no worker task is at hand, a crash is the process's.
const fn crashes_the_process(stage: Stage) -> bool {
    stage.is_http() || matches!(stage, Stage::MergeLock | Stage::MergeWrite)
}

async fn wait(time: Duration, released: &CancellationToken) {
    let _ = tokio::time::timeout(time, released.cancelled()).await;
}

/// Takes memory and never gives it back.
fn leak(bytes: u64) {
    static LEAKED: Mutex<(u64, Vec<Box<[u8]>>)> = Mutex::new((0, Vec::new()));
    let mut leaked = LEAKED.lock();
    let bytes = bytes.min(MAX_LEAKED_BYTES - leaked.0);
    if let Ok(len) = usize::try_from(bytes) {
        leaked.0 += bytes;
        // Written, so that the pages are really taken.
        leaked.1.push(vec![0xA5; len].into_boxed_slice());
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
