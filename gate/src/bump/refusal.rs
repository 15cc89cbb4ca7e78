//! What is not frozen.

use std::path::{Path, PathBuf};

use perf_guard::freeze::{FreezeError, FreezePolicy, FrozenRun, Origin, TOLD_ENV, check_freeze};

/// Why a measured run does not become the baseline. Exit code 1.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("artifact {} is of another program; legal: what `gate bench` wrote", .0.display())]
    Foreign(PathBuf),
    #[error("artifact {}: its run ended with exit code {code}; legal is 0", path.display())]
    Failed { path: PathBuf, code: i64 },
    #[error("artifact {}: it was measured in a working tree that was {tree}; legal is clean", path.display())]
    Tree { path: PathBuf, tree: String },
    #[error("artifact {}: {source}", path.display())]
    Unusable { path: PathBuf, source: FreezeError },
    #[error("artifact {}: it does not hold the policy's own limits: {}", path.display(), rules.join("; "))]
    Limits { path: PathBuf, rules: Vec<String> },
    #[error(
        "artifact {}: it was measured in another environment than the baseline ({}); say --allow-env-mismatch if that is meant",
        path.display(),
        points.join("; ")
    )]
    Environment { path: PathBuf, points: Vec<String> },
}

/// Refuses a run that failed, was dirty or differently pinned, and one under which the policy could not be held.
pub(super) fn refuse(
    (path, artifact): (&Path, &FrozenRun),
    before: Option<&FrozenRun>,
    policy: &FreezePolicy,
    allow_env_mismatch: bool,
) -> Result<(), Refusal> {
    let path = || path.to_owned();
    if artifact.origin != Origin::Own {
        return Err(Refusal::Foreign(path()));
    }
    // A strict file has one.
    if let Some(code) = artifact.ct_exit_code.filter(|code| *code != 0) {
        return Err(Refusal::Failed { path: path(), code });
    }
    let tree = artifact.env.get("tree").map_or("not known", String::as_str);
    if tree != "clean" {
        return Err(Refusal::Tree {
            path: path(),
            tree: tree.to_owned(),
        });
    }
    // Held against itself, no relative rule can fail: what fails is absolute.
    let report = check_freeze(artifact, artifact, policy)
        .map_err(|(_, source)| Refusal::Unusable { path: path(), source })?;
    if !report.passes() {
        let rules = report.failures().map(ToString::to_string).collect();
        return Err(Refusal::Limits { path: path(), rules });
    }
    let Some(before) = before.filter(|_| !allow_env_mismatch) else {
        return Ok(());
    };
    let points = differences(before, artifact);
    if points.is_empty() {
        return Ok(());
    }
    Err(Refusal::Environment { path: path(), points })
}

/// Stricter than the gate: what the baseline pins has to be pinned.
fn differences(before: &FrozenRun, artifact: &FrozenRun) -> Vec<String> {
    let pinned = before
        .env
        .iter()
        .filter(|(key, _)| !TOLD_ENV.contains(&key.as_str()));
    pinned
        .filter_map(|(key, value)| match artifact.env.get(key) {
            Some(now) if now == value => None,
            Some(now) => Some(format!("env.{key}: {value} before, {now} now")),
            None => Some(format!("env.{key}: {value} before, missing now")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const POLICY: &str = r#"{"rules": {
        "rps": {"relative": {"max_pct_decrease": 10}}, "errors_total": {"absolute": {"equals": 0}}
    }}"#;

    fn run(change: impl FnOnce(&mut serde_json::Value)) -> FrozenRun {
        let mut document = serde_json::json!({
            "schema_version": 1, "timestamp": "2026-01-31T12:00:00Z",
            "git": {"commit": "0123456789abcdef0123456789abcdef01234567"},
            "env": {"cpus": 2, "tree": "clean", "load_before": "0.1"}, "run": {"ct_exit_code": 0},
            "metrics": {"rps": 200, "errors_total": 0},
        });
        change(&mut document);
        FrozenRun::parse(&document.to_string()).unwrap().run
    }

    fn refused(artifact: &FrozenRun, allow: bool) -> Result<(), String> {
        let before = run(|_| {});
        let policy = FreezePolicy::parse(POLICY).unwrap();
        refuse((Path::new("a.json"), artifact), Some(&before), &policy, allow)
            .map_err(|error| error.to_string())
    }

    #[rstest]
    #[case::failed("run", serde_json::json!({"ct_exit_code": 3}), "exit code 3")]
    #[case::dirty("env", serde_json::json!({"cpus": 2, "tree": "dirty"}), "was dirty")]
    #[case::of_no_known_tree("env", serde_json::json!({"cpus": 2}), "was not known")]
    #[case::of_another_machine("env", serde_json::json!({"cpus": 4, "tree": "clean"}), "env.cpus: 2 before, 4 now")]
    #[case::less_pinned("env", serde_json::json!({"tree": "clean"}), "env.cpus: 2 before, missing now")]
    #[case::with_errors("metrics", serde_json::json!({"rps": 200, "errors_total": 1}), "errors_total: 1, equals 0")]
    #[case::without_throughput("metrics", serde_json::json!({"rps": 0, "errors_total": 0}), "needs a baseline above 0")]
    #[case::without_a_metric("metrics", serde_json::json!({"rps": 200}), "metrics.errors_total: is missing")]
    fn what_would_be_no_baseline_is_refused(
        #[case] key: &str,
        #[case] value: serde_json::Value,
        #[case] says: &str,
    ) {
        let error = refused(&run(|document| document[key] = value), false).unwrap_err();
        assert!(
            error.starts_with("artifact a.json") && error.contains(says),
            "{error}"
        );
    }

    #[test]
    fn a_good_run_is_taken_and_another_machine_when_it_is_meant() {
        let busier = run(|document| document["env"]["load_before"] = "0.4".into());
        assert_eq!(refused(&busier, false), Ok(()));
        let elsewhere = run(|document| document["env"]["cpus"] = 4.into());
        assert_eq!(refused(&elsewhere, true), Ok(()));
    }

    #[test]
    fn what_another_program_wrote_is_refused() {
        let foreign = run(|document| {
            document.as_object_mut().unwrap().remove("schema_version");
        });
        assert!(refused(&foreign, true).unwrap_err().contains("another program"));
    }
}
