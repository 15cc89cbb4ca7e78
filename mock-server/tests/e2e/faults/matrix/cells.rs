//! One pair of a stage and a kind, put to the test.

use std::{
    cell::Cell,
    collections::BTreeSet,
    time::{Duration, Instant},
};

use audio_api::fault::{FaultRule, Stage};
use rstest::rstest;
use serde_json::{Value, json};

use super::{
    arrival::{Arrival, Outcome, What},
    counted::{assert_counted, assert_gone, faults},
    fault::{Fault, LEAK_BYTES_PER_S},
    struck::{Figures, Struck},
    untouched::Untouched,
};
use crate::harness::{ADMIN, Answer, Server, eventually, within};

/// Tests every pair of these.
macro_rules! matrix {
    (stages: $($stage:ident)*; faults: $($fault:ident)*;) => {
        const STAGES: &[Stage] = &[$(Stage::$stage),*];
        const FAULTS: &[Fault] = &[$(Fault::$fault),*];

        #[rstest]
        #[tokio::test]
        async fn a_rule_is_refused_or_does_what_it_says(
            #[values($(Stage::$stage),*)] stage: Stage,
            #[values($(Fault::$fault),*)] fault: Fault,
        ) {
            match fault.refused_at(stage) {
                Some(reason) => is_refused(stage, fault, &reason).await,
                None if fault == Fault::Crash && stage.has_answer() => ends_the_process(stage).await,
                None => fires_and_is_removed(stage, fault).await,
            }
        }
    };
}

matrix! {
    stages:
        HttpSubmit HttpJob HttpSegment HttpPlaylist HttpMerged HttpCancel HttpStatus
        QueueLease Synth Encode Store MergeLock MergeWrite Worker;
    faults:
        Sleep DrawnSleep Error Stall Drop Truncate BytesPerS Crash Leak;
}

/// The kinds as the reader of rules lists them when it does not know one.
fn kinds_that_rules_may_name() -> BTreeSet<String> {
    let unknown = json!({"stage": "synth", "kind": {"no_such_kind": true}});
    let error = serde_json::from_value::<FaultRule>(unknown)
        .expect_err("not a kind")
        .to_string();
    let (_, expected) = error.split_once("expected one of").expect("a list");
    let names = expected.split('`').skip(1).step_by(2).map(str::to_owned);
    names.filter(|name| name != "retry_after_s").collect()
}

#[test]
fn every_stage_and_every_kind_stands_in_the_matrix() {
    assert_eq!(STAGES, Stage::ALL);
    let mut named = BTreeSet::new();
    for fault in FAULTS {
        let rule = json!({"stage": "store", "kind": fault.wire(Stage::Store)});
        let rule: FaultRule = serde_json::from_value(rule).expect("all are legal at the store");
        assert_eq!(Fault::of(&rule.kind()), *fault);
        named.insert(rule.kind().as_str().to_owned());
    }
    assert_eq!(named, kinds_that_rules_may_name());
    let forms: BTreeSet<Fault> = FAULTS.iter().copied().collect();
    assert_eq!(forms.len(), named.len() + 1, "a sleep has two forms");
}

/// A rule of this kind that strikes what passes the stage for a job about something struck, once a segment.
fn rule(stage: Stage, fault: Fault) -> Value {
    let mut rule = json!({"stage": stage, "kind": fault.wire(stage)});
    if stage.has_job() {
        rule["match"]["text_contains"] = "struck".into();
    }
    if stage.has_attempt() {
        rule["match"]["attempt"] = 1.into();
    }
    rule
}

async fn is_refused(stage: Stage, fault: Fault, reason: &str) {
    let server = Server::with_faults(&[]).await;
    let request = server.posting("/v1/admin/faults", &rule(stage, fault));
    let problem = Answer::to(request.header("x-admin-token", ADMIN))
        .await
        .problem(400, "bad_json");
    let detail = problem["detail"].as_str().expect("text");
    assert!(detail.contains(reason), "{detail}");
    assert_eq!(faults(&server).await, json!({"faults": [], "fired_total": 0}));
}

async fn fires_and_is_removed(stage: Stage, fault: Fault) {
    let server = Server::with_faults(&args(fault)).await;
    let first = Arrival::of(&server, stage, "Something is struck.").await;
    let second = Arrival::of(&server, stage, "Something else would be struck.").await;
    let untouched = Untouched::by_a_rule_at(&server, stage).await;
    let added = Instant::now();
    let id = server.add_fault(rule(stage, fault)).await;
    untouched.passes().await;
    assert_counted(&server, stage, 0, 0).await;

    let before = Figures::of(&server, stage).await;
    let outcome = match fault {
        Fault::Stall => stalls_until_removed(&first, &server, &id, &untouched).await,
        _ => strikes_once(&first, &server, &id, fault).await,
    };
    let after = Figures::of(&server, stage).await;
    let struck = Struck {
        stage,
        outcome,
        before,
        after,
    };
    struck.assert_by(fault);
    if fault == Fault::Leak {
        assert_leaked(&struck, added);
    }

    let again = second.go().await;
    assert!(again.is_whole(), "the rule is gone");
    if fault == Fault::Truncate {
        assert_cut(&struck, &first.go().await);
    }
    if fault == Fault::Leak {
        assert_kept(&struck, &Figures::of(&server, stage).await);
    }
    assert_gone(&server, 1).await;
}

