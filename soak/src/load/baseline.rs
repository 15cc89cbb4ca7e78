//! `baselines/performance_baselines.json`: every endpoint with its percentiles and what they should be.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use audio_load::{Endpoint, OVERVIEW};
use jiff::Timestamp;
use perf_guard::{Context, Environment};
use run_context::write_whole;
use run_report::load::{EndpointResult, LoadResult, PerformanceBaseline};
use serde::{Deserialize, Serialize};

/// The version of the file.
const SCHEMA_VERSION: u32 = 1;
/// Between these lines of the document stands the table.
const BEGINS: &str = "<!-- endpoints: begin -->";
const ENDS: &str = "<!-- endpoints: end -->";

/// The file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    schema_version: u32,
    recorded_at: Timestamp,
    git_commit: Option<String>,
    git_dirty: Option<bool>,
    environment: Environment,
    profile: String,
    server_args: Vec<String>,
    endpoints: BTreeMap<String, EndpointBaseline>,
}

/// One endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndpointBaseline {
    requests: u64,
    p50_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    /// What p95 should be.
    target_ms: f64,
}

/// The file, read.
#[derive(Debug, Clone)]
pub(super) struct BaselineFile {
    path: PathBuf,
    content: Content,
}

/// Why there is no baseline.
#[derive(Debug, thiserror::Error)]
pub(super) enum BaselineError {
    /// It cannot be read.
    #[error("read baseline {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// It is none.
    #[error("baseline {}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// It is of another version, or holds what cannot be.
    #[error("baseline {}: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong, with what would be legal.
        problem: String,
    },
    /// The run makes none.
    #[error("the run makes no baseline: {0}")]
    Run(String),
    /// It cannot be written.
    #[error("write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The document has no place for the table.
    #[error("{} has no lines {BEGINS} and {ENDS}", .0.display())]
    NoTable(PathBuf),
}

/// What p95 of a step should be, in milliseconds.
fn target_ms(step: &str) -> f64 {
    if step == OVERVIEW {
        return 1000.0;
    }
    use Endpoint as E;
    match E::ALL.into_iter().find(|endpoint| endpoint.as_str() == step) {
        Some(E::Health | E::Ready) => 50.0,
        Some(E::Status | E::List | E::Metrics | E::FlatMetrics | E::Openapi) => 200.0,
        Some(E::Job | E::Poll | E::Playlist | E::Segment | E::Range) => 300.0,
        Some(E::Submit | E::Reader | E::Regenerate | E::Cancel | E::Delete | E::Merged) | None => 500.0,
    }
}

impl BaselineFile {
    /// Reads the file, strictly.
    pub(super) fn read(path: &Path) -> Result<Self, BaselineError> {
        let path = path.to_owned();
        let text = fs::read_to_string(&path).map_err(|source| BaselineError::Read {
            path: path.clone(),
            source,
        })?;
        let content: Content = serde_json::from_str(&text).map_err(|source| BaselineError::Json {
            path: path.clone(),
            source,
        })?;
        let wrong = |problem: String| BaselineError::Content {
            path: path.clone(),
            problem,
        };
        if content.schema_version != SCHEMA_VERSION {
            let found = content.schema_version;
            return Err(wrong(format!(
                "schema_version is {found}, legal is {SCHEMA_VERSION}"
            )));
        }
        if content.endpoints.is_empty() {
            return Err(wrong("endpoints is empty; legal: one or more".to_owned()));
        }
        for (name, of) in &content.endpoints {
            let is_legal = |value: f64| value.is_finite() && value > 0.0;
            for (key, value) in [("p95_ms", of.p95_ms), ("target_ms", of.target_ms)] {
                if !is_legal(value) {
                    return Err(wrong(format!(
                        "endpoints.{name}.{key} is {value}; legal: a number above 0"
                    )));
                }
            }
        }
        Ok(Self { path, content })
    }

