//! What passes, and what does not.

use std::fs;

use load_engine::record::read_hlog;
use rstest::rstest;
use run_report::read_stored;

use crate::harness::{Result as _, own, profile};

#[tokio::test]
async fn a_profile_passes_on_the_reference_server_and_leaves_all_of_its_results() {
    // No threshold on a time is one that a busy machine could break.
    let more = "thresholds = [\"http_req_duration: p(95)<1m\", \"checks >= 100 %\", \"failed <= 0 %\"]";
    let soak = own("mine.toml", &["--scale=0.5"]).with_file("mine.toml", &profile(more, "listen"));
    let ran = soak.ran().await;
    let result = ran.exited(0).result("mine");
    assert!(
        result
            .notices
            .iter()
            .any(|notice| notice.contains("multiplied by 0.5")),
        "{result:?}"
    );
    let requests: u64 = result.steps.iter().map(|step| step.requests).sum();
    assert!(
        requests > 0
            && result
                .thresholds
                .iter()
                .all(|one| one.pass && one.value.is_some())
    );
    assert!(
        result
            .timeline
            .load
            .iter()
            .map(|point| point.requests)
            .sum::<u64>()
            <= requests
    );
    assert!(!result.timeline.server.is_empty());
    assert_eq!(result.status_end.as_ref().unwrap()["active_jobs"], 0);
    let artifact = |name: &str| fs::read_to_string(ran.dir.path().join("artifacts").join(name)).unwrap();
    let stored = read_stored(&artifact("load-mine.json")).unwrap();
    assert_eq!(stored.to_html().unwrap(), artifact("load-mine.html"));
    let log = read_hlog(artifact("load-mine.hlog").as_bytes()).unwrap();
    let logged: u64 = log
        .iter()
        .filter(|(tag, _)| tag.ends_with("|service"))
        .map(|(_, latency)| latency.count())
        .sum();
    assert_eq!(logged, requests);
    assert!(artifact("load-mine.junit.xml").contains("name=\"checks &gt;= 100 %\""));
    let points = artifact("load-mine.ndjson");
    assert!(points.lines().any(|line| line.starts_with("{\"load\":")));
    assert!(points.lines().any(|line| line.starts_with("{\"server\":")));
    assert!(
        ran.stdout.contains("load mine: passed (exit 0)"),
        "{}",
        ran.said()
    );
}

#[rstest]
#[case::a_time("http_req_duration: p(95)<1us", "http_req_duration: p(95)<1us: ")]
#[case::a_route_that_nobody_asks("http_req_duration{route:/v1/nowhere}: p(95)<1000ms", "it never occurred")]
#[tokio::test]
async fn a_threshold_that_is_broken_fails_the_run(#[case] threshold: &str, #[case] says: &str) {
    let thresholds = format!("thresholds = [\"{threshold}\", \"failed < 1 %\"]");
    let soak = own("mine.toml", &[]).with_file("mine.toml", &profile(&thresholds, "health"));
    let ran = soak.ran().await;
    let result = ran.exited(1).result("mine");
    assert_eq!(result.reasons.len(), 1, "{:?}", result.reasons);
    assert!(result.reasons[0].text.contains(says), "{:?}", result.reasons);
}

#[tokio::test]
async fn jobs_that_fail_break_the_threshold_on_jobs_and_no_other() {
    let more =
        "thresholds = [\"checks{job_complete} > 99.5 %\", \"failed < 1 %\"]\nfaults = [\"synth:error=500\"]";
    let text = profile(more, "submit").replace("library = 1", "library = 0");
    let ran = own("mine.toml", &[]).with_file("mine.toml", &text).ran().await;
    let result = ran.exited(1).result("mine");
    assert_eq!(result.reasons.len(), 1, "{:?}", result.reasons);
    assert!(
        result.reasons[0]
            .text
            .starts_with("checks{job_complete} > 99.5 %: 0.000 %")
    );
    let rate = result
        .figures
        .iter()
        .find(|figure| figure.name == "job failure rate")
        .unwrap();
    assert_eq!(rate.value, Some(1.0));
}

#[tokio::test]
async fn a_run_that_breaks_its_condition_ends_early() {
    let more = "thresholds = [\"failed < 1 %\"]\n\
                abort = [{ threshold = \"http_req_duration: p(50)<1us\", after = \"300ms\" }]";
    let text = profile(more, "health").replace("lasts = \"1s\"", "lasts = \"10m\"");
    let ran = own("mine.toml", &[]).with_file("mine.toml", &text).ran().await;
    let result = ran.exited(1).result("mine");
    assert!(
        result.reasons[0].text.contains("ended early after"),
        "{:?}",
        result.reasons
    );
}

const BASELINE: &str = r#"{"schema_version": 1, "recorded_at": "2026-01-01T00:00:00Z", "git_commit": null, "git_dirty": null,
    "environment": {"os": "linux", "arch": "x86_64", "cpu_model": null, "cores": 2, "memory_bytes": null, "server_version": null},
    "profile": "baseline", "server_args": [], "endpoints": {"NAME": {"requests": 9, "p50_ms": 1, "p95_ms": P95, "p99_ms": 1,
    "max_ms": 1, "target_ms": TARGET}}}"#;

#[rstest]
#[case::as_it_was("health", "60000", "60000", 0, "")]
#[case::slower_than_it_was("health", "0.0001", "60000", 1, "times its baseline")]
#[case::slower_than_it_should_be("health", "60000", "0.0001", 1, "misses its target")]
#[case::not_in_the_baseline("status", "1", "100", 1, "it is not in the baseline")]
#[case::nothing_can_be_below_nothing(
    "health",
    "0",
    "100",
    4,
    "endpoints.health.p95_ms is 0; legal: a number above 0"
)]
#[tokio::test]
async fn endpoints_are_held_to_the_baseline(
    #[case] name: &str,
    #[case] p95: &str,
    #[case] target: &str,
    #[case] code: i32,
    #[case] says: &str,
) {
    let baseline = BASELINE
        .replace("NAME", name)
        .replace("P95", p95)
        .replace("TARGET", target);
    let soak = own(
        "mine.toml",
        &["--check", "--baseline=known.json", "--min-increase=1us"],
    )
    .with_file("mine.toml", &profile("thresholds = [\"failed < 1 %\"]", "health"))
    .with_file("known.json", &baseline);
    let ran = soak.ran().await;
    let result = ran.exited(code).result("mine");
    let reasons: Vec<&str> = result.reasons.iter().map(|reason| reason.text.as_str()).collect();
    assert!(reasons.join("; ").contains(says), "{reasons:?}");
}
