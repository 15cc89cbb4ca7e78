//! The TOML form of a profile.

use std::{fmt, time::Duration};

use audio_load::Workload;
use load_engine::{
    load::{Load, Ramp, RampError, Spacing, Stage, Think},
    threshold::Threshold,
};
use serde::{Deserialize, Deserializer, de};

use super::{Abort, Fault, Phase, Problem, Scenario, leaks::Leaks};

/// Connections that the generator will open at most.
const MOST_USERS: f64 = 20_000.0;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    description: String,
    #[serde(default)]
    model: Model,
    start: f64,
    stages: Vec<StageLine>,
    #[serde(default)]
    think: Option<[Span; 2]>,
    #[serde(default)]
    spacing: Option<SpacingWord>,
    #[serde(default)]
    users: Option<u32>,
    #[serde(default)]
    backlog: Option<u32>,
    #[serde(default = "half_a_minute")]
    graceful: Span,
    #[serde(default = "half_a_minute")]
    request_timeout: Span,
    #[serde(default = "five_millis")]
    max_send_lag: Span,
    thresholds: Vec<String>,
    #[serde(default)]
    abort: Vec<AbortLine>,
    #[serde(default)]
    phases: Vec<PhaseLine>,
    #[serde(default)]
    server: Needs,
    #[serde(default)]
    bounds: Bounds,
    #[serde(default)]
    leaks: Option<Leaks>,
    #[serde(default)]
    faults: Vec<String>,
    workload: Workload,
}

#[derive(Deserialize, Default, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Model {
    #[default]
    Closed,
    Open,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum SpacingWord {
    Even,
    Poisson,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StageLine {
    lasts: Span,
    to: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AbortLine {
    threshold: String,
    after: Span,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PhaseLine {
    name: String,
    from: Span,
    to: Span,
}

/// What the server has to be like. A server of our own is started so; of a target of others what can be known is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::load) struct Needs {
    /// Jobs that may be active at once.
    pub(in crate::load) max_active_jobs: Option<u32>,
    /// Ended jobs that are kept.
    pub(in crate::load) retain_jobs: Option<u32>,
    /// How much audio is kept, as in `256MiB`.
    pub(in crate::load) cache_bytes: Option<String>,
    /// Workers.
    pub(in crate::load) workers: Option<u32>,
    /// What the voice costs: `default`, `fast` or `zero`.
    pub(in crate::load) voice_cost: Option<VoiceCost>,
}

/// What the voice costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::load) enum VoiceCost {
    Default,
    Fast,
    Zero,
}

impl fmt::Display for VoiceCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::Fast => "fast",
            Self::Zero => "zero",
        })
    }
}

/// What of a run is bounded beside its thresholds.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::load) struct Bounds {
    /// Whether answers of 5xx are part of the profile.
    pub(in crate::load) server_errors_expected: bool,
    /// Whether no connection may be lost, and none fail to open.
    pub(in crate::load) no_lost_connections: bool,
    /// The most submits, refused ones included, for each that is accepted.
    pub(in crate::load) requests_per_accepted_job: Option<f64>,
    /// The most that p95 may be after a spike, as a multiple of before.
    pub(in crate::load) recovery_ratio: Option<f64>,
}

/// A time with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::load) struct Span(pub(in crate::load) Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        humantime::parse_duration(&text).map(Self).map_err(|error| {
            de::Error::custom(format!(
                "{text:?} is no time ({error}); legal: as in \"500ms\", \"10s\" or \"2m\""
            ))
        })
    }
}

const fn half_a_minute() -> Span {
    Span(Duration::from_secs(30))
}

const fn five_millis() -> Span {
    Span(Duration::from_millis(5))
}

pub(super) fn parse(text: &str) -> Result<Scenario, Problem> {
    let file: File = toml::from_str(text).map_err(|error| Problem::Toml(one_line(&error)))?;
    file.workload.check()?;
    if file.thresholds.is_empty() {
        return Err(Problem::Value {
            key: "thresholds",
            given: "[]".to_owned(),
            legal: "one threshold or more: without any, nothing can fail",
        });
    }
    let stages: Vec<(Duration, f64)> = file
        .stages
        .iter()
        .map(|stage| (stage.lasts.0, stage.to))
        .collect();
    let think = file
        .think
        .map_or((Duration::ZERO, Duration::ZERO), |[least, most]| {
            (least.0, most.0)
        });
    Ok(Scenario {
        load: file.load(&stages, think)?,
        thresholds: thresholds("thresholds", &file.thresholds)?,
        aborts: file.abort.iter().map(AbortLine::read).collect::<Result<_, _>>()?,
        phases: file
            .phases
            .into_iter()
            .map(PhaseLine::read)
            .collect::<Result<_, _>>()?,
        faults: file
            .faults
            .iter()
            .map(|rule| fault(rule))
            .collect::<Result<_, _>>()?,
        name: name(file.name)?,
        description: file.description,
        start: file.start,
        stages,
        think,
        graceful: file.graceful.0,
        request_timeout: file.request_timeout.0,
        max_send_lag: file.max_send_lag.0,
        workload: file.workload,
        needs: file.server,
        bounds: file.bounds,
        leaks: file.leaks.map(Leaks::check).transpose()?,
    })
}

