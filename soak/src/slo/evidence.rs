//! What a stored result says, of whatever kind it is: the figures that objectives are about, and nothing made up for those that it
//! does not say.

use std::collections::BTreeMap;

use serde_json::Value;

/// The version of results that is known here, of either kind.
const VERSION: u64 = 1;

/// What a result says.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Evidence {
    /// `soak load` or `soak run`.
    pub(super) kind: &'static str,
    /// What the run ended with.
    pub(super) exit_code: u64,
    /// How long load was offered, in seconds.
    pub(super) lasted_s: Option<f64>,
    /// 95th percentiles by what was asked, in milliseconds.
    pub(super) requests_p95_ms: BTreeMap<String, f64>,
    /// Requests that succeeded or failed; told to come again is neither.
    pub(super) requests: Option<Share>,
    /// Jobs likewise; nothing when none was submitted.
    pub(super) jobs: Option<Share>,
    /// Times of whole jobs, by name.
    pub(super) times: BTreeMap<String, JobTimes>,
    /// Segments that failed for good, and jobs that were submitted, from the first status snapshot to the last.
    pub(super) dead_letters: Option<f64>,
    pub(super) submitted: Option<f64>,
    /// The run, span by span.
    pub(super) spans: Vec<Span>,
}

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Share {
    pub(super) failed: f64,
    pub(super) of: f64,
}

/// Two quantiles, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct JobTimes {
    pub(super) p50_ms: f64,
    pub(super) p95_ms: f64,
}

/// A span of the run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub(super) lasts_s: f64,
    pub(super) requests: Share,
    /// Where the result has it for each span.
    pub(super) p95_ms: Option<f64>,
    /// Whether it was bad for another reason: an invariant that did not hold.
    pub(super) broken: bool,
}

/// Why a text is no result.
#[derive(Debug, thiserror::Error)]
pub(super) enum EvidenceError {
    #[error("it is no JSON")]
    NoJson(#[from] serde_json::Error),
    #[error("it is no result of `soak load` or `soak run`")]
    Kind,
    #[error("schema_version is {0}; legal is {VERSION}")]
    Version(Value),
    #[error("{key} is {found}; legal is {legal}")]
    Field {
        key: String,
        found: String,
        legal: &'static str,
    },
}

impl Share {
    /// The share that succeeded, 0 to 1; nothing of nothing.
    pub(super) fn success(self) -> Option<f64> {
        (self.of > 0.0).then(|| 1.0 - self.failed / self.of)
    }
}

impl Evidence {
    /// Reads a result's text.
    pub(super) fn parse(text: &str) -> Result<Self, EvidenceError> {
        let document: Value = serde_json::from_str(text)?;
        let has = |fields: &[&str]| fields.iter().all(|field| document.get(field).is_some());
        let read: fn(&Value) -> Result<Self, EvidenceError> =
            if has(&["profile", "steps", "trends", "timeline"]) {
                of_load
            } else if has(&["cycles", "windows", "histograms", "tally"]) {
                of_soak
            } else {
                return Err(EvidenceError::Kind);
            };
        match document.get("schema_version") {
            Some(version) if version.as_u64() == Some(VERSION) => read(&document),
            other => Err(EvidenceError::Version(other.cloned().unwrap_or(Value::Null))),
        }
    }

