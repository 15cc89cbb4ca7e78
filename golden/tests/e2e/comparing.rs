//! Base against head: two real servers side by side, slowed, broken, dead and silent.

use rstest::rstest;
use run_report::{Arm, CompareReasonKind, CompareRun, ComparedTest, RunExit, SameTexts};
use rustix::process::Signal;

use crate::{harness::golden, tamper::in_front_of};
use test_support::{Ran, Run, server, server_program};

/// With seven runs an arm, three timed values are enough to show a slowdown.
const SMALL: [&str; 6] = ["--filter", "test_1", "--cache", "cold", "--runs", "7"];

fn command(args: &str) -> String {
    format!(
        "{} serve --listen {{listen}} --voice-cost fast {args}",
        server_program().display()
    )
}

/// Both servers by commands; `args` come last.
fn compare(base: &str, head: &str, args: &[&str]) -> Run {
    golden([&["compare", "--base", base, "--head", head], args].concat())
}

fn result(ran: &Ran) -> CompareRun {
    ran.stored("artifacts/compare.json", CompareRun::from_json, |run| {
        run.exit_code.code()
    })
}

fn value<'a>(result: &'a CompareRun, label: &str) -> &'a ComparedTest {
    result
        .tests
        .iter()
        .find(|test| test.label() == label)
        .unwrap_or_else(|| panic!("no {label} in {:?}", result.tests))
}

fn red(result: &CompareRun) -> Vec<String> {
    let red = result
        .tests
        .iter()
        .filter(|test| test.verdict.as_str() == "regressed");
    red.map(ComparedTest::label).collect()
}

async fn nobody_listens_at(arm: &str) {
    let (_, port) = arm.rsplit_once(':').unwrap();
    let connected = tokio::net::TcpStream::connect(("127.0.0.1", port.parse().unwrap())).await;
    assert!(connected.is_err(), "nobody listens any more at {arm}");
}

#[tokio::test]
async fn a_slower_head_goes_red_and_the_stage_is_named() {
    let head = command("--fault synth:sleep=300ms");
    let ran = compare(&command(""), &head, &SMALL).ran().await;
    let result = result(ran.exited(1));
    let red = red(&result);
    for label in ["test_1 (cold)", "test_1.first_ready (cold)"] {
        assert!(red.iter().any(|red| red == label), "{red:?}");
    }
    let slow = value(&result, "test_1 (cold)");
    let explain = slow.explain.as_ref().unwrap();
    assert_eq!(explain.stage.to_string(), "synth", "{explain:?}");
    assert!(slow.ratio.unwrap().estimate > 2.0, "{:?}", slow.ratio);
    assert!(ran.stdout.contains("synth grew by"), "{}", ran.said());
    // On a busy machine one more may be red by chance, for which seven pairs leave room.
    assert!(red.len() <= 3, "{red:?}");
    let not_red: Vec<_> = result
        .tests
        .iter()
        .filter(|test| !red.contains(&test.label()))
        .collect();
    assert!(!not_red.is_empty(), "{red:?}");
    for test in not_red {
        assert!(test.explain.is_none() && test.shortage.is_none(), "{test:?}");
    }
    assert!(result.head.given.contains("synth:sleep=300ms"));
    for arm in Arm::ALL {
        assert_eq!(slow.samples(arm).len(), 7);
        assert_eq!(result.arm(arm).status_end.as_ref().unwrap()["active_jobs"], 0);
        nobody_listens_at(result.arm(arm).api_base.as_ref().unwrap()).await;
    }
    let firsts = slow.first.iter().filter(|arm| **arm == Arm::Base).count();
    assert_eq!((slow.first.len(), firsts), (7, 4), "each arm is first in turn");
}

/// The second run makes a false alarm of this test's machine a chance of one in ten thousand.
#[tokio::test]
async fn the_same_build_against_itself_is_green() {
    let args = [&SMALL[..], &["--confirm"]].concat();
    let ran = compare(&command(""), &command(""), &args).ran().await;
    let result = result(ran.exited(0));
    assert!(result.same_target && result.pass);
    assert!(result.tests.iter().all(|test| test.detectable_ratio.is_some()));
    assert!(
        ran.stdout
            .contains("smallest slowdown that could have been shown with 80 % power")
    );
    assert!(
        result.notices.iter().any(|notice| notice.contains("false alarm")),
        "{:?}",
        result.notices
    );
}

