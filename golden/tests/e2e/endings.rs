//! However a run ends: its result is written, its exit code is the documented one, and it leaves nothing behind.

use std::time::Duration;

use rstest::rstest;
use run_report::TestStatus;
use rustix::process::Signal;

use crate::harness::{Result as _, at, golden, own, test};
use test_support::{client, server};

#[rstest]
#[case::interrupt(Signal::INT)]
#[case::terminate(Signal::TERM)]
#[tokio::test]
async fn an_interrupted_run_writes_what_it_saw_and_cancels_its_jobs(#[case] signal: Signal) {
    let server = server(&[]).await;
    let ran = at(server.base_url(), &["--filter", "cancel"])
        .signaled(signal)
        .await;
    let result = ran.exited(130).result();
    assert_eq!(result.error.as_deref(), Some("interrupted"));
    assert!(!result.pass);
    let cut = result
        .tests
        .iter()
        .filter(|test| test.reason.as_deref() == Some("not run: interrupted"));
    assert!(cut.count() > 0, "{:#?}", result.tests);
    assert_eq!(result.status_end.unwrap()["active_jobs"], 0);
}

#[tokio::test]
async fn an_interrupted_run_stops_the_server_that_it_started() {
    let golden = own(&["--filter", "cancel"]);
    let ran = golden.signaled(Signal::INT).await;
    let result = ran.exited(130).result();
    let (_, port) = result.api_base.rsplit_once(':').unwrap();
    let connected = tokio::net::TcpStream::connect(("127.0.0.1", port.parse().unwrap())).await;
    assert!(
        connected.is_err(),
        "nobody listens any more at {}",
        result.api_base
    );
}

#[tokio::test]
async fn a_server_that_dies_in_the_middle_is_reported_with_its_last_words() {
    let ran = own(&["--filter", "test_", "--fault", "http.job:crash,after_n=3"])
        .ran()
        .await;
    let result = ran.exited(4).result();
    assert!(
        result
            .error
            .as_ref()
            .unwrap()
            .contains("the server ended in the middle of the run"),
        "{:?}",
        result.error
    );
    assert_ne!(test(&result, "test_3").status, TestStatus::Passed);
}

#[tokio::test]
async fn a_server_that_does_not_start_is_reported_with_its_last_words() {
    let ran = own(&["--server-arg=--workers=none"]).ran().await;
    let result = ran.exited(4).result();
    let error = result.error.unwrap();
    assert!(
        error.contains("ended before it listened") && error.contains("--workers"),
        "{error}"
    );
}

#[tokio::test]
async fn a_server_program_that_is_not_there_is_named() {
    let ran = golden(["run", "--server-bin", "/nonexistent/server"]).ran().await;
    assert!(
        ran.exited(4)
            .result()
            .error
            .unwrap()
            .contains("/nonexistent/server")
    );
}

#[tokio::test]
async fn a_target_that_cannot_be_reached_could_not_be_tested() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let ran = at(&format!("http://{closed}"), &["--timeout-health", "300ms"])
        .ran()
        .await;
    let error = ran.exited(4).result().error.unwrap();
    assert!(
        error.contains("is not ready after 300ms") && error.contains("no connection"),
        "{error}"
    );
}

#[tokio::test]
async fn too_few_workers_stop_the_run() {
    let server = server(&["--workers", "2"]).await;
    let ran = at(
        server.base_url(),
        &["--timeout-health", "300ms", "--min-workers", "3"],
    )
    .ran()
    .await;
    let error = ran.exited(4).result().error.unwrap();
    assert!(error.contains("2 workers online, --min-workers is 3"), "{error}");
}

#[tokio::test]
async fn a_run_that_takes_too_long_as_a_whole_fails_with_what_it_saw() {
    let server = server(&[]).await;
    let flags = [
        "--filter",
        "cancel",
        "--filter",
        "head",
        "--timeout-total",
        "700ms",
    ];
    let result = at(server.base_url(), &flags).ran().await.exited(1).result();
    assert!(
        result
            .error
            .as_ref()
            .unwrap()
            .contains("did not end within 700ms"),
        "{:?}",
        result.error
    );
    assert_eq!(test(&result, "head_transition").status, TestStatus::Passed);
    assert_eq!(test(&result, "cancel").status, TestStatus::Skipped);
}

#[tokio::test]
async fn more_characters_than_allowed_are_refused_with_both_numbers() {
    let ran = golden(["run", "--max-characters", "1000"]).ran().await;
    ran.exited(2);
    assert!(
        ran.stderr.contains("characters in") && ran.stderr.contains("allows 1000"),
        "{}",
        ran.said()
    );
}

#[tokio::test]
async fn a_filter_that_takes_nothing_is_refused() {
    let ran = golden(["run", "--filter", "no_such_test"]).ran().await;
    ran.exited(2);
    assert!(ran.stderr.contains("no_such_test"), "{}", ran.said());
}

#[tokio::test]
async fn on_a_shared_target_only_own_jobs_have_to_end() {
    let server = server(&["--fault", "synth:stall,text_contains=somebody"]).await;
    let posted = client()
        .build()
        .unwrap()
        .post(format!("{}/v1/tts/jobs", server.base_url()));
    posted
        .json(&serde_json::json!({"text": "A job of somebody else."}))
        .send()
        .await
        .unwrap();

    let flags = ["--filter", "head", "--drain-timeout", "300ms"];
    let alone = at(server.base_url(), &flags).ran().await;
    assert!(!alone.exited(1).result().correctness_pass);
    let shared = at(server.base_url(), &[&flags[..], &["--shared-target"]].concat())
        .ran()
        .await;
    let result = shared.exited(3).result();
    assert!(result.correctness_pass && result.shared_target);
    assert_eq!(result.status_end.unwrap()["active_jobs"], 1);
    let stopped = server.stop(Duration::from_secs(15)).await;
    assert!(stopped.is_ok());
}