    /// What both kinds say in the same way.
    fn common(document: &Value, kind: &'static str) -> Result<Self, EvidenceError> {
        let counter = |name: &str| {
            let at = |side: &str| {
                document
                    .pointer(&format!("/{side}{name}"))
                    .and_then(Value::as_f64)
            };
            // A counter that fell is of a server that was started anew.
            Some(at("status_end")? - at("status_start")?).filter(|grown| *grown >= 0.0)
        };
        Ok(Self {
            kind,
            exit_code: number(document, "/exit_code")? as u64,
            dead_letters: counter("/dead_letters"),
            submitted: counter("/jobs/submitted"),
            ..Self::default()
        })
    }
}

fn of_load(document: &Value) -> Result<Evidence, EvidenceError> {
    let mut evidence = Evidence::common(document, "soak load")?;
    evidence.lasted_s = optional(document, "/lasted_s")?;
    let mut requests = Share { failed: 0.0, of: 0.0 };
    for step in list(document, "/steps")? {
        if step.get("composite") == Some(&Value::Bool(true)) {
            continue;
        }
        let share = Share {
            failed: number(step, "/failed")?,
            of: number(step, "/requests")? - number(step, "/rate_limited")?,
        };
        requests.failed += share.failed;
        requests.of += share.of;
        if let Some(p95_ms) = optional(step, "/response/p95_ms")? {
            evidence.requests_p95_ms.insert(text(step, "/step")?, p95_ms);
        }
    }
    evidence.requests = Some(requests);
    for check in list(document, "/checks")? {
        if text(check, "/check")? == "job_complete" {
            let (passed, failed) = (number(check, "/passed")?, number(check, "/failed")?);
            evidence.jobs = Some(Share {
                failed,
                of: passed + failed,
            });
        }
    }
    for trend in list(document, "/trends")? {
        if !trend.pointer("/times").is_none_or(Value::is_null) {
            let times = JobTimes {
                p50_ms: number(trend, "/times/p50_ms")?,
                p95_ms: number(trend, "/times/p95_ms")?,
            };
            evidence.times.insert(text(trend, "/trend")?, times);
        }
    }
    for point in list(document, "/timeline/load")? {
        evidence.spans.push(Span {
            lasts_s: number(point, "/lasts_s")?,
            requests: Share {
                failed: number(point, "/failed")?,
                of: number(point, "/requests")? - number(point, "/rate_limited")?,
            },
            p95_ms: optional(point, "/p95_ms")?,
            broken: false,
        });
    }
    Ok(evidence)
}

fn of_soak(document: &Value) -> Result<Evidence, EvidenceError> {
    let mut evidence = Evidence::common(document, "soak run")?;
    evidence.lasted_s = Some(number(document, "/duration_seconds")?);
    for histogram in list(document, "/histograms")? {
        let name = text(histogram, "/name")?;
        let times = JobTimes {
            p50_ms: number(histogram, "/p50_ms")?,
            p95_ms: number(histogram, "/p95_ms")?,
        };
        if name.starts_with("submit_to_") {
            evidence.times.insert(name, times);
        } else {
            evidence.requests_p95_ms.insert(name, times.p95_ms);
        }
    }
    // Its operations are requests and jobs together: each of both holds when all of them do.
    let operations = |of: &Value| -> Result<Share, EvidenceError> {
        Ok(Share {
            failed: number(of, "/tally/errors")?,
            of: number(of, "/tally/operations")?,
        })
    };
    evidence.requests = Some(operations(document)?);
    evidence.jobs = evidence.requests;
    for window in list(document, "/windows")? {
        evidence.spans.push(Span {
            lasts_s: number(window, "/to_seconds")? - number(window, "/from_seconds")?,
            requests: operations(window)?,
            p95_ms: None,
            broken: !list(window, "/broken")?.is_empty(),
        });
    }
    Ok(evidence)
}

fn wrong(key: &str, found: Option<&Value>, legal: &'static str) -> EvidenceError {
    EvidenceError::Field {
        key: key.trim_start_matches('/').replace('/', "."),
        found: found.map_or_else(|| "missing".to_owned(), ToString::to_string),
        legal,
    }
}

fn number(document: &Value, pointer: &str) -> Result<f64, EvidenceError> {
    let found = document.pointer(pointer);
    let legal = found.and_then(Value::as_f64).filter(|number| *number >= 0.0);
    legal.ok_or_else(|| wrong(pointer, found, "a number from 0"))
}

/// A number, or null for one that is not known.
fn optional(document: &Value, pointer: &str) -> Result<Option<f64>, EvidenceError> {
    match document.pointer(pointer) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => number(document, pointer).map(Some),
    }
}

fn text(document: &Value, pointer: &str) -> Result<String, EvidenceError> {
    let found = document.pointer(pointer);
    let legal = found.and_then(Value::as_str).map(ToOwned::to_owned);
    legal.ok_or_else(|| wrong(pointer, found, "a text"))
}

fn list<'v>(document: &'v Value, pointer: &str) -> Result<&'v [Value], EvidenceError> {
    let found = document.pointer(pointer);
    let legal = found.and_then(Value::as_array).map(Vec::as_slice);
    legal.ok_or_else(|| wrong(pointer, found, "a list"))
}
