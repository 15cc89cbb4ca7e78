//! The proof over the grid: it proves what it can, and is red or inconclusive when a guard is made blind.

use run_report::{CellOutcome, ProveRule, ProveRun};
use server_process::ServerProcess;

use crate::harness::golden;
use test_support::{ADMIN_TOKEN, Ran, Run, client, server};

/// A proof on a server of its own.
fn prove(args: &[&str]) -> Run {
    golden(["prove"]).with_server().args(args)
}

/// A proof on a server that runs already.
fn prove_at(server: &ServerProcess, args: &[&str]) -> Run {
    let start = [
        "prove",
        "--api-base",
        server.base_url(),
        "--admin-token-env",
        "PROVE_ADMIN_TOKEN",
    ];
    golden(start.iter().chain(args)).env("PROVE_ADMIN_TOKEN", ADMIN_TOKEN)
}

/// The result that it wrote, read strictly.
fn result(ran: &Ran) -> ProveRun {
    ran.stored("artifacts/prove.json", ProveRun::from_json, |run| {
        run.exit_code.code()
    })
}

fn reasons(proof: &ProveRun) -> String {
    let all: Vec<&str> = proof.verdict_reasons.iter().map(|r| r.text.as_str()).collect();
    all.join("; ")
}

async fn standing_faults(server: &ServerProcess) -> String {
    let url = format!("{}/v1/admin/faults", server.base_url());
    let http = client().build().unwrap();
    let request = http.get(url).header("x-admin-token", ADMIN_TOKEN);
    request.send().await.unwrap().text().await.unwrap()
}

/// One timed test, one stage, one magnitude: the fixed rule's threshold lies at some 0.3 s.
const SLOW_SYNTH: [&str; 10] = [
    "--stage",
    "synth",
    "--kind",
    "sleep",
    "--magnitude",
    "800ms",
    "--filter",
    "test_1",
    "--perf-add-seconds",
    "0.3",
];

/// One breakage and nothing else.
fn cut_store(filter: &str) -> [&str; 6] {
    ["--stage", "store", "--kind", "truncate", "--filter", filter]
}

