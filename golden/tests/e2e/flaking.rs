//! Many runs: green, red now and then, on busy cores, without a server, cut short. Whatever fails is kept.

use std::{path::Path, time::Duration};

use run_report::{FlakeRun, Phase, Subject};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::harness::{Result as _, golden, own};
use test_support::{Ran, Run};

fn flake(args: &[&str]) -> Run {
    golden(["flake", "--server-arg=--voice-cost=fast", "--repeat", "1"])
        .with_server()
        .args(args)
}

fn result(ran: &Ran) -> FlakeRun {
    ran.stored("artifacts/flake.json", FlakeRun::from_json, |run| {
        run.exit_code.code()
    })
}

#[tokio::test]
async fn what_never_fails_passes_in_every_phase_with_its_bound() {
    let ran = flake(&[
        "--runs",
        "2",
        "--filter",
        "head_transition",
        "--filter",
        "unknown",
    ])
    .ran()
    .await;
    let result = result(ran.exited(0));
    assert!(result.pass && result.failures.is_empty());
    for phase in Phase::ALL {
        let seen = result.phase(phase).unwrap();
        assert_eq!((seen.runs, seen.runs_failed), (2, 0));
        let head = seen
            .rates
            .iter()
            .find(|rate| rate.name == "head_transition")
            .unwrap();
        assert_eq!((head.passed, head.pass_rate), (2, Some(1.0)));
        assert!((head.flake_rate_upper_95 - (1.0 - 0.05_f64.sqrt())).abs() < 1e-5);
        assert_eq!(seen.busy_processes > 0, phase == Phase::Busy);
    }
    assert!(ran.stdout.contains("2/2, < 77.6 %"), "{}", ran.said());
    assert!(
        ran.stderr.contains("busy 2: passed") && ran.stderr.contains("left"),
        "{}",
        ran.said()
    );
    assert!(!ran.dir.path().join("artifacts/flake").exists());
}

/// Each run fetches one merged file. The requests are counted on the one server of the warm phase, so that which of them
/// fail is fixed by the fault's seed.
#[tokio::test]
async fn a_test_that_fails_now_and_then_is_reported_with_its_rate_and_its_evidence() {
    let fault = "http.merged:error=500,p=0.5";
    let flags = [
        "--phase",
        "warm",
        "--runs",
        "8",
        "--filter",
        "merged_equals_segments",
        "--concurrency",
        "1",
        "--fault",
        fault,
    ];
    let ran = flake(&flags).ran().await;
    let result = result(ran.exited(1));
    let warm = result.phase(Phase::Warm).unwrap();
    assert_eq!(warm.runs, 8);
    assert!(warm.runs_failed > 0, "{}", ran.said());
    let rate = warm.rates.iter().find(|rate| rate.failed > 0).unwrap();
    assert_eq!(rate.passed + rate.failed, 8);
    let pass_rate = rate.pass_rate.unwrap();
    assert!(0.0 < pass_rate && pass_rate < 1.0, "{rate:?}");
    assert!(rate.flake_rate_upper_95 > 1.0 - pass_rate);
    let failure = result
        .failures
        .iter()
        .find(|failure| failure.subject == Subject::Test)
        .unwrap();
    assert!(failure.reason.contains("500"), "{failure:?}");
    assert_eq!(result.faults, [fault]);
    holds_everything(
        &ran.dir.path().join(failure.evidence.as_ref().unwrap()),
        &failure.name,
    );
    assert!(ran.stdout.contains(&failure.name), "{}", ran.said());
}

