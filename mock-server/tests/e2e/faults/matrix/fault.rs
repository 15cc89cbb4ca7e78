//! The kinds of faults, what each looks like in a rule, and where it is refused.

use audio_api::fault::{Kind, Sleep, Stage};
use serde_json::{Value, json};

/// A fixed sleep, beyond what anything here takes by itself.
pub(super) const SLEEP_MS: f64 = 400.0;
/// The median of a drawn sleep. With a sigma of 0.1 none is drawn that is shorter than `MEDIAN_MS × e^(-0.1 × 8.6)`.
const MEDIAN_MS: f64 = 300.0;
pub(super) const LEAST_DRAWN_MS: f64 = 120.0;
/// What a leak takes; in a tenth of a second that stands out from what a job takes.
pub(super) const LEAK_BYTES_PER_S: f64 = 300e6;

/// A kind of fault; a sleep is tested in both of its forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    Sleep,
    DrawnSleep,
    Error,
    Stall,
    Drop,
    Truncate,
    BytesPerS,
    Crash,
    Leak,
}

impl Fault {
    /// The kind that it is. Without a wildcard, so that a new kind cannot be forgotten here.
    pub(super) const fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Sleep(Sleep::Fixed(_)) => Self::Sleep,
            Kind::Sleep(Sleep::LogNormal { .. }) => Self::DrawnSleep,
            Kind::Error { .. } => Self::Error,
            Kind::Stall => Self::Stall,
            Kind::Drop => Self::Drop,
            Kind::Truncate(_) => Self::Truncate,
            Kind::BytesPerS(_) => Self::BytesPerS,
            Kind::Crash => Self::Crash,
            Kind::LeakBytesPerS(_) => Self::Leak,
        }
    }

    /// The `kind` of a rule at `stage`.
    pub(super) fn wire(self, stage: Stage) -> Value {
        match self {
            Self::Sleep => json!({ "sleep_ms": SLEEP_MS }),
            Self::DrawnSleep => json!({"sleep_ms": {"lognormal": [MEDIAN_MS, 0.1]}}),
            Self::Error if stage.has_answer() => json!({"error": 503, "retry_after_s": 7}),
            Self::Error => json!({"error": 503}),
            Self::Stall => json!({"stall": true}),
            Self::Drop => json!({"drop": true}),
            Self::Truncate => json!({"truncate": 0.5}),
            Self::BytesPerS => json!({"bytes_per_s": rate(stage)}),
            Self::Crash => json!({"crash": true}),
            Self::Leak => json!({ "leak_bytes_per_s": LEAK_BYTES_PER_S as u64 }),
        }
    }

    /// What a rule of this kind at `stage` is refused with; `None` where it is legal.
    pub(super) fn refused_at(self, stage: Stage) -> Option<String> {
        let member = match (self, stage) {
            // No bytes pass while a segment is leased, before a merge, or in the worker itself.
            (Self::Truncate, Stage::QueueLease | Stage::MergeLock | Stage::Worker) => "kind.truncate",
            // A voice makes samples, not bytes; how fast it makes them is a sleep's.
            (Self::BytesPerS, Stage::QueueLease | Stage::MergeLock | Stage::Worker | Stage::Synth) => {
                "kind.bytes_per_s"
            }
            _ => return None,
        };
        Some(format!(
            "{member} means nothing at stage {stage}: the rule could never fire"
        ))
    }
}

/// Bytes a second that make what passes at `stage` take some tenths of a second.
pub(super) const fn rate(stage: Stage) -> u64 {
    match stage {
        Stage::HttpCancel => 200,
        Stage::HttpSubmit | Stage::HttpJob | Stage::HttpPlaylist | Stage::HttpStatus => 2_000,
        _ => 40_000,
    }
}
