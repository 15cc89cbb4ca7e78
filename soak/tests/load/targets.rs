//! Targets of others.

use test_support::{ADMIN_TOKEN, server};

use crate::harness::{Result as _, at, profile};

#[tokio::test]
async fn a_target_of_others_is_loaded_and_left_running_without_our_faults() {
    let theirs = server(&["--max-active-jobs=100"]).await;
    let more = "thresholds = [\"checks{job_complete} > 99.5 %\"]\nfaults = [\"synth:sleep=1ms\"]";
    let ran = at(theirs.base_url(), "mine.toml", &["--admin-token-env=ADMIN"])
        .with_file("mine.toml", &profile(more, "create"))
        .env("ADMIN", ADMIN_TOKEN)
        .ran()
        .await;
    let result = ran.exited(0).result("mine");
    assert_eq!(result.api_base, theirs.base_url());
    let end = result.status_end.unwrap();
    assert!(
        end["faults_fired"].as_u64().unwrap() > 0,
        "the fault was there: {end}"
    );
    assert!(
        result
            .notices
            .iter()
            .any(|notice| notice.contains("--voice-cost fast")),
        "{:?}",
        result.notices
    );
    let client = audio_client::Client::new(
        &audio_client::ClientSettings {
            admin_token: Some(audio_client::Secret::new(ADMIN_TOKEN)),
            ..audio_client::ClientSettings::new(theirs.base_url())
        },
        audio_client::TargetProfile::reference().into(),
    )
    .unwrap();
    let left = client.faults().await.unwrap().done().unwrap().value;
    assert!(left.faults.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_target_that_lacks_what_a_profile_needs_is_refused_before_any_load() {
    let theirs = server(&[]).await;
    let cases = [
        (
            "pipeline",
            "600 active jobs, and its target profile says limits.max_active_jobs = 20",
        ),
        ("flaky-provider", "active jobs"),
        (
            "mine.toml",
            "it has to be given faults, and takes none; name its admin token",
        ),
    ];
    let text = profile(
        "thresholds = [\"failed < 1 %\"]\nfaults = [\"synth:sleep=1ms\"]",
        "health",
    );
    for (name, says) in cases {
        let soak = at(theirs.base_url(), name, &[]).with_file("mine.toml", &text);
        let ran = soak.ran().await;
        ran.exited(4);
        assert!(
            ran.stderr.contains("the target lacks what profile") && ran.stderr.contains(says),
            "{}",
            ran.said()
        );
    }
}

#[tokio::test]
async fn a_target_without_an_optional_route_is_loaded_with_the_rest_and_one_that_has_it_with_all() {
    let theirs = server(&[]).await;
    let text = profile("thresholds = [\"checks >= 100 %\", \"failed <= 0 %\"]", "status").replace(
        "weight = 1 }]",
        "weight = 1 }, { action = \"openapi\", weight = 1, optional = true }]",
    );
    let reference = include_str!("../../../golden/targets/reference.toml");
    let is_of_the_document =
        |line: &&str| line.trim_start().starts_with(['"', 'o']) && line.contains("openapi");
    let lines = reference.lines().filter(|line| !is_of_the_document(line));
    let without = lines.map(|line| format!("{line}\n")).collect::<String>();
    for (target, asked) in [(without.as_str(), false), (reference, true)] {
        let ran = at(theirs.base_url(), "mine.toml", &["--target", "target.toml"])
            .with_file("mine.toml", &text)
            .with_file("target.toml", target)
            .ran()
            .await;
        let result = ran.exited(0).result("mine");
        assert_eq!(result.steps.iter().any(|step| step.step == "openapi"), asked);
        let left_out = |notice: &String| notice.starts_with("action openapi is left out");
        assert_eq!(
            result.notices.iter().any(left_out),
            !asked,
            "{:?}",
            result.notices
        );
    }
}

#[tokio::test]
async fn nobody_at_the_address_is_no_run() {
    let ran = at("http://127.0.0.1:1", "light", &["--timeout-health=200ms"])
        .ran()
        .await;
    let result = ran.exited(4).result("light");
    assert!(result.steps.is_empty() && result.error.is_some());
}
