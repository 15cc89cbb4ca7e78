//! The baseline file in our own shape.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Baseline, LoadError, Provenance, Recorded, SCHEMA_VERSION, Shape, TimedTest};
use crate::{
    cache::CacheState,
    limits::{AddSeconds, LimitOverrides, Multiplier},
    samples::Samples,
    seconds::ValueError,
    stages::StageTimes,
};

/// The file as it stands: plain numbers, so that an illegal one can be named by its path.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema_version: u32,
    provenance: Provenance,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limits: Option<FileLimits>,
    tests: BTreeMap<String, FileTest>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limits: Option<FileLimits>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cold: Option<FileState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    warm: Option<FileState>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileState {
    samples_s: Vec<f64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    stages_ms: BTreeMap<String, f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limits: Option<FileLimits>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileLimits {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    multiplier: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    add_seconds: Option<f64>,
}

pub(super) fn parse(text: &str) -> Result<Baseline, LoadError> {
    let file: File = serde_json::from_str(text)?;
    if file.tests.is_empty() {
        return Err(LoadError::NoTests);
    }
    if file.provenance.runs == 0 {
        return Err(ValueError::new("provenance.runs", 0, "1 or more").into());
    }
    let tests = file.tests.into_iter().map(|(name, test)| {
        let test = read_test(&name, test)?;
        Ok((name, test))
    });
    Ok(Baseline {
        shape: Shape::Own,
        provenance: Some(file.provenance),
        limits: read_limits("limits", file.limits)?,
        tests: tests.collect::<Result<_, LoadError>>()?,
    })
}

fn read_test(name: &str, test: FileTest) -> Result<TimedTest, LoadError> {
    let path = format!("tests.{name}");
    if name.trim().is_empty() {
        return Err(ValueError::new("tests", "a test without a name", "a name that is not empty").into());
    }
    let mut states = BTreeMap::new();
    for (cache, state) in [(CacheState::Cold, test.cold), (CacheState::Warm, test.warm)] {
        if let Some(state) = state {
            states.insert(cache, read_state(&format!("{path}.{cache}"), state)?);
        }
    }
    if states.is_empty() {
        return Err(ValueError::new(&path, "without samples", "cold, warm or both").into());
    }
    Ok(TimedTest {
        limits: read_limits(&format!("{path}.limits"), test.limits)?,
        states,
    })
}

fn read_state(path: &str, state: FileState) -> Result<Recorded, LoadError> {
    let samples = Samples::from_f64s(&format!("{path}.samples_s"), &state.samples_s)?;
    let stages = StageTimes::try_from(state.stages_ms).map_err(|e| {
        let field = format!("{path}.stages_ms.{}", e.field);
        e.under(field)
    })?;
    Ok(Recorded {
        samples,
        stages,
        limits: read_limits(&format!("{path}.limits"), state.limits)?,
    })
}

fn read_limits(path: &str, limits: Option<FileLimits>) -> Result<LimitOverrides, LoadError> {
    let Some(limits) = limits else {
        return Ok(LimitOverrides::NONE);
    };
    let under = |e: ValueError| {
        let field = format!("{path}.{}", e.field);
        e.under(field)
    };
    Ok(LimitOverrides {
        multiplier: limits
            .multiplier
            .map(Multiplier::new)
            .transpose()
            .map_err(under)?,
        add_seconds: limits
            .add_seconds
            .map(AddSeconds::new)
            .transpose()
            .map_err(under)?,
    })
}

pub(super) fn render(baseline: &Baseline) -> Result<String, LoadError> {
    let provenance = baseline.provenance.clone().ok_or(LoadError::NoProvenance)?;
    if baseline.tests.is_empty() {
        return Err(LoadError::NoTests);
    }
    let tests = baseline
        .tests
        .iter()
        .map(|(name, test)| (name.clone(), write_test(test)));
    let file = File {
        schema_version: SCHEMA_VERSION,
        provenance,
        limits: write_limits(baseline.limits),
        tests: tests.collect(),
    };
    Ok(serde_json::to_string_pretty(&file)? + "\n")
}

fn write_test(test: &TimedTest) -> FileTest {
    let state = |cache| test.states.get(&cache).map(write_state);
    FileTest {
        limits: write_limits(test.limits),
        cold: state(CacheState::Cold),
        warm: state(CacheState::Warm),
    }
}

fn write_state(recorded: &Recorded) -> FileState {
    FileState {
        samples_s: recorded.samples.iter().map(f64::from).collect(),
        stages_ms: recorded.stages.clone().into(),
        limits: write_limits(recorded.limits),
    }
}

fn write_limits(limits: LimitOverrides) -> Option<FileLimits> {
    (!limits.is_empty()).then(|| FileLimits {
        multiplier: limits.multiplier.map(f64::from),
        add_seconds: limits.add_seconds.map(f64::from),
    })
}