fn args(fault: Fault) -> Vec<&'static str> {
    let mut args = vec!["--retry-backoff-ms", "1"];
    if fault == Fault::Drop {
        // Nobody says that the attempt is over: it is when its lease is.
        args.extend(["--lease-ttl-ms", "250"]);
    }
    if fault == Fault::Leak {
        // Filling memory takes a busy machine long, and an attempt whose lease ends meanwhile is made again.
        args.extend(["--lease-ttl-ms", "60000"]);
    }
    args
}

async fn strikes_once(arrival: &Arrival<'_>, server: &Server, id: &str, fault: Fault) -> Outcome {
    if fault == Fault::Leak {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (outcome, _) = within("the arrival", arrival.go()).await;
    assert_counted(server, arrival.stage, 1, 1).await;
    server.remove_fault(id).await;
    outcome
}

/// Nothing comes of the arrival while the rule stands, though everything else goes on; then all does.
async fn stalls_until_removed(
    arrival: &Arrival<'_>,
    server: &Server,
    id: &str,
    untouched: &Untouched<'_>,
) -> Outcome {
    let done = Cell::new(false);
    let held_up = async {
        let (outcome, _) = within("its release", arrival.go()).await;
        done.set(true);
        outcome
    };
    let release = async {
        eventually("the rule strikes", async || {
            (server.fired(id).await == 1).then_some(())
        })
        .await;
        untouched.passes().await;
        assert_counted(server, arrival.stage, 1, 1).await;
        assert!(!done.get(), "it went on under a standing rule");
        server.remove_fault(id).await;
    };
    tokio::join!(held_up, release).0
}

/// Whole pages, and what a request or a job takes by itself.
const SLACK_BYTES: f64 = 16e6;

fn assert_leaked(struck: &Struck, added: Instant) {
    let grown = struck.after.resident_bytes() - struck.before.resident_bytes();
    let (least, most) = (
        0.1 * LEAK_BYTES_PER_S,
        added.elapsed().as_secs_f64() * LEAK_BYTES_PER_S,
    );
    assert!(grown >= least - 4e6, "{grown} bytes, at least {least} are due");
    assert!(
        grown <= most + SLACK_BYTES,
        "{grown} bytes, at most {most} are due"
    );
}

/// What has leaked stays, and nothing more leaks without the rule.
fn assert_kept(struck: &Struck, now: &Figures) {
    let grown = now.resident_bytes() - struck.after.resident_bytes();
    assert!(
        grown.abs() < SLACK_BYTES,
        "{grown} bytes more than when the rule struck"
    );
}

/// What was cut is half of what the same arrival gets without the rule.
fn assert_cut(struck: &Struck, whole: &Outcome) {
    assert!(whole.is_whole());
    let size = |outcome: &Outcome, member: &str| match &outcome.what {
        What::Answer(answer) => answer.body.len() as f64,
        What::Job(_) => outcome.segments()[0][member].as_f64().expect("a number"),
        What::Closed => panic!("the connection was closed"),
    };
    let (cut, of) = (&struck.outcome, whole);
    match struck.stage {
        // Padded with silence to whole blocks.
        Stage::Synth => assert!(size(cut, "duration_ms") < size(of, "duration_ms")),
        // Ids and times differ in length at most by a few bytes.
        stage if stage.is_http() => {
            let (cut, of) = (size(cut, ""), size(of, ""));
            assert!((cut * 2.0 - of).abs() < 40.0, "{cut} of {of} bytes");
        }
        _ => assert_eq!(size(cut, "size_bytes"), (size(of, "size_bytes") / 2.0).floor()),
    }
}

/// Where no worker is at hand, a crash is the whole process's.
async fn ends_the_process(stage: Stage) {
    let mut server = Server::with_faults(&[]).await;
    let untouched = Untouched::by_a_rule_at(&server, stage).await;
    let arrival = Arrival::of(&server, stage, "Something is struck.").await;
    let spare = Arrival::of(&server, stage, "Something else would be struck.").await;
    let removed = server.add_fault(rule(stage, Fault::Crash)).await;
    server.remove_fault(&removed).await;
    assert!(spare.go().await.is_whole(), "a removed rule does not strike");
    server.add_fault(rule(stage, Fault::Crash)).await;
    untouched.passes().await;
    assert_counted(&server, stage, 0, 0).await;
    let outcome = arrival.go().await;
    assert!(matches!(outcome.what, What::Closed));
    let (exit, _) = within("the process ends", server.process.wait()).await;
    let exit = exit.expect("a status");
    assert_eq!(exit.status().code(), None, "killed by a signal: {exit}");
    let log = server.process.log().last(100);
    let deaths = log
        .iter()
        .filter(|line| line.contains("crash fault: the process ends") && line.contains(stage.as_str()));
    assert_eq!(deaths.count(), 1, "{log:?}");
}