    fn differences(&self, result: &LoadResult) -> Vec<String> {
        let context = |environment: &Environment| Context {
            environment: environment.clone(),
            settings_digest: String::new(),
        };
        let differences =
            context(&result.environment).differences_from(Some(&context(&self.content.environment)));
        differences.iter().map(ToString::to_string).collect()
    }
}

/// Holds every endpoint of the run to the baseline and to its target; what was not measured, or is not in the baseline, fails.
pub(super) fn hold(result: &mut LoadResult, file: &BaselineFile, (max_ratio, min_increase): (f64, Duration)) {
    let differences = file.differences(result);
    for difference in &differences {
        result
            .notices
            .push(format!("the baseline comes from elsewhere: {difference}"));
    }
    let min_increase_ms = min_increase.as_secs_f64() * 1e3;
    let mut names: Vec<String> = result.steps.iter().map(|step| step.step.clone()).collect();
    if result.profile == file.content.profile {
        // The same profile asks all of them.
        let known = file.content.endpoints.keys();
        let gone: Vec<String> = known.filter(|name| !names.contains(name)).cloned().collect();
        names.extend(gone);
    }
    let endpoints = names.iter().map(|name| {
        let step = result.steps.iter().find(|step| step.step == *name);
        let p95_ms = step.and_then(|step| step.response).map(|times| times.p95_ms);
        judge(
            name,
            p95_ms,
            (file.content.endpoints.get(name), max_ratio, min_increase_ms),
        )
    });
    result.endpoints = endpoints.collect();
    result.baseline = Some(PerformanceBaseline {
        path: file.path.display().to_string(),
        max_ratio,
        differences,
    });
}

fn judge(
    name: &str,
    p95_ms: Option<f64>,
    (baseline, max_ratio, min_increase_ms): (Option<&EndpointBaseline>, f64, f64),
) -> EndpointResult {
    let ratio = p95_ms.zip(baseline).map(|(p95, of)| p95 / of.p95_ms);
    let why = match (p95_ms, baseline) {
        (None, _) => "it was not measured".to_owned(),
        (_, None) => "it is not in the baseline".to_owned(),
        (Some(p95), Some(of)) if p95 > of.target_ms => {
            format!("p95 {p95:.1} ms misses its target of {:.0} ms", of.target_ms)
        }
        (Some(p95), Some(of)) if p95 > (of.p95_ms * max_ratio).max(of.p95_ms + min_increase_ms) => {
            format!(
                "p95 {p95:.1} ms is {:.2} times its baseline of {:.1} ms, at most {max_ratio} may be",
                p95 / of.p95_ms,
                of.p95_ms
            )
        }
        _ => String::new(),
    };
    EndpointResult {
        endpoint: name.to_owned(),
        p95_ms,
        target_ms: baseline.map(|of| of.target_ms),
        baseline_p95_ms: baseline.map(|of| of.p95_ms),
        ratio,
        pass: why.is_empty(),
        why,
    }
}

/// Writes the figures of a run as the new baseline, and the table that people read. Targets that stand in the file stay.
pub(super) fn update(result: &LoadResult, (path, table): (&Path, &Path)) -> Result<(), BaselineError> {
    if !result.pass {
        let reasons: Vec<&str> = result.reasons.iter().map(|reason| reason.text.as_str()).collect();
        return Err(BaselineError::Run(reasons.join("; ")));
    }
    let old = match path.exists() {
        true => BaselineFile::read(path)?.content.endpoints,
        false => BTreeMap::new(),
    };
    let mut endpoints = BTreeMap::new();
    for step in &result.steps {
        let Some(times) = step.response else {
            return Err(BaselineError::Run(format!("{} was not measured", step.step)));
        };
        let target = old
            .get(&step.step)
            .map_or_else(|| target_ms(&step.step), |of| of.target_ms);
        let of = EndpointBaseline {
            requests: step.requests,
            p50_ms: round(times.p50_ms),
            p95_ms: round(times.p95_ms),
            p99_ms: round(times.p99_ms),
            max_ms: round(times.max_ms),
            target_ms: target,
        };
        endpoints.insert(step.step.clone(), of);
    }
    let content = Content {
        schema_version: SCHEMA_VERSION,
        recorded_at: Timestamp::now(),
        git_commit: result.git_commit.clone(),
        git_dirty: result.git_dirty,
        environment: result.environment.clone(),
        profile: result.profile.clone(),
        server_args: result.plan.server_args.clone(),
        endpoints,
    };
    let written = with_table(table, &content)?;
    let text = serde_json::to_string_pretty(&content).map_err(|source| BaselineError::Json {
        path: path.to_owned(),
        source,
    })?;
    write(path, &(text + "\n"))?;
    write(table, &written)
}