/// All values of the test are decided at the first look, so its other runs are not made.
#[tokio::test]
async fn a_red_result_that_is_red_again_stays_red_and_is_decided_early() {
    let args = [
        "--filter",
        "cancel",
        "--cache",
        "cold",
        "--runs",
        "14",
        "--confirm",
    ];
    let ran = compare(&command(""), &command("--fault http.cancel:sleep=300ms"), &args)
        .ran()
        .await;
    let result = result(ran.exited(1));
    let slow = value(&result, "cancel.cancel_ack (cold)");
    assert_eq!(slow.confirmed, Some(true));
    assert_eq!((slow.head.len(), slow.time.worse.shown_after_pairs), (7, Some(7)));
    assert_eq!(slow.explain.as_ref().unwrap().stage.to_string(), "http.cancel");
    let confirmation = result.confirmation.as_ref().unwrap();
    assert_eq!(confirmation.tests.len(), 1);
    assert!(
        (confirmation.error - 0.0001).abs() < 1e-12,
        "{}",
        confirmation.error
    );
    assert!(ran.stdout.contains("regressed, twice"), "{}", ran.said());
}

#[tokio::test]
async fn a_red_result_that_is_not_red_again_is_not_reported() {
    let args = [
        "--filter",
        "cancel",
        "--cache",
        "cold",
        "--runs",
        "5",
        "--confirm",
    ];
    // One run to warm up and five that count; the second time nothing is slow any more.
    let head = command("--fault http.cancel:sleep=300ms,count=6");
    let ran = compare(&command(""), &head, &args).ran().await;
    let result = result(ran.exited(0));
    let once = value(&result, "cancel.cancel_ack (cold)");
    assert_eq!(
        (once.verdict.as_str(), once.confirmed),
        ("not shown", Some(false))
    );
    assert!(ran.stdout.contains("not shown, red once"), "{}", ran.said());
}

#[tokio::test]
async fn each_arm_has_its_own_token() {
    let base = server(&["--api-token", "of-base"]).await;
    let head = server(&["--api-token", "of-head"]).await;
    let args = [
        "--filter",
        "cancel",
        "--cache",
        "cold",
        "--runs",
        "5",
        "--confirm",
    ];
    let tokens = [
        "--base-bearer-token-env",
        "BASE_TOKEN",
        "--bearer-token-env",
        "TOKEN",
    ];
    let golden = compare(base.base_url(), head.base_url(), &[&args[..], &tokens].concat());
    let ran = golden
        .env("BASE_TOKEN", "of-base")
        .env("TOKEN", "of-head")
        .ran()
        .await;
    let result = result(ran.exited(0));
    assert!(!result.same_target && !result.to_json().unwrap().contains("of-base"));
    let ran = compare(base.base_url(), head.base_url(), &args).ran().await;
    assert!(ran.exited(4).stdout.contains("401"), "{}", ran.said());
}

/// Head answers as fast as base, and says of nothing that it came from its cache.
#[tokio::test]
async fn a_broken_cache_does_not_hide_behind_equal_times() {
    let (base, head) = (server(&[]).await, server(&[]).await);
    let sound = in_front_of(base.base_url(), |_| {}).await;
    let broken = in_front_of(head.base_url(), |answer| {
        answer.json(|body| {
            let segments = body["manifest"]["segments"].as_array_mut();
            for segment in segments.into_iter().flatten() {
                segment["cached"] = false.into();
            }
        });
    })
    .await;
    let args = ["--filter", "test_1", "--runs", "8"];
    let ran = compare(&sound, &broken, &args).ran().await;
    let result = result(ran.exited(1));
    let warm = value(&result, "test_1 (warm)");
    assert_eq!(warm.verdict.as_str(), "regressed");
    assert_eq!(
        (warm.fast_ready.base, warm.fast_ready.head, warm.fast_ready.of),
        (8, 0, 8)
    );
    assert!(warm.hits.unwrap().worse.is_shown(), "{warm:?}");
    assert!(
        ran.stdout.contains("finds less in its cache: base 8/8, head 0/8"),
        "{}",
        ran.said()
    );
    // Warm times are about the cache and are not dropped.
    assert!(warm.base_median_s.is_some() && warm.shortage.is_none());
}

#[tokio::test]
async fn one_server_under_two_names_is_noticed_by_what_its_cache_knows() {
    let server = server(&[]).await;
    let other = server.base_url().replace("127.0.0.1", "localhost");
    let args = [&SMALL[..], &["--confirm"]].concat();
    let ran = compare(server.base_url(), &other, &args).ran().await;
    let result = result(ran.exited(0));
    assert!(!result.same_target);
    assert_eq!(result.plan.texts, SameTexts::Own);
    assert!(
        result
            .tests
            .iter()
            .all(|test| test.fast_ready.base + test.fast_ready.head == 0)
    );
}

