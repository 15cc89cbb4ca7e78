//! What a fault does.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{RuleError, Stage, object::object};

/// The longest sleep, and the longest median of a drawn one.
const MAX_SLEEP_MS: u64 = 3_600_000;

/// What a fault does where it strikes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub enum Kind {
    /// Waits, asynchronously, then goes on.
    Sleep(Sleep),
    /// Answers with this status, or fails the attempt.
    Error {
        /// 400 to 599.
        status: u16,
        /// The `Retry-After` of the answer, in seconds; only where there is one: at `http.*` and `merge.*` stages.
        retry_after_s: Option<u32>,
    },
    /// Waits until the rule is removed, expires, or the client or the job goes away.
    Stall,
    /// Closes the connection without an answer, or forgets the lease without reporting.
    Drop,
    /// Keeps only this share of the bytes, 0 to 1 (1 excluded).
    Truncate(f64),
    /// Lets bytes through at this rate.
    BytesPerS(u64),
    /// Kills the worker task, or at `http.*` and `merge.*` stages the whole process.
    Crash,
    /// Leaks memory at this rate for as long as the rule stands, counted from one strike to the next.
    LeakBytesPerS(u64),
}

/// How long a sleep lasts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sleep {
    /// Always this long.
    Fixed(Duration),
    /// Drawn from a log-normal distribution.
    LogNormal {
        /// Its median.
        median: Duration,
        /// The standard deviation of its logarithm.
        sigma: f64,
    },
}

impl Kind {
    /// The wire name of the kind.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Sleep(_) => "sleep_ms",
            Self::Error { .. } => "error",
            Self::Stall => "stall",
            Self::Drop => "drop",
            Self::Truncate(_) => "truncate",
            Self::BytesPerS(_) => "bytes_per_s",
            Self::Crash => "crash",
            Self::LeakBytesPerS(_) => "leak_bytes_per_s",
        }
    }

    /// Whether what the stage was doing ends with this, so that no other rule gets to strike behind it.
    #[must_use]
    pub const fn ends_the_stage(&self) -> bool {
        matches!(self, Self::Error { .. } | Self::Drop | Self::Crash)
    }

    /// Refuses a kind that cannot do anything, or cannot do it at `stage`.
    pub(super) fn check(&self, stage: Stage) -> Result<(), RuleError> {
        let value = |field, given: String, legal| Err(RuleError::Value { field, given, legal });
        match *self {
            Self::Sleep(Sleep::Fixed(sleep)) => check_sleep(sleep)?,
            Self::Sleep(Sleep::LogNormal { median, sigma }) => {
                check_sleep(median)?;
                if !(sigma > 0.0 && sigma <= 3.0) {
                    return value(
                        "kind.sleep_ms.lognormal",
                        sigma.to_string(),
                        "a sigma above 0, at most 3",
                    );
                }
            }
            Self::Error {
                status,
                retry_after_s,
            } => {
                if !(400..=599).contains(&status) {
                    return value("kind.error", status.to_string(), "400 to 599");
                }
                if retry_after_s.is_some() && !stage.has_answer() {
                    return Err(RuleError::NotHere {
                        what: "kind.retry_after_s",
                        stage,
                    });
                }
            }
            Self::Truncate(share) if !(0.0..1.0).contains(&share) => {
                return value("kind.truncate", share.to_string(), "0 up to, not including, 1");
            }
            Self::BytesPerS(0) => return value("kind.bytes_per_s", "0".to_owned(), "1 or more"),
            Self::LeakBytesPerS(rate) if rate == 0 || rate > 1 << 30 => {
                return value("kind.leak_bytes_per_s", rate.to_string(), "1 to 1073741824");
            }
            _ => {}
        }
        let needs_bytes = matches!(self, Self::Truncate(_) | Self::BytesPerS(_));
        let pcm_rate = matches!((self, stage), (Self::BytesPerS(_), Stage::Synth));
        if pcm_rate || (needs_bytes && !stage.has_bytes()) {
            let what = if matches!(self, Self::Truncate(_)) {
                "kind.truncate"
            } else {
                "kind.bytes_per_s"
            };
            return Err(RuleError::NotHere { what, stage });
        }
        Ok(())
    }
}