/// The message of a TOML error in one line, with the line and the key that it points at.
fn one_line(error: &toml::de::Error) -> String {
    let shown = error.to_string();
    let lines: Vec<&str> = shown
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    lines.join(" ")
}

/// It becomes part of file names.
fn name(given: String) -> Result<String, Problem> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if given.is_empty() || given.len() > 60 || !given.chars().all(is_plain) {
        return Err(Problem::Value {
            key: "name",
            given: format!("{given:?}"),
            legal: "1 to 60 letters, digits, - and _",
        });
    }
    Ok(given)
}

pub(super) fn ramp(start: f64, stages: &[(Duration, f64)]) -> Result<Ramp, RampError> {
    let stages: Vec<Stage> = stages.iter().map(|(lasts, to)| Stage::new(*lasts, *to)).collect();
    Ramp::new(start, &stages)
}

impl File {
    fn load(&self, stages: &[(Duration, f64)], (least, most): (Duration, Duration)) -> Result<Load, Problem> {
        let ramp = ramp(self.start, stages)?;
        let only_open = [
            ("users", self.users.is_some()),
            ("backlog", self.backlog.is_some()),
            ("spacing", self.spacing.is_some()),
        ];
        match self.model {
            Model::Closed => {
                if let Some((key, _)) = only_open.into_iter().find(|(_, given)| *given) {
                    return Err(Problem::Value {
                        key,
                        given: "given".to_owned(),
                        legal: "only with model = \"open\"",
                    });
                }
                if ramp.highest() > MOST_USERS {
                    return Err(Problem::Value {
                        key: "stages",
                        given: format!("up to {} users", ramp.highest()),
                        legal: "at most 20000 users",
                    });
                }
                Ok(Load::Closed {
                    users: ramp,
                    think: Think::between(least, most),
                })
            }
            Model::Open => {
                if self.think.is_some() {
                    return Err(Problem::Value {
                        key: "think",
                        given: "given".to_owned(),
                        legal: "only with model = \"closed\"",
                    });
                }
                let users = self.users.filter(|users| (1..=20_000).contains(users));
                let users = users.ok_or_else(|| Problem::Value {
                    key: "users",
                    given: self
                        .users
                        .map_or_else(|| "missing".to_owned(), |users| users.to_string()),
                    legal: "with model = \"open\", the number of connections, 1 to 20000",
                })?;
                Ok(Load::Open {
                    rate: ramp,
                    spacing: match self.spacing {
                        Some(SpacingWord::Poisson) => Spacing::Poisson,
                        _ => Spacing::Even,
                    },
                    users: users as usize,
                    backlog: self.backlog.unwrap_or(10_000) as usize,
                })
            }
        }
    }
}

fn thresholds(key: &'static str, texts: &[String]) -> Result<Vec<Threshold>, Problem> {
    let parsed = texts
        .iter()
        .map(|text| text.parse().map_err(|source| Problem::Threshold { key, source }));
    parsed.collect()
}

impl AbortLine {
    fn read(&self) -> Result<Abort, Problem> {
        Ok(Abort {
            threshold: self.threshold.parse().map_err(|source| Problem::Threshold {
                key: "abort.threshold",
                source,
            })?,
            after: self.after.0,
        })
    }
}

impl PhaseLine {
    fn read(self) -> Result<Phase, Problem> {
        if self.from.0 >= self.to.0 {
            return Err(Problem::Value {
                key: "phases.to",
                given: format!("{:?}, not after {:?}", self.to.0, self.from.0),
                legal: "a time after phases.from",
            });
        }
        Ok(Phase {
            name: self.name,
            from: self.from.0,
            to: self.to.0,
        })
    }
}

fn fault(rule: &str) -> Result<Fault, Problem> {
    rule.parse().map_err(|error| Problem::Value {
        key: "faults",
        given: format!("{rule:?} ({error})"),
        legal: "fault rules, as in \"synth:error=500,p=0.2\"",
    })
}
