//! `soak run`.

use rstest::rstest;
use run_report::{Invariant, LeakCheck};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use test_support::server;

use crate::harness::{Result as _, broken, short, soak};

#[tokio::test]
async fn a_healthy_server_holds_every_invariant_and_what_was_not_judged_is_said() {
    let ran = short(&["--seed", "7"]).ran().await;
    let result = ran.exited(0).result();
    assert!(result.pass && result.failures.is_empty());
    assert_eq!(result.leak_check, LeakCheck::InsufficientAccepted);
    assert!(
        result
            .notices
            .iter()
            .any(|notice| notice.contains("insufficient: growth of rss")),
        "{:?}",
        result.notices
    );
    for tally in &result.invariants {
        let looked_at = tally.checked > 0;
        assert_eq!(looked_at, tally.invariant != Invariant::NoGrowth, "{tally:?}");
    }
    assert!(result.tally.ranges > 0 && result.tally.merged > 0 && result.tally.merged_at_once > 0);
    assert!(result.windows.len() >= 2, "{:#?}", result.windows);
    assert!(
        result
            .windows
            .iter()
            .all(|window| window.quiet_after_seconds.is_some())
    );
    assert_eq!(result.status_end.unwrap()["active_jobs"], 0);
    assert_eq!(
        result.server_args[..2],
        ["--cache-bytes=16MiB", "--retain-jobs=200"]
    );
    assert!(!ran.dir.path().join("artifacts/soak-evidence").exists());
    assert!(ran.stdout.contains("soak: passed (exit 0)"), "{}", ran.said());
}

#[tokio::test]
async fn without_the_flag_a_run_too_short_for_leaks_has_not_passed() {
    let ran = soak(&["run", "--duration=1s", "--window=500ms", "--cancel-every=2"])
        .ran()
        .await;
    let result = ran.exited(3).result();
    assert!(result.failures.is_empty() && !result.pass);
    assert!(
        result
            .reasons
            .iter()
            .any(|reason| reason.starts_with("insufficient: growth of rss")),
        "{:?}",
        result.reasons
    );
}

/// What is wrong, by which fault, and what has to be named.
#[rstest]
#[case::stalled_job(&["--fault=synth:stall=true,after_n=4", "--job-deadline=1s"], Invariant::JobDeadline, " active ")]
#[case::failing_requests(&["--fault=http.playlist:error=500,p=0.2"], Invariant::ErrorRate, "500 Internal Server Error")]
#[case::failing_segments(&["--fault=synth:error=500,p=0.9", "--server-arg=--fallback=false"], Invariant::ErrorRate, "ended as")]
#[case::dropped_connections(&["--fault=http.segment:drop=true,p=0.2"], Invariant::ErrorRate, "the connection broke")]
#[case::truncated_answer(&["--fault=http.segment:truncate=0.5,p=0.2"], Invariant::ErrorRate, "the connection broke")]
#[case::truncated_segment(&["--fault=encode:truncate=0.5,p=0.3"], Invariant::MergedEqualsSegments, "segment seg-")]
#[case::truncated_merge(&["--fault=merge.write:truncate=0.5"], Invariant::MergedEqualsSegments, "merged audio")]
#[case::slow_merge_lock(
    &["--fault=merge.lock:sleep=400ms", "--max-merge-wait=200ms", "--concurrency=8"],
    Invariant::MergeWaitLongest,
    "for the merge lock"
)]
#[case::much_waiting_for_merges(
    &["--fault=merge.lock:sleep=150ms", "--max-merge-wait-total=100ms"],
    Invariant::MergeWaitTotal,
    "waited"
)]
#[tokio::test]
async fn what_is_wrong_turns_the_soak_red_by_its_name_and_leaves_evidence(
    #[case] args: &[&str],
    #[case] invariant: Invariant,
    #[case] says: &str,
) {
    let ran = short(args).ran().await;
    let result = ran.exited(1).result();
    let first = result
        .failures
        .iter()
        .find(|failure| failure.invariant == invariant);
    let first = first.unwrap_or_else(|| panic!("{invariant} was not named\n{}", ran.said()));
    assert!(first.text.contains(says), "{}", first.text);
    assert!(
        result
            .reasons
            .iter()
            .any(|reason| reason.starts_with(invariant.as_str())),
        "{:?}",
        result.reasons
    );
    let kept: Value = serde_json::from_str(&ran.evidence("violation.json")).unwrap();
    assert_eq!(kept["violation"]["text"], result.failures[0].text.as_str());
    assert!(!kept["before"].as_array().unwrap().is_empty(), "{kept}");
    assert!(ran.evidence("server.log").lines().count() > 0);
    let exchanges = ran.evidence("exchanges.jsonl");
    match &result.failures[0].job_id {
        // Of the job itself: its submit, and whatever was asked of it.
        Some(job) => assert!(exchanges.contains(job.as_str()), "{exchanges}"),
        None => assert!(exchanges.contains("/v1/admin/status"), "{exchanges}"),
    }
}

#[tokio::test]
async fn what_adds_up_over_the_run_breaks_one_window_and_not_all_that_come_after() {
    let args = ["--fault=merge.lock:sleep=150ms", "--max-merge-wait-total=100ms"];
    let ran = short(&args).ran().await;
    let result = ran.exited(1).result();
    let total = Invariant::MergeWaitTotal;
    assert_eq!(broken(&result), [total]);
    assert_eq!(result.failures.len(), 1, "{:?}", result.failures);
    let windows = &result.windows;
    assert!(windows.len() >= 2, "{windows:#?}");
    assert_eq!(
        windows
            .iter()
            .filter(|window| window.broken.contains(&total))
            .count(),
        1
    );
}

