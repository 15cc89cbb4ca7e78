//! Runs that cannot be made, cannot be trusted, or are interrupted.

use rstest::rstest;
use rustix::process::Signal;
use test_support::Run;

use crate::harness::{Result as _, own, profile, soak};

#[tokio::test]
async fn a_generator_that_sends_late_makes_no_verdict_and_says_what_to_change() {
    let ran = soak(["load", "mine.toml", "--max-send-lag=1us"])
        .with_server()
        .with_file("mine.toml", &profile("thresholds = [\"failed < 1 %\"]", "health"))
        .ran()
        .await;
    let result = ran.exited(3).result("mine");
    assert!(
        result.reasons[0].text.contains("lower the rate"),
        "{:?}",
        result.reasons
    );
}

#[tokio::test]
async fn too_few_descriptors_are_told_with_the_limit() {
    let limited = [
        "-c",
        "ulimit -n 100; exec \"$0\" \"$@\"",
        env!("CARGO_BIN_EXE_soak"),
        "load",
        "mine.toml",
    ];
    let text = profile("thresholds = [\"failed < 1 %\"]", "health")
        .replace("start = 2", "start = 200")
        .replace("to = 2 }", "to = 200 }");
    let ran = Run::of("/bin/sh", limited)
        .with_server()
        .with_file("mine.toml", &text)
        .ran()
        .await;
    let result = ran.exited(4).result("mine");
    assert!(
        result
            .error
            .as_ref()
            .is_some_and(|error| error.contains("hard limit (ulimit -Hn) is 100")),
        "{:?}",
        result.error
    );
}

#[rstest]
#[case::no_profile(&["load", "lihgt"], "there is no profile \"lihgt\"; legal: baseline, light")]
#[case::no_file(&["load", "none.toml"], "read profile none.toml")]
#[case::a_bad_file(&["load", "bad.toml"], "profile bad.toml: thresholds: threshold \"chekcs > 99 %\": unknown metric")]
#[case::a_bad_scale(&["load", "light", "--scale=0"], "legal: a number from 0.0001 to 100")]
#[case::a_bad_fault(&["load", "light", "--fault=synth"], "STAGE:KIND=VALUE")]
#[case::part_of_a_baseline(&["load", "light", "--update-baseline"], "--update-baseline needs profile baseline")]
#[case::the_page_over_the_result(&["load", "light", "--out-json=a.html"], "are both a.html")]
#[tokio::test]
async fn what_cannot_be_meant_ends_with_usage(#[case] args: &[&str], #[case] says: &str) {
    let bad = profile("thresholds = [\"chekcs > 99 %\"]", "health");
    let ran = soak(args).with_file("bad.toml", &bad).ran().await;
    ran.exited(2);
    assert!(ran.stderr.contains(says), "{}", ran.said());
}

#[tokio::test]
async fn an_interrupted_run_comes_to_rest_and_leaves_its_report() {
    let text =
        profile("thresholds = [\"failed < 1 %\"]", "create").replace("lasts = \"1s\"", "lasts = \"10m\"");
    let ran = own("mine.toml", &[])
        .with_file("mine.toml", &text)
        .signaled(Signal::INT)
        .await;
    let result = ran.exited(130).says("2 users").result("mine");
    assert_eq!(result.error.as_deref(), Some("interrupted"));
    assert!(
        result.invariants.iter().all(|invariant| invariant.pass),
        "{:?}",
        result.invariants
    );
    assert!(result.steps.iter().any(|step| step.requests > 0));
}