fn write(path: &Path, text: &str) -> Result<(), BaselineError> {
    write_whole(path, text.as_bytes()).map_err(|source| BaselineError::Write {
        path: path.to_owned(),
        source,
    })
}

/// Digits beyond a microsecond say nothing.
fn round(ms: f64) -> f64 {
    (ms * 1e3).round() / 1e3
}

/// The document with its table made anew.
fn with_table(path: &Path, content: &Content) -> Result<String, BaselineError> {
    let text = fs::read_to_string(path).map_err(|source| BaselineError::Read {
        path: path.to_owned(),
        source,
    })?;
    let no_table = || BaselineError::NoTable(path.to_owned());
    let (before, rest) = text.split_once(BEGINS).ok_or_else(no_table)?;
    let (_, after) = rest.split_once(ENDS).ok_or_else(no_table)?;
    Ok(format!("{before}{BEGINS}\n{}{ENDS}{after}", rows(content)))
}

fn rows(content: &Content) -> String {
    let mut text = String::from(
        "| endpoint | requests | p50 ms | p95 ms | p99 ms | max ms | target p95 ms |\n|---|--:|--:|--:|--:|--:|--:|\n",
    );
    for (name, of) in &content.endpoints {
        text += &format!(
            "| `{name}` | {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.0} |\n",
            of.requests, of.p50_ms, of.p95_ms, of.p99_ms, of.max_ms, of.target_ms
        );
    }
    let cpu = content
        .environment
        .cpu_model
        .as_deref()
        .unwrap_or("an unknown processor");
    text += &format!(
        "\nRecorded {:.0} on {cpu}, {} cores, {} {}.\n",
        content.recorded_at, content.environment.cores, content.environment.os, content.environment.arch
    );
    text
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const KNOWN: EndpointBaseline = EndpointBaseline {
        requests: 10,
        p50_ms: 20.0,
        p95_ms: 40.0,
        p99_ms: 50.0,
        max_ms: 60.0,
        target_ms: 100.0,
    };

    #[rstest]
    #[case::as_it_was(Some(40.0), Some(&KNOWN), "")]
    #[case::within_twice(Some(80.0), Some(&KNOWN), "")]
    #[case::beyond_twice(Some(80.1), Some(&KNOWN), "2.00 times its baseline of 40.0 ms")]
    #[case::beyond_its_target(Some(100.1), Some(&KNOWN), "misses its target of 100 ms")]
    #[case::not_measured(None, Some(&KNOWN), "not measured")]
    #[case::not_in_the_baseline(Some(1.0), None, "not in the baseline")]
    fn an_endpoint_is_held_to_its_baseline_and_its_target(
        #[case] p95_ms: Option<f64>,
        #[case] baseline: Option<&EndpointBaseline>,
        #[case] why: &str,
    ) {
        let judged = judge("status", p95_ms, (baseline, 2.0, 10.0));
        assert_eq!(judged.pass, why.is_empty());
        assert!(judged.why.contains(why), "{}", judged.why);
    }

    fn passed() -> LoadResult {
        let scenario = super::super::scenario::Scenario::find("baseline").unwrap();
        let times = run_report::load::Times {
            count: 9,
            mean_ms: 1.0,
            p50_ms: 1.0,
            p95_ms: 2.00049,
            p99_ms: 3.0,
            max_ms: 4.0,
        };
        let mut result = LoadResult::new(run_report::load::LoadHead {
            suite_version: String::new(),
            profile: scenario.name,
            description: String::new(),
            target: "reference".to_owned(),
            started_at: Timestamp::UNIX_EPOCH,
            plan: run_report::load::LoadPlan {
                model: "closed".to_owned(),
                start: 1.0,
                stages: Vec::new(),
                lasts_s: 60.0,
                scale: 1.0,
                think_least_s: 0.0,
                think_most_s: 0.0,
                graceful_s: 0.0,
                most_users: 1,
                threads: 1,
                seed: 1,
                mix: Vec::new(),
                server_args: Vec::new(),
                faults: Vec::new(),
            },
            git_commit: None,
            git_dirty: Some(false),
            environment: run_context::machine(),
        });
        result.pass = true;
        result.steps = vec![run_report::load::StepTimes {
            step: "health".to_owned(),
            route: "/health".to_owned(),
            composite: false,
            requests: 9,
            requests_per_s: 1.0,
            failed: 0,
            rate_limited: 0,
            response: Some(times),
            first_byte: None,
            outcomes: Vec::new(),
        }];
        result
    }

    const DOCUMENT: &str = "before\n<!-- endpoints: begin -->\nold\n<!-- endpoints: end -->\nafter\n";

    #[test]
    fn an_update_writes_the_file_and_the_table_and_keeps_targets() {
        let dir = tempfile::tempdir().unwrap();
        let (file, table) = (dir.path().join("known.json"), dir.path().join("load.md"));
        fs::write(&table, DOCUMENT).unwrap();
        let mut result = passed();
        update(&result, (&file, &table)).unwrap();
        let written = BaselineFile::read(&file).unwrap();
        assert_eq!(written.content.endpoints["health"].p95_ms, 2.0);
        assert_eq!(written.content.endpoints["health"].target_ms, 50.0);
        let shown = fs::read_to_string(&table).unwrap();
        assert!(
            shown.contains("| `health` | 9 | 1.00 | 2.00 | 3.00 | 4.00 | 50 |"),
            "{shown}"
        );
        assert!(shown.starts_with("before\n") && shown.ends_with("after\n") && !shown.contains("old"));
        // A target that somebody set is theirs.
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replace("\"target_ms\": 50.0", "\"target_ms\": 70.0")).unwrap();
        update(&result, (&file, &table)).unwrap();
        let again = BaselineFile::read(&file).unwrap();
        assert_eq!(again.content.endpoints["health"].target_ms, 70.0);
        // The run holds to what it wrote, and one that lacks an endpoint of it does not.
        hold(&mut result, &again, (2.0, Duration::from_millis(10)));
        assert!(result.endpoints.iter().all(|endpoint| endpoint.pass) && result.baseline.is_some());
        result.steps.clear();
        hold(&mut result, &again, (2.0, Duration::from_millis(10)));
        assert_eq!(result.endpoints[0].why, "it was not measured");
    }

    #[test]
    fn a_run_that_failed_or_a_document_without_a_place_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (file, table) = (dir.path().join("known.json"), dir.path().join("load.md"));
        fs::write(&table, "no place").unwrap();
        assert!(matches!(
            update(&passed(), (&file, &table)),
            Err(BaselineError::NoTable(_))
        ));
        fs::write(&table, DOCUMENT).unwrap();
        let mut failed = passed();
        failed.pass = false;
        assert!(matches!(
            update(&failed, (&file, &table)),
            Err(BaselineError::Run(_))
        ));
        assert!(!file.exists());
        assert_eq!(fs::read_to_string(&table).unwrap(), DOCUMENT);
    }

    #[test]
    fn a_quick_endpoint_may_be_slower_by_what_noise_is() {
        let quick = EndpointBaseline { p95_ms: 0.5, ..KNOWN };
        assert!(judge("status", Some(10.4), (Some(&quick), 2.0, 10.0)).pass);
        assert!(!judge("status", Some(10.6), (Some(&quick), 2.0, 10.0)).pass);
    }
}
