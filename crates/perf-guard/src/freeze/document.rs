//! A frozen baseline or a candidate: `{timestamp, git{commit}, env{…}, run{ct_exit_code}, metrics{name: number}}`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::FreezeError;
use crate::unique_json::{self, kind};

/// The version of the files that this program writes.
pub const FREEZE_SCHEMA_VERSION: u64 = 1;

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// With our `schema_version`: read strictly.
    Own,
    /// Of the same shape without one: unknown keys are let be, with a warning.
    Foreign,
}

/// What one benchmark run measured, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct FrozenRun {
    /// Whose file it is.
    pub origin: Origin,
    /// When it was measured.
    pub timestamp: Option<Timestamp>,
    /// Of which commit.
    pub commit: Option<String>,
    /// What the machine and the build were; all of it is compared that stands in both files.
    pub env: BTreeMap<String, String>,
    /// The exit code of the run.
    pub ct_exit_code: Option<i64>,
    /// The figures: finite numbers.
    pub metrics: BTreeMap<String, f64>,
}

/// A file as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// What stands in it.
    pub run: FrozenRun,
    /// What is odd about it, without making it unusable.
    pub warnings: Vec<String>,
}

const KEYS: [&str; 6] = ["schema_version", "timestamp", "git", "env", "run", "metrics"];

impl FrozenRun {
    /// Reads a file's text.
    ///
    /// # Errors
    /// When it is not JSON, of a later version, lacks what it needs, or holds a metric that is no finite number. In a file of our
    /// own, also for an unknown or missing key.
    pub fn parse(text: &str) -> Result<Parsed, FreezeError> {
        let document = unique_json::parse(text)?;
        let Some(object) = document.as_object() else {
            return Err(FreezeError::key(
                "(file)",
                format!("is {}, legal is an object", kind(&document)),
            ));
        };
        let origin = origin(object)?;
        let mut reader = Reader {
            origin,
            warnings: Vec::new(),
        };
        reader.known("", object, &KEYS)?;
        let run = FrozenRun {
            origin,
            timestamp: reader.timestamp(object)?,
            commit: reader.commit(object)?,
            env: reader.env(object)?,
            ct_exit_code: reader.exit_code(object)?,
            metrics: metrics(object)?,
        };
        Ok(Parsed {
            run,
            warnings: reader.warnings,
        })
    }

    /// The file's text, of our own version, in an order that does not change.
    #[must_use]
    pub fn render(&self) -> String {
        let document = json!({
            "schema_version": FREEZE_SCHEMA_VERSION,
            "timestamp": self.timestamp.map(|at| at.to_string()),
            "git": { "commit": self.commit },
            "env": self.env,
            "run": { "ct_exit_code": self.ct_exit_code },
            "metrics": self.metrics,
        });
        format!("{document:#}\n")
    }
}

fn origin(object: &Map<String, Value>) -> Result<Origin, FreezeError> {
    let Some(version) = object.get("schema_version") else {
        return Ok(Origin::Foreign);
    };
    match version.as_u64() {
        Some(FREEZE_SCHEMA_VERSION) => Ok(Origin::Own),
        Some(found) if found > FREEZE_SCHEMA_VERSION => Err(FreezeError::FutureVersion { found }),
        _ => Err(FreezeError::key(
            "schema_version",
            format!("is {version}, legal is {FREEZE_SCHEMA_VERSION}, or no such key"),
        )),
    }
}

/// Reads the parts, strictly or with warnings.
struct Reader {
    origin: Origin,
    warnings: Vec<String>,
}

impl Reader {
    /// What is an error in our own file and a warning in another's.
    fn odd(&mut self, key: &str, problem: &str) -> Result<(), FreezeError> {
        match self.origin {
            Origin::Own => Err(FreezeError::key(key, problem)),
            Origin::Foreign => {
                self.warnings.push(format!("{key}: {problem}"));
                Ok(())
            }
        }
    }

