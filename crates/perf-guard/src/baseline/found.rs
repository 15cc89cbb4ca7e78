//! The three shapes of baseline found in the wild. They are read leniently where they carry other things beside the
//! times, and strictly in the times themselves.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Baseline, LoadError, Recorded, Shape, TimedTest};
use crate::unique_json::kind;
use crate::{
    cache::CacheState,
    limits::LimitOverrides,
    samples::Samples,
    seconds::{Seconds, ValueError},
    stages::StageTimes,
};

const TIMING: &str = "timing_submit_to_complete_s";

/// `{"tests": [{"name", "timing_submit_to_complete_s"}]}` with any other fields, such as a whole `golden.json`.
/// Entries without a time are left out; results of a failed run are refused.
pub(super) fn results(document: &Value) -> Result<Baseline, LoadError> {
    if document.get("pass") == Some(&Value::Bool(false)) {
        return Err(LoadError::FailedRun {
            path: "pass".to_owned(),
            found: "false".to_owned(),
        });
    }
    let entries = document
        .get("tests")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let mut tests = BTreeMap::new();
    for (i, entry) in entries.iter().enumerate() {
        let path = format!("tests[{i}]");
        let Some(entry) = entry.as_object() else {
            return Err(illegal(
                &path,
                entry,
                "an object with name and timing_submit_to_complete_s",
            ));
        };
        let name = match entry.get("name") {
            Some(Value::String(name)) if !name.trim().is_empty() => name,
            other => {
                return Err(illegal(
                    &format!("{path}.name"),
                    other.unwrap_or(&Value::Null),
                    "a name as a string",
                ));
            }
        };
        let Some(time) = entry.get(TIMING).filter(|time| !time.is_null()) else {
            continue;
        };
        refuse_failed(&path, entry)?;
        let time = seconds(&format!("{path}.{TIMING}"), time)?;
        add(&mut tests, &path, (name, cache(&path, entry)?), time)?;
    }
    finish(Shape::Results, tests)
}

/// `{"tests": {name: seconds}}` with any other fields beside `tests`.
pub(super) fn named_tests(document: &Value) -> Result<Baseline, LoadError> {
    let empty = Map::new();
    let object = document.get("tests").and_then(Value::as_object).unwrap_or(&empty);
    named(Shape::NamedTests, "tests.", object)
}

/// `{name: seconds}` and nothing else.
pub(super) fn flat(document: &Value) -> Result<Baseline, LoadError> {
    let empty = Map::new();
    named(Shape::Flat, "", document.as_object().unwrap_or(&empty))
}

fn named(shape: Shape, prefix: &str, object: &Map<String, Value>) -> Result<Baseline, LoadError> {
    let mut tests = BTreeMap::new();
    for (name, value) in object {
        let path = format!("{prefix}{name}");
        let time = seconds(&path, value)?;
        add(&mut tests, &path, (name, CacheState::Cold), time)?;
    }
    finish(shape, tests)
}

fn add(
    tests: &mut BTreeMap<String, TimedTest>,
    path: &str,
    (name, cache): (&str, CacheState),
    time: Seconds,
) -> Result<(), LoadError> {
    let test = tests.entry(name.to_owned()).or_default();
    let recorded = Recorded {
        samples: Samples::single(time),
        stages: StageTimes::new(),
        limits: LimitOverrides::NONE,
    };
    match test.states.insert(cache, recorded) {
        None => Ok(()),
        Some(_) => Err(LoadError::Duplicate {
            path: path.to_owned(),
            name: name.to_owned(),
            cache,
        }),
    }
}

fn finish(shape: Shape, tests: BTreeMap<String, TimedTest>) -> Result<Baseline, LoadError> {
    if tests.is_empty() {
        return Err(LoadError::NoTests);
    }
    Ok(Baseline {
        shape,
        provenance: None,
        limits: LimitOverrides::NONE,
        tests,
    })
}

fn cache(path: &str, entry: &Map<String, Value>) -> Result<CacheState, LoadError> {
    match entry.get("cache") {
        None | Some(Value::Null) => Ok(CacheState::Cold),
        Some(Value::String(state)) => Ok(state
            .parse()
            .map_err(|e: ValueError| e.under(format!("{path}.cache")))?),
        Some(other) => Err(illegal(&format!("{path}.cache"), other, "cold or warm")),
    }
}

/// The name of the status differs between suites, so only what surely means failure is refused.
fn refuse_failed(path: &str, entry: &Map<String, Value>) -> Result<(), LoadError> {
    let failed = match entry.get("status") {
        Some(Value::String(status)) => {
            ["failed", "fail", "failure", "error", "timeout"].contains(&status.to_lowercase().as_str())
        }
        Some(Value::Bool(passed)) => !passed,
        _ => false,
    };
    if failed {
        let found = entry["status"].to_string();
        return Err(LoadError::FailedRun {
            path: format!("{path}.status"),
            found,
        });
    }
    Ok(())
}

fn seconds(path: &str, value: &Value) -> Result<Seconds, LoadError> {
    let Some(number) = value.as_f64() else {
        return Err(illegal(path, value, Seconds::LEGAL));
    };
    Ok(Seconds::new(number).map_err(|e| e.under(path))?)
}

fn illegal(path: &str, value: &Value, legal: &'static str) -> LoadError {
    let shown = match value {
        Value::String(_) | Value::Number(_) | Value::Bool(_) => value.to_string(),
        other => kind(other).to_owned(),
    };
    ValueError::new(path, shown, legal).into()
}
