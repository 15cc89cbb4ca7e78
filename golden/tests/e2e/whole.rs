//! The whole suite against the reference server.

use perf_guard::CacheState;
use run_report::{RunExit, TestStatus};

use crate::harness::{Result as _, at, copy_cases, own};
use test_support::{ADMIN_TOKEN, server};

#[tokio::test]
async fn the_whole_suite_passes_and_keeps_to_what_it_announced() {
    let ran = own(&["--repeat", "1"]).ran().await;
    let result = ran.result();
    let failed: Vec<_> = result
        .tests
        .iter()
        .filter(|test| test.status == TestStatus::Failed)
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(result.correctness_pass);
    let skipped: Vec<&str> = result
        .tests
        .iter()
        .filter(|test| test.status == TestStatus::Skipped)
        .map(|test| test.name.as_str())
        .collect();
    assert_eq!(skipped, ["unauthorized", "proxy_head_parity"]);
    // Without a baseline nothing was judged, which is not a pass.
    assert_eq!(
        (result.exit_code, result.perf_checked, result.pass),
        (RunExit::Inconclusive, 0, false)
    );
    assert!(
        result
            .notices
            .iter()
            .any(|notice| notice.contains("golden run --update-baseline")),
        "{:?}",
        result.notices
    );

    let count =
        |status: &Option<serde_json::Value>| status.as_ref().unwrap()["jobs"]["submitted"].as_u64().unwrap();
    let submitted = count(&result.status_end) - count(&result.status_start);
    let plan = ran.stderr.lines().next().unwrap();
    let numbers: Vec<u64> = plan
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    assert!(
        submitted > 30 && submitted <= numbers[1],
        "{submitted} jobs; {plan}"
    );
    assert_eq!(result.status_end.unwrap()["active_jobs"], 0);
}

#[tokio::test]
async fn cold_and_warm_are_told_apart_by_what_the_server_says() {
    let ran = own(&["--repeat", "2", "--filter", "multi_segment"]).ran().await;
    let result = ran.result();
    let of = |cache| {
        result
            .tests
            .iter()
            .find(|test| test.cache == Some(cache))
            .unwrap()
    };
    assert_eq!(of(CacheState::Cold).cached_share, Some(0.0));
    assert_eq!(of(CacheState::Warm).cached_share, Some(1.0));
    assert_eq!(of(CacheState::Cold).repeats.len(), 2);
    let stages = &of(CacheState::Cold).stages_ms;
    for stage in [
        "http.submit",
        "http.job",
        "http.merged",
        "queue.lease",
        "synth",
        "encode",
        "store",
    ] {
        assert!(stages.get_ms(stage).is_some(), "{stage} in {stages:?}");
    }
}

#[tokio::test]
async fn an_own_server_and_one_that_runs_already_get_the_same_verdicts() {
    let flags = [
        "--repeat",
        "1",
        "--filter",
        "test_1",
        "--filter",
        "cap_then",
        "--filter",
        "no_job_text",
        "--filter",
        "metrics",
    ];
    let own = own(&flags).ran().await.result();
    let server = server(&[]).await;
    let remote = at(
        server.base_url(),
        &[&flags[..], &["--admin-token-env", "ADMIN"]].concat(),
    );
    let remote = remote.env("ADMIN", ADMIN_TOKEN).ran().await.result();
    let verdicts = |run: &run_report::GoldenRun| {
        run.tests
            .iter()
            .map(|test| (test.label(), test.status))
            .collect::<Vec<_>>()
    };
    assert_eq!(verdicts(&own), verdicts(&remote));
    assert_eq!(own.exit_code, remote.exit_code);
    assert_eq!(own.settings_digest.len(), remote.settings_digest.len());
}

#[tokio::test]
async fn without_the_admin_token_fault_tests_are_skipped_and_not_passed() {
    let server = server(&[]).await;
    let result = at(server.base_url(), &["--filter", "retry", "--filter", "unknown"])
        .ran()
        .await
        .result();
    let test = crate::harness::test(&result, "retry_then_ready");
    assert_eq!(test.status, TestStatus::Skipped);
    assert!(test.reason.as_ref().unwrap().contains("--admin-token-env"));
}

#[tokio::test]
async fn a_case_more_is_a_test_more_without_compiling() {
    let golden = own(&["--repeat", "1", "--filter", "my_own", "--cases", "cases"]);
    let cases = copy_cases(&golden);
    let mine = "name = \"my_own\"\nabout = \"mine\"\ntimed = true\nsegments_min = 1\nsegments_max = 1\ntext = \"Hello {nonce}.\"\n";
    std::fs::write(cases.join("mine.toml"), mine).unwrap();
    let result = golden.ran().await.result();
    assert_eq!(
        result.tests.iter().map(|test| test.label()).collect::<Vec<_>>(),
        ["my_own (cold)", "my_own (warm)"]
    );
    assert!(result.correctness_pass);
}