    fn known(&mut self, path: &str, object: &Map<String, Value>, keys: &[&str]) -> Result<(), FreezeError> {
        for key in object.keys().filter(|key| !keys.contains(&key.as_str())) {
            self.odd(
                &format!("{path}{key}"),
                &format!("unknown key, legal are {}", keys.join(", ")),
            )?;
        }
        Ok(())
    }

    fn object<'d>(
        &mut self,
        document: &'d Map<String, Value>,
        key: &str,
    ) -> Result<Option<&'d Map<String, Value>>, FreezeError> {
        match document.get(key) {
            None => self.odd(key, "is missing").map(|()| None),
            Some(Value::Object(object)) => Ok(Some(object)),
            Some(other) => Err(FreezeError::key(
                key,
                format!("is {}, legal is an object", kind(other)),
            )),
        }
    }

    fn timestamp(&mut self, document: &Map<String, Value>) -> Result<Option<Timestamp>, FreezeError> {
        let read = document
            .get("timestamp")
            .and_then(Value::as_str)
            .and_then(|text| text.parse().ok());
        if read.is_none() {
            self.odd(
                "timestamp",
                "is missing or no RFC 3339 time, such as 2026-01-31T12:00:00Z",
            )?;
        }
        Ok(read)
    }

    fn commit(&mut self, document: &Map<String, Value>) -> Result<Option<String>, FreezeError> {
        let Some(git) = self.object(document, "git")? else {
            return Ok(None);
        };
        self.known("git.", git, &["commit"])?;
        let commit = git.get("commit").and_then(Value::as_str).map(str::to_owned);
        if !commit.as_deref().is_some_and(is_commit) {
            self.odd(
                "git.commit",
                "is missing or a placeholder, legal is a commit's 40 hexadecimal digits",
            )?;
        }
        Ok(commit)
    }

    fn env(&mut self, document: &Map<String, Value>) -> Result<BTreeMap<String, String>, FreezeError> {
        let Some(env) = self.object(document, "env")? else {
            return Ok(BTreeMap::new());
        };
        if env.is_empty() {
            self.odd("env", "is empty: nobody can say what this is comparable with")?;
        }
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Ok(env
            .iter()
            .map(|(key, value)| (key.clone(), text(value)))
            .collect())
    }

    fn exit_code(&mut self, document: &Map<String, Value>) -> Result<Option<i64>, FreezeError> {
        let Some(run) = self.object(document, "run")? else {
            return Ok(None);
        };
        self.known("run.", run, &["ct_exit_code"])?;
        match run.get("ct_exit_code") {
            None => self.odd("run.ct_exit_code", "is missing").map(|()| None),
            Some(value) => {
                let legal =
                    || FreezeError::key("run.ct_exit_code", format!("is {value}, legal is a whole number"));
                value.as_i64().map(Some).ok_or_else(legal)
            }
        }
    }
}

/// Not zeros throughout, not `unknown`.
fn is_commit(text: &str) -> bool {
    text.len() == 40
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        && text.bytes().any(|byte| byte != b'0')
}

fn metrics(document: &Map<String, Value>) -> Result<BTreeMap<String, f64>, FreezeError> {
    let metrics = match document.get("metrics") {
        Some(Value::Object(metrics)) => metrics,
        Some(other) => {
            return Err(FreezeError::key(
                "metrics",
                format!("is {}, legal is an object", kind(other)),
            ));
        }
        None => return Err(FreezeError::key("metrics", "is missing")),
    };
    if metrics.is_empty() {
        return Err(FreezeError::key(
            "metrics",
            "is empty: there is nothing to compare",
        ));
    }
    metrics
        .iter()
        .map(|(name, value)| Ok((name.clone(), number(name, value)?)))
        .collect()
}