fn check_sleep(sleep: Duration) -> Result<(), RuleError> {
    let legal = Duration::from_micros(1)..=Duration::from_millis(MAX_SLEEP_MS);
    if legal.contains(&sleep) {
        return Ok(());
    }
    let given = format!("{} ms", sleep.as_secs_f64() * 1e3);
    Err(RuleError::Value {
        field: "kind.sleep_ms",
        given,
        legal: "0.001 to 3600000 ms",
    })
}

/// A kind as it is written: one member names it.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sleep_ms: Option<WireSleep>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after_s: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stall: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drop: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    truncate: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bytes_per_s: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crash: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    leak_bytes_per_s: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum WireSleep {
    Fixed(f64),
    Drawn(#[serde(deserialize_with = "object")] Drawn),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Drawn {
    lognormal: [f64; 2],
}

/// Milliseconds as a duration; what a duration cannot hold becomes zero, which [`check_sleep`] refuses.
pub(super) fn from_ms(ms: f64) -> Duration {
    Duration::try_from_secs_f64(ms / 1e3).unwrap_or_default()
}

fn to_ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

impl TryFrom<Wire> for Kind {
    type Error = RuleError;

    fn try_from(wire: Wire) -> Result<Self, RuleError> {
        let flag = |name: &'static str, given: Option<bool>, kind: Self| match given {
            None => Ok(None),
            Some(true) => Ok(Some(kind)),
            Some(false) => Err(RuleError::Value {
                field: name,
                given: "false".to_owned(),
                legal: "true",
            }),
        };
        let named = [
            wire.sleep_ms.map(|sleep| {
                Self::Sleep(match sleep {
                    WireSleep::Fixed(ms) => Sleep::Fixed(from_ms(ms)),
                    WireSleep::Drawn(Drawn {
                        lognormal: [median, sigma],
                    }) => Sleep::LogNormal {
                        median: from_ms(median),
                        sigma,
                    },
                })
            }),
            wire.error.map(|status| Self::Error {
                status,
                retry_after_s: wire.retry_after_s,
            }),
            flag("kind.stall", wire.stall, Self::Stall)?,
            flag("kind.drop", wire.drop, Self::Drop)?,
            wire.truncate.map(Self::Truncate),
            wire.bytes_per_s.map(Self::BytesPerS),
            flag("kind.crash", wire.crash, Self::Crash)?,
            wire.leak_bytes_per_s.map(Self::LeakBytesPerS),
        ];
        let mut kinds = named.into_iter().flatten();
        match (kinds.next(), kinds.next()) {
            (Some(kind), None) if wire.retry_after_s.is_none() || matches!(kind, Self::Error { .. }) => {
                Ok(kind)
            }
            (Some(_), None) => Err(RuleError::RetryAfterWithoutError),
            _ => Err(RuleError::OneKind),
        }
    }
}

impl From<Kind> for Wire {
    fn from(kind: Kind) -> Self {
        let mut wire = Self::default();
        match kind {
            Kind::Sleep(Sleep::Fixed(sleep)) => wire.sleep_ms = Some(WireSleep::Fixed(to_ms(sleep))),
            Kind::Sleep(Sleep::LogNormal { median, sigma }) => {
                wire.sleep_ms = Some(WireSleep::Drawn(Drawn {
                    lognormal: [to_ms(median), sigma],
                }));
            }
            Kind::Error {
                status,
                retry_after_s,
            } => {
                wire.error = Some(status);
                wire.retry_after_s = retry_after_s;
            }
            Kind::Stall => wire.stall = Some(true),
            Kind::Drop => wire.drop = Some(true),
            Kind::Truncate(share) => wire.truncate = Some(share),
            Kind::BytesPerS(rate) => wire.bytes_per_s = Some(rate),
            Kind::Crash => wire.crash = Some(true),
            Kind::LeakBytesPerS(rate) => wire.leak_bytes_per_s = Some(rate),
        }
        wire
    }
}