fn list(ran: &Run, text: &str) -> String {
    let path = ran.dir.path().join("list.toml");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_slowdown_that_both_rules_catch_is_proven() {
    let ran = prove(&SLOW_SYNTH).ran().await;
    let proof = result(&ran);
    ran.exited(0);
    let synth = &proof.slowdowns[0];
    assert_eq!(synth.cells[0].outcome, CellOutcome::Caught);
    assert!(synth.cells[0].fired_total.unwrap() > 0);
    let smallest: Vec<_> = synth
        .smallest_caught
        .iter()
        .map(|s| (s.rule, s.magnitude_ms))
        .collect();
    assert_eq!(
        smallest,
        [
            (ProveRule::Fixed, Some(800.0)),
            (ProveRule::Statistical, Some(800.0))
        ]
    );
    assert!(proof.controls.iter().all(|control| control.judged > 0));
    assert_eq!(proof.voice_cost.as_deref(), Some("fast"));
    assert!(ran.stdout.contains("the guard is proven"), "{}", ran.said());
    assert!(
        ran.stderr.contains("left]"),
        "progress with the time left: {}",
        ran.said()
    );
}

#[tokio::test]
async fn limits_that_let_everything_through_are_found_out() {
    let args = [
        "--stage",
        "synth",
        "--kind",
        "sleep",
        "--magnitude",
        "300ms",
        "--filter",
        "test_1",
        "--perf-add-seconds",
        "30",
    ];
    let ran = prove(&args).ran().await;
    let proof = result(&ran);
    ran.exited(1);
    let says = "the fixed rule does not notice in test_1 (cold) synth:sleep=300ms";
    assert!(reasons(&proof).contains(says), "{}", ran.said());
    let statistical = &proof.slowdowns[0].smallest_caught[1];
    assert_eq!(statistical.magnitude_ms, Some(300.0), "the other rule sees it");
}

#[tokio::test]
async fn limits_beyond_the_timeout_of_a_job_are_refused() {
    let args = [
        "--stage",
        "synth",
        "--kind",
        "sleep",
        "--filter",
        "test_1",
        "--perf-add-seconds",
        "90",
    ];
    let ran = prove(&args).ran().await;
    assert!(
        reasons(&result(&ran)).contains("the fixed rule could never fire"),
        "{}",
        ran.said()
    );
    ran.exited(4);
}

#[tokio::test]
async fn a_check_that_was_taken_away_leaves_a_blind_spot() {
    let ran = prove(&cut_store("delete_job")).ran().await;
    let proof = result(&ran);
    ran.exited(1);
    assert_eq!(proof.breakages[0].outcome, CellOutcome::Missed, "{}", ran.said());
    assert!(proof.breakages[0].fired_total.unwrap() > 0);
    assert_eq!(
        reasons(&proof),
        "a blind spot: no test notices store:truncate=0.5"
    );
}

#[tokio::test]
async fn the_same_fault_is_noticed_by_the_tests_that_listen() {
    let ran = prove(&cut_store("audio_content")).ran().await;
    let proof = result(&ran);
    ran.exited(0);
    assert_eq!(proof.breakages[0].noticed_by, ["audio_content"]);
}

#[tokio::test]
async fn a_fault_at_a_stage_that_nobody_passes_is_inconclusive() {
    let args = [
        "--stage",
        "http.playlist",
        "--kind",
        "error",
        "--filter",
        "delete_job",
    ];
    let ran = prove(&args).ran().await;
    let proof = result(&ran);
    ran.exited(3);
    assert_eq!(proof.breakages[0].outcome, CellOutcome::NotFired);
    assert!(
        reasons(&proof).contains("http.playlist:error=500 never fired"),
        "{}",
        ran.said()
    );
}

#[tokio::test]
async fn an_accepted_blind_spot_passes_and_an_entry_for_what_is_noticed_fails() {
    const ENTRY: &str =
        "[[blind_spot]]\nstage = \"store\"\nkind = \"truncate=0.5\"\nreason = \"a test of the list\"\n";
    for (filter, code, says) in [
        (
            "delete_job",
            0,
            "accepted: no test notices store:truncate=0.5: a test of the list",
        ),
        (
            "audio_content",
            1,
            "its entry in the list of blind spots has to go",
        ),
    ] {
        let place = prove(&[]);
        let path = list(&place, ENTRY);
        let ran = prove(&[&cut_store(filter)[..], &["--blind-spots", &path]].concat())
            .ran()
            .await;
        ran.exited(code);
        assert!(ran.stdout.contains(says), "{}", ran.said());
    }
}

#[tokio::test]
async fn a_list_that_makes_no_sense_is_refused_by_its_place() {
    let place = prove(&[]);
    let path = list(
        &place,
        "[[blind_spot]]\nstage = \"stoer\"\nkind = \"stall\"\nreason = \"r\"\n",
    );
    let ran = prove(&["--blind-spots", &path]).ran().await;
    ran.exited(4);
    let says = "blind_spot[0]: stage: unknown stage \"stoer\"";
    assert!(reasons(&result(&ran)).contains(says), "{}", ran.said());
}

#[tokio::test]
async fn a_server_that_somebody_else_runs_is_proven_through_its_fault_routes_and_left_without_a_fault() {
    let server = server(&[]).await;
    let ran = prove_at(
        &server,
        &[
            "--stage",
            "http.playlist",
            "--kind",
            "error",
            "--filter",
            "playlist_order_and_growth",
        ],
    )
    .ran()
    .await;
    let proof = result(&ran);
    ran.exited(0);
    assert_eq!(proof.api_base, server.base_url());
    assert!(standing_faults(&server).await.contains("\"faults\":[]"));
}

#[tokio::test]
async fn an_interrupt_leaves_no_fault_behind() {
    let server = server(&[]).await;
    let args = ["--stage", "synth", "--kind", "stall", "--filter", "delete_job"];
    let ran = prove_at(&server, &args)
        .signaled(rustix::process::Signal::INT)
        .await;
    result(&ran);
    ran.exited(130);
    let faults = standing_faults(&server).await;
    assert!(faults.contains("\"faults\":[]"), "{faults}\n{}", ran.said());
    assert!(
        !faults.contains("\"fired_total\":0"),
        "it was cut short under the fault: {faults}"
    );
}

#[tokio::test]
async fn a_server_without_faults_or_with_one_already_cannot_be_proven() {
    let server = server(&["--fault", "http.cancel:sleep=1ms"]).await;
    let standing = prove_at(&server, &SLOW_SYNTH).ran().await;
    standing.exited(4);
    assert!(reasons(&result(&standing)).contains("1 fault rules stand there already"));

    let unknown = golden(["prove", "--api-base", server.base_url()]).ran().await;
    unknown.exited(4);
    let says =
        "takes no faults, so nothing can be proven on it: no admin token is known, see --admin-token-env";
    assert!(reasons(&result(&unknown)).contains(says), "{}", unknown.said());
}