fn number(name: &str, value: &Value) -> Result<f64, FreezeError> {
    let finite = value.as_f64().filter(|number| number.is_finite());
    finite.ok_or_else(|| {
        let problem = format!("is {}, legal is a finite number", kind(value));
        FreezeError::key(format!("metrics.{name}"), problem)
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn own() -> Value {
        json!({
            "schema_version": 1,
            "timestamp": "2026-01-31T12:00:00Z",
            "git": {"commit": COMMIT},
            "env": {"rustc": "1.95.0", "cpus": 2},
            "run": {"ct_exit_code": 0},
            "metrics": {"rps": 100.5, "errors_total": 0},
        })
    }

    fn problem(document: &Value) -> String {
        FrozenRun::parse(&document.to_string()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let Parsed { run, warnings } = FrozenRun::parse(&own().to_string()).unwrap();
        assert_eq!(warnings, [""; 0]);
        assert_eq!(run.env["cpus"], "2");
        let mut again = FrozenRun::parse(&run.render()).unwrap().run;
        assert_eq!(again, run);
        again.metrics.insert("rps".into(), 0.1 + 0.2);
        assert_eq!(
            FrozenRun::parse(&again.render()).unwrap().run,
            again,
            "to the last digit"
        );
    }

    #[test]
    fn another_programs_file_is_read_with_warnings() {
        let text = r#"{"git": {"commit": "0000000000000000000000000000000000000000", "branch": "main"},
                       "run": {}, "note": "x", "metrics": {"rps": 7}}"#;
        let Parsed { run, warnings } = FrozenRun::parse(text).unwrap();
        assert_eq!(
            (run.origin, run.ct_exit_code, run.metrics["rps"]),
            (Origin::Foreign, None, 7.0)
        );
        let about = [
            "note",
            "timestamp",
            "git.branch",
            "git.commit",
            "env",
            "run.ct_exit_code",
        ];
        assert_eq!(warnings.len(), about.len(), "{warnings:?}");
        for (warning, key) in warnings.iter().zip(about) {
            assert!(warning.starts_with(&format!("{key}: ")), "{warning}");
        }
    }

    #[rstest]
    #[case::null("/metrics/rps", json!(null), "metrics.rps: is null, legal is a finite number")]
    #[case::text("/metrics/rps", json!("100"), "metrics.rps: is a string, legal is a finite number")]
    #[case::no_metrics("/metrics", json!({}), "metrics: is empty")]
    #[case::a_list_of_metrics("/metrics", json!([1]), "metrics: is a list")]
    #[case::a_placeholder("/git/commit", json!("unknown"), "git.commit: is missing or a placeholder")]
    #[case::no_environment("/env", json!({}), "env: is empty")]
    #[case::no_time("/timestamp", json!("yesterday"), "timestamp: is missing or no RFC 3339 time")]
    #[case::half_an_exit("/run/ct_exit_code", json!(0.5), "run.ct_exit_code: is 0.5, legal is a whole number")]
    #[case::no_exit("/run", json!({}), "run.ct_exit_code: is missing")]
    #[case::the_future("/schema_version", json!(2), "schema_version 2 is newer than 1")]
    #[case::no_version("/schema_version", json!("one"), "schema_version: is \"one\", legal is 1")]
    fn a_file_of_our_own_is_read_strictly(#[case] at: &str, #[case] value: Value, #[case] says: &str) {
        let mut document = own();
        *document.pointer_mut(at).unwrap() = value;
        assert!(problem(&document).contains(says), "{}", problem(&document));
    }

    #[rstest]
    #[case::nothing("", "line 1 column 0")]
    #[case::cut_off("{\"metrics\": {\"rps\": 1", "EOF")]
    #[case::a_list("[]", "is a list, legal is an object")]
    #[case::not_a_number("{\"metrics\": {\"rps\": NaN}}", "line 1")]
    #[case::too_large("{\"metrics\": {\"rps\": 1e999}}", "number out of range")]
    #[case::twice("{\"metrics\": {\"rps\": 1, \"rps\": 2}}", "stands twice")]
    #[case::no_metrics("{}", "metrics: is missing")]
    fn what_is_no_such_file_is_refused(#[case] text: &str, #[case] says: &str) {
        let error = FrozenRun::parse(text).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }

    #[test]
    fn an_unknown_key_in_a_file_of_our_own_is_an_error() {
        let mut document = own();
        document["metricz"] = json!({});
        assert!(problem(&document).starts_with("metricz: unknown key, legal are schema_version"));
    }
}