fn holds_everything(evidence: &Path, test: &str) {
    let read = |name| std::fs::read_to_string(evidence.join(name)).unwrap();
    let exchanges: Vec<Value> = read("exchanges.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let refused = exchanges
        .iter()
        .find(|exchange| exchange["answer"]["status"] == 500)
        .unwrap();
    assert_eq!(refused["part"], test);
    assert_eq!(refused["method"], "GET");
    assert!(refused["url"].as_str().unwrap().ends_with("/audio.ogg"));
    assert!(refused["took_ms"].as_f64().unwrap() > 0.0);
    assert!(
        refused["answer"]["body"]["text"]
            .as_str()
            .unwrap()
            .contains("request_id")
    );
    let headers = refused["answer"]["headers"].as_array().unwrap();
    assert!(
        headers.iter().any(|header| header[0] == "x-request-id"),
        "{headers:?}"
    );
    let submit = exchanges
        .iter()
        .find(|exchange| exchange["method"] == "POST")
        .unwrap();
    assert!(submit["body"]["text"].as_str().unwrap().contains("text"));
    // Tokens are sent, and do not show.
    let admin = exchanges
        .iter()
        .filter_map(|exchange| exchange["headers"].as_array())
        .flatten()
        .find(|header| header[0] == "x-admin-token");
    if let Some(admin) = admin {
        assert_eq!(admin[1], "(hidden)");
    }
    assert!(read("server.log").contains("fault fired"));
    let run: Value = serde_json::from_str(&read("golden.json")).unwrap();
    assert!(run["status_start"].is_object() && run["status_end"].is_object());
}

#[tokio::test]
async fn a_server_that_dies_fails_the_run_and_leaves_its_last_words() {
    let flags = [
        "--phase",
        "cold",
        "--runs",
        "2",
        "--filter",
        "playlist",
        "--fault",
        "http.playlist:crash",
    ];
    let ran = flake(&flags).ran().await;
    // The first run could not be made to its end, so there is no point in a second.
    let result = result(ran.exited(4));
    assert!(
        result
            .failures
            .iter()
            .any(|failure| failure.subject == Subject::Run),
        "{:?}",
        result.failures
    );
    let log = ran.dir.path().join("artifacts/flake/cold-0001/server.log");
    assert!(
        std::fs::read_to_string(log).unwrap().contains("crash"),
        "{}",
        ran.said()
    );
}

#[tokio::test]
async fn without_a_server_or_with_a_broken_baseline_nothing_can_be_run() {
    let ran = golden(["flake", "--server-bin", "/nonexistent/server"])
        .ran()
        .await;
    let missing = result(ran.exited(4));
    assert!(missing.error.unwrap().contains("/nonexistent/server"));
    let golden = flake(&["--baseline", "b.json"]);
    std::fs::write(golden.dir.path().join("b.json"), "{").unwrap();
    let ran = golden.ran().await;
    assert!(result(ran.exited(4)).error.unwrap().contains("b.json"));
}

#[tokio::test]
async fn a_budget_that_does_not_suffice_leaves_the_result_inconclusive() {
    let flags = [
        "--phase", "cold", "--runs", "500", "--budget", "1500ms", "--filter", "unknown",
    ];
    let ran = flake(&flags).ran().await;
    let result = result(ran.exited(3));
    assert!(result.phase(Phase::Cold).unwrap().runs < 500);
    assert!(
        result.reasons.iter().any(|reason| reason.contains("--budget")),
        "{:?}",
        result.reasons
    );
}

#[tokio::test]
async fn times_that_no_baseline_judges_leave_the_result_inconclusive() {
    let ran = flake(&["--phase", "cold", "--runs", "1", "--filter", "test_1"])
        .ran()
        .await;
    let result = result(ran.exited(3));
    assert!(result.failures.is_empty());
    assert!(
        result
            .doubts
            .iter()
            .any(|doubt| doubt.contains("no time was held")),
        "{:?}",
        result.doubts
    );
}

#[tokio::test]
async fn an_interrupt_ends_it_with_what_was_seen_so_far() {
    let ran = flake(&["--phase", "cold", "--runs", "500", "--filter", "unknown"])
        .signaled(Signal::INT)
        .await;
    let result = result(ran.exited(130));
    let made = result.phase(Phase::Cold).unwrap().runs;
    assert!((1..500).contains(&made), "{made}");
    assert!(ran.stdout.contains("interrupted"), "{}", ran.said());
}

/// The processes whose parent is this one, with their command lines.
fn children(of: u32) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // It may end while it is looked at.
        let read = |name| std::fs::read_to_string(entry.path().join(name)).unwrap_or_default();
        let stat = read("stat");
        let parent = stat
            .rsplit_once(") ")
            .and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok());
        if parent == Some(of) {
            found.push((pid, read("cmdline").replace('\0', " ")));
        }
    }
    found
}

fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waited = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waited)
        .await
        .unwrap_or_else(|_| panic!("{what}"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_busy_processes_end_even_when_their_parent_is_killed() {
    let (_dir, mut child) = flake(&["--phase", "busy", "--runs", "500", "--filter", "unknown"]).spawned();
    let golden_pid = child.id().unwrap();
    let burning = || -> Vec<u32> {
        let children = children(golden_pid).into_iter();
        children
            .filter(|(_, line)| line.contains(" burn "))
            .map(|(pid, _)| pid)
            .collect()
    };
    let mut seen = Vec::new();
    until("nothing keeps the cores busy", || {
        seen = burning();
        !seen.is_empty()
    })
    .await;
    let kill = |pid: u32| kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), Signal::KILL);
    let mut servers = Vec::new();
    until("no server is started", || {
        let children = children(golden_pid).into_iter();
        servers = children.filter(|(_, line)| line.contains(" serve ")).collect();
        !servers.is_empty()
    })
    .await;
    kill(golden_pid).unwrap();
    child.wait().await.unwrap();
    // Nobody is left who would stop the server.
    for (server, _) in servers {
        kill(server).unwrap();
    }
    until("a busy process outlived its parent", || {
        !seen.iter().copied().any(lives)
    })
    .await;
}

#[tokio::test]
async fn a_busy_process_ends_by_itself_when_its_time_is_over() {
    let mut burning = tokio::process::Command::new(env!("CARGO_BIN_EXE_golden"))
        .args(["burn", "--for", "200ms"])
        .stdin(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    // Its standard input stays open all the while.
    let _stdin = burning.stdin.take().unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(60), burning.wait()).await;
    assert!(ended.expect("it ends").unwrap().success());
}

#[tokio::test]
async fn a_failing_golden_run_leaves_its_exchanges_and_the_servers_log_and_a_passing_one_removes_them() {
    let fault = "http.playlist:error=500";
    let golden = own(&["--filter", "playlist", "--fault", fault]);
    let ran = golden.ran().await;
    let result = ran.exited(1).result();
    let dir = ran.dir.path().join("artifacts/golden-evidence");
    assert!(
        result
            .notices
            .iter()
            .any(|notice| notice.contains("golden-evidence")),
        "{:?}",
        result.notices
    );
    assert!(
        std::fs::read_to_string(dir.join("server.log"))
            .unwrap()
            .contains("fault fired")
    );
    assert!(
        std::fs::read_to_string(dir.join("exchanges.jsonl"))
            .unwrap()
            .contains("playlist.json")
    );
    let status = result.tests.iter().flat_map(|test| &test.evidence);
    assert!(
        status
            .into_iter()
            .any(|line| line.starts_with("status right after: {")),
        "{:?}",
        result.tests
    );

    let again = own(&["--filter", "unknown"]);
    let kept = again.dir.path().join("artifacts/golden-evidence");
    std::fs::create_dir_all(&kept).unwrap();
    std::fs::write(kept.join("server.log"), "of an earlier run").unwrap();
    let ran = again.ran().await;
    ran.exited(3);
    assert!(!ran.dir.path().join("artifacts/golden-evidence").exists());
}