#[tokio::test]
async fn nothing_but_the_fault_is_named() {
    let ran = short(&["--fault=merge.write:truncate=0.5"]).ran().await;
    assert_eq!(broken(&ran.exited(1).result()), [Invariant::MergedEqualsSegments]);
}

#[tokio::test]
async fn a_foreign_target_is_soaked_and_its_leaks_are_not_judged_without_its_warm_up() {
    let server = server(&[]).await;
    let base = server.base_url();
    let args = [
        "run",
        "--api-base",
        base,
        "--duration=1s",
        "--window=500ms",
        "--cancel-every=2",
    ];
    let ran = soak(&args).ran().await;
    let result = ran.exited(3).result();
    assert_eq!(result.api_base, base);
    assert!(result.server_args.is_empty() && result.failures.is_empty());
    assert!(
        result
            .reasons
            .iter()
            .any(|reason| reason.contains("when warm-up is over is not known")),
        "{:?}",
        result.reasons
    );
    assert!(result.warm_up.rule.contains("--warm-up"));
    let said = soak(&[&args[..], &["--warm-up=100ms"]].concat()).ran().await;
    let reasons = said.exited(3).result().reasons;
    assert!(
        reasons.iter().all(|reason| !reason.contains("not known")),
        "{reasons:?}"
    );
}

#[tokio::test]
async fn an_interrupted_soak_ends_with_a_report_and_stops_its_server() {
    let ran = soak(&["run", "--duration=60s", "--window=500ms"])
        .signaled(Signal::INT)
        .await;
    let result = ran.exited(130).result();
    assert_eq!(result.error.as_deref(), Some("interrupted"));
    assert!(result.cycles > 0 && result.duration_seconds < 50.0 && !result.pass);
    assert!(result.status_end.is_some() && !result.windows.is_empty());
    let (_, port) = result.api_base.rsplit_once(':').unwrap();
    let connected = tokio::net::TcpStream::connect(("127.0.0.1", port.parse().unwrap())).await;
    assert!(
        connected.is_err(),
        "nobody listens any more at {}",
        result.api_base
    );
}

#[tokio::test]
async fn a_server_that_dies_in_the_middle_is_told_with_its_last_words() {
    let ran = short(&["--fault=http.job:crash=true,after_n=5"]).ran().await;
    let result = ran.exited(4).result();
    let error = result.error.unwrap();
    assert!(
        error.contains("the server ended in the middle of the run"),
        "{error}"
    );
    assert!(!result.pass && result.status_start.is_some() && result.status_end.is_none());
}

#[tokio::test]
async fn a_foreign_server_that_goes_away_ends_the_soak() {
    let server = server(&[]).await;
    let pid = Pid::from_raw(server.pid().try_into().unwrap()).unwrap();
    let ran = soak(&[
        "run",
        "--api-base",
        server.base_url(),
        "--duration=60s",
        "--window=500ms",
    ])
    .disturbed(async |_| kill_process(pid, Signal::KILL).unwrap())
    .await;
    let error = ran.exited(4).result().error.unwrap();
    assert!(error.contains("the target has not been reached for"), "{error}");
}

#[tokio::test]
async fn a_target_that_nobody_answers_at_cannot_be_soaked() {
    let ran = soak(&[
        "run",
        "--api-base",
        "http://127.0.0.1:1",
        "--timeout-health=200ms",
    ])
    .ran()
    .await;
    let result = ran.exited(4).result();
    assert!(result.error.unwrap().contains("is not ready"), "{}", ran.said());
}

#[rstest]
#[case::duration(&["run", "--duration=0"], "--duration")]
#[case::window(&["run", "--duration=1s", "--window=2s"], "--window 2s is longer than --duration 1s")]
#[case::rate(&["run", "--max-error-rate=2"], "a number from 0 to 1")]
#[case::growth(&["run", "--max-rss-growth=-1"], "--max-rss-growth")]
#[case::concurrency(&["run", "--concurrency=0"], "--concurrency")]
#[case::fault_of_a_foreign_target(&["run", "--api-base=http://127.0.0.1:1", "--fault=synth:sleep=1s"], "--fault")]
#[case::leak(&["prove", "--leak-bytes-per-s=0"], "--leak-bytes-per-s")]
#[case::nothing(&[], "Usage")]
#[tokio::test]
async fn what_cannot_be_meant_is_refused_and_named(#[case] args: &[&str], #[case] says: &str) {
    let ran = soak(args).ran().await;
    assert!(ran.exited(2).stderr.contains(says), "{}", ran.said());
    assert!(!ran.dir.path().join("artifacts").exists());
}

#[tokio::test]
async fn a_fault_that_the_server_refuses_is_told_with_its_words() {
    let ran = short(&["--fault=synth:nonsense=1"]).ran().await;
    let error = ran.exited(4).result().error.unwrap();
    assert!(error.contains("nonsense"), "{error}");
}

#[rstest]
#[case::json("json", "\"cancel_every\": 2")]
#[case::junit("junit", "<testsuite name=\"invariants\"")]
#[case::markdown("markdown", "## ✅ Soak: passed (exit 0)")]
#[tokio::test]
async fn the_result_is_shown_in_the_form_that_was_asked_for(#[case] format: &str, #[case] says: &str) {
    let ran = short(&["--format", format]).ran().await;
    assert!(ran.exited(0).stdout.contains(says), "{}", ran.said());
}

#[tokio::test]
async fn a_proof_that_is_too_short_proves_nothing() {
    let ran = soak(&["prove", "--duration=11s"]).ran().await;
    assert!(ran.exited(3).stdout.contains("too little data"), "{}", ran.said());
    for name in ["leaking", "healthy"] {
        assert!(
            ran.dir
                .path()
                .join(format!("artifacts/soak-proof/{name}.json"))
                .is_file()
        );
    }
}