#[tokio::test]
async fn two_equal_urls_are_a_run_of_a_server_against_itself() {
    let server = server(&[]).await;
    let args = [
        "--filter",
        "cancel",
        "--cache",
        "cold",
        "--runs",
        "5",
        "--confirm",
    ];
    let ran = compare(server.base_url(), server.base_url(), &args).ran().await;
    let result = result(ran.exited(0));
    assert!(result.same_target && result.base.starts == 0);
    assert_eq!(result.plan.texts, SameTexts::Own);
}

#[tokio::test]
async fn one_at_a_time_never_has_both_servers_up() {
    // Both commands want the same port, so that the one could not start while the other runs.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let server = format!(
        "{} serve --listen 127.0.0.1:{port} --voice-cost fast",
        server_program().display()
    );
    let args = [
        &["--filter", "cancel", "--cache", "cold", "--runs", "5"][..],
        &["--one-at-a-time", "--confirm"],
    ]
    .concat();
    let ran = compare(&server, &format!("{server} --workers 3"), &args)
        .ran()
        .await;
    let result = result(ran.exited(0));
    // One pair to warm up, and five pairs in which two visits in a row are of one arm.
    assert_eq!((result.base.starts, result.head.starts), (4, 4));
}

#[tokio::test]
async fn a_budget_gives_the_number_of_runs_and_says_why() {
    let args = [
        "--filter",
        "cancel",
        "--cache",
        "cold",
        "--budget",
        "60s",
        "--max-characters",
        "120000",
        "--confirm",
    ];
    let ran = compare(&command(""), &command(""), &args).ran().await;
    let result = result(ran.exited(0));
    assert!(
        result.plan.runs_because.contains("a budget of 1m"),
        "{}",
        result.plan.runs_because
    );
    let floor = result.plan.floor.unwrap();
    assert!((floor..=100).contains(&result.plan.runs), "{}", result.plan.runs);
    let submitted = result.base.characters + result.head.characters;
    assert!(submitted <= 120_000, "{submitted}");
}

#[rstest]
#[case::few_runs(&["--runs", "5", "--filter", "test_1", "--cache", "cold"], "legal for 3 timed values: 6 to 100")]
#[case::short_budget(&["--budget", "1ms", "--filter", "test_1", "--cache", "cold"], "could not show any slowdown")]
#[tokio::test]
async fn too_few_runs_to_show_anything_are_inconclusive_at_once(#[case] args: &[&str], #[case] says: &str) {
    let ran = compare(&command(""), &command(""), args).ran().await;
    let result = result(ran.exited(3));
    assert!(
        result.error.as_ref().unwrap().contains(says),
        "{:?}",
        result.error
    );
    assert!(ran.stdout.contains(says), "{}", ran.said());
}

#[rstest]
#[case::dies(
    "--fault http.job:crash,after_n=8",
    "head: the server ended in the middle of the comparison"
)]
#[case::never_listens("--no-such-flag", "head: ")]
#[tokio::test]
async fn a_head_that_is_gone_cannot_be_compared(#[case] head: &str, #[case] says: &str) {
    let ran = compare(&command(""), &command(head), &SMALL).ran().await;
    let result = result(ran.exited(4));
    assert!(
        result.error.as_ref().unwrap().contains(says),
        "{:?}",
        result.error
    );
    if let Some(base) = &result.base.api_base {
        nobody_listens_at(base).await;
    }
}

#[tokio::test]
async fn a_base_that_is_no_program_is_named() {
    let ran = compare("/nonexistent/server --port {port}", &command(""), &SMALL)
        .ran()
        .await;
    let result = result(ran.exited(4));
    let error = result.error.unwrap();
    assert!(
        error.contains("base: start /nonexistent/server: No such file"),
        "{error}"
    );
}

/// A server that stalls is not slow, it gives no time at all.
#[tokio::test]
async fn a_head_that_never_answers_is_insufficient_with_its_evidence() {
    let args = [&SMALL[..], &["--timeout-job", "5s"]].concat();
    let ran = compare(&command(""), &command("--fault synth:stall,after_n=3"), &args)
        .ran()
        .await;
    let result = result(ran.exited(3));
    let failure = &result.failures[0];
    assert_eq!((failure.arm, failure.test.as_str()), (Arm::Head, "test_1"));
    assert!(!failure.reason.is_empty(), "{failure:?}");
    let kinds: Vec<CompareReasonKind> = result.verdict_reasons.iter().map(|reason| reason.kind).collect();
    assert!(kinds.contains(&CompareReasonKind::Insufficient), "{kinds:?}");
    assert!(
        ran.stdout.contains("usable runs an arm"),
        "the floor is told\n{}",
        ran.said()
    );
}

#[tokio::test]
async fn an_interrupt_stops_both_servers_and_writes_what_was_seen() {
    let args = ["--filter", "test_1", "--cache", "cold", "--runs", "100"];
    let ran = compare(&command(""), &command(""), &args)
        .signaled(Signal::INT)
        .await;
    let result = result(ran.exited(130));
    assert_eq!(result.exit_code, RunExit::Interrupted);
    for arm in Arm::ALL {
        nobody_listens_at(result.arm(arm).api_base.as_ref().unwrap()).await;
    }
}

#[tokio::test]
async fn a_slow_comparison_ends_by_its_time_limit_without_a_verdict() {
    let args = [
        "--filter",
        "test_1",
        "--cache",
        "cold",
        "--runs",
        "100",
        "--timeout-total",
        "4s",
    ];
    // So that no machine is fast enough for 200 jobs.
    let slow = command("--fault synth:sleep=200ms");
    let ran = compare(&slow, &slow, &args).ran().await;
    let result = result(ran.exited(3));
    assert!(result.error.unwrap().contains("did not end within 4s"));
}

#[rstest]
#[case::quote(&["--head", "sh -c 'x"], "a quote has no end")]
#[case::runs(&["--head", "x", "--runs", "101"], "runs is 101, legal is 1 to 100 runs an arm")]
#[case::both(&["--head", "x", "--runs", "9", "--budget", "1m"], "cannot be used with")]
#[case::effect(&["--head", "x", "--smallest-effect", "-1"], "smallest_effect is -1, legal is 0 to 10")]
#[case::filter(&["--head", "x", "--filter", "nothing"], "no test's name contains that")]
#[case::characters(&["--head", "x", "--max-characters", "1000"], "--max-characters allows 1000")]
#[case::token(&["--head", "x", "--head-bearer-token-env", "NOBODY"], "--head-bearer-token-env NOBODY: there is no such")]
#[case::no_head(&[], "--head")]
#[tokio::test]
async fn what_cannot_be_meant_is_refused(#[case] args: &[&str], #[case] says: &str) {
    let ran = golden([&["compare", "--base", "x"], args].concat()).ran().await;
    ran.exited(2);
    assert!(ran.stderr.contains(says), "{}", ran.said());
}

#[tokio::test]
async fn every_format_is_written_and_ci_is_told() {
    let golden = compare("/nonexistent/a", "/nonexistent/b", &["--format", "markdown"])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", "summary.md");
    let ran = golden.ran().await;
    ran.exited(4);
    assert!(
        ran.stdout
            .contains("## ❌ Head against base: could not run (exit 4)"),
        "{}",
        ran.said()
    );
    assert!(
        ran.stdout.contains("::error title=compare could not run::"),
        "{}",
        ran.said()
    );
    let summary = std::fs::read_to_string(ran.dir.path().join("summary.md")).unwrap();
    assert!(summary.contains("Head against base"), "{summary}");
    let junit = compare("/nonexistent/a", "/nonexistent/b", &["--format", "junit"])
        .ran()
        .await;
    assert!(
        junit.exited(4).stdout.contains("type=\"could_not_run\""),
        "{}",
        junit.said()
    );
}

#[tokio::test]
async fn a_calibration_goes_on_where_it_was_stopped_and_mixes_nothing() {
    let state = tempfile::tempdir().unwrap();
    let file = state.path().join("suites.jsonl");
    let calibrate = async |suites: &str, runs: &str| {
        let args = [
            "calibrate",
            "--server",
            &command(""),
            "--suites",
            suites,
            "--runs",
            runs,
        ];
        let rest = ["--filter", "cancel", "--cache", "cold", "--confirm", "--state"];
        let golden = golden([&args[..], &rest[..], &[file.to_str().unwrap()]].concat());
        golden.ran().await
    };
    let lines = || std::fs::read_to_string(&file).unwrap().lines().count();
    calibrate("1", "5").await.exited(0);
    assert_eq!(lines(), 1);
    let ran = calibrate("2", "5").await;
    assert!(
        ran.exited(0).stderr.contains("suite 2 of 2: nothing found"),
        "{}",
        ran.said()
    );
    assert!(ran.stdout.contains("0 of 2 comparisons"), "{}", ran.said());
    assert!(
        ran.stdout.contains("at most 77.6 % with 95 % confidence"),
        "{}",
        ran.said()
    );
    assert_eq!(lines(), 2);
    let other = calibrate("3", "6").await;
    assert!(
        other.exited(4).stderr.contains("another plan"),
        "{}",
        other.said()
    );
    std::fs::write(&file, "{\"of\": 1}\n").unwrap();
    let broken = calibrate("3", "5").await;
    assert!(
        broken
            .exited(4)
            .stderr
            .contains("line 1: no outcome of a comparison"),
        "{}",
        broken.said()
    );
}
