//! What `match` and `when` ask, at every stage.

use std::time::Duration;

use audio_api::fault::Stage;
use rstest::rstest;
use serde_json::{Value, json};

use super::{arrival::Arrival, counted::assert_counted, fault::Fault};
use crate::harness::{ADMIN, Answer, Server, script};

/// Attempts are made once, so that a struck one is a failed job.
const ONCE: [&str; 6] = [
    "--segment-max-retries",
    "0",
    "--fallback",
    "false",
    "--retry-backoff-ms",
    "1",
];

/// Runs a test at every stage.
macro_rules! at_every_stage {
    (async fn $name:ident($at:ident) $body:block) => {
        at_every_stage! {
            @each [
                HttpSubmit HttpJob HttpSegment HttpPlaylist HttpMerged HttpCancel HttpStatus
                QueueLease Synth Encode Store MergeLock MergeWrite Worker
            ] $name $at $body
        }
    };
    (@each [$($stage:ident)*] $name:ident $at:ident $body:block) => {
        #[rstest]
        #[tokio::test]
        async fn $name(#[values($(Stage::$stage),*)] $at: Stage) {
            assert_eq!([$(Stage::$stage),*], Stage::ALL, "no stage is left out");
            $body
        }
    };
}

at_every_stage! {
    async fn when_strikes_by_order_of_arrival(stage) {
        let server = Server::with_faults(&ONCE).await;
        let cases = [
            (json!({"after_n": 2}), "..XX"),
            (json!({"every_n": 2}), "X.X."),
            (json!({"count": 2}), "XX.."),
            (json!({"after_n": 1, "every_n": 2, "count": 1}), ".X.."),
            (json!({"window_ms": 600_000}), "XXXX"),
            (json!({"p": 1.0}), "XXXX"),
        ];
        for (when, wanted) in cases {
            assert_eq!(pattern(&server, stage, &when, wanted.len()).await, wanted, "{when}");
        }
    }
}

at_every_stage! {
    async fn a_window_closes(stage) {
        let server = Server::with_faults(&ONCE).await;
        let (first, second) = (Arrival::of(&server, stage, "One.").await, Arrival::of(&server, stage, "Two.").await);
        add(&server, stage, &json!({}), &json!({"window_ms": 150})).await;
        assert!(first.go().await.failed(), "it opens the window");
        tokio::time::sleep(Duration::from_millis(160)).await;
        assert!(!second.go().await.failed(), "the window has closed");
        assert_counted(&server, stage, 2, 1).await;
    }
}

at_every_stage! {
    async fn a_rule_strikes_only_the_jobs_it_matches(stage) {
        let server = Server::with_faults(&ONCE).await;
        let cases = [
            (json!({"text_contains": "apple"}), json!({"text": "An apple."}), json!({"text": "A pear."})),
            (
                json!({"voice_id": "alto"}),
                json!({"text": "A voice.", "voice_id": "alto"}),
                json!({"text": "A voice.", "voice_id": "bass"}),
            ),
            (
                json!({"model_id": "quality"}),
                json!({"text": "A model.", "model_id": "quality"}),
                json!({"text": "A model.", "model_id": "default"}),
            ),
        ];
        for (matches, hit, spared) in cases {
            if !stage.has_job() {
                assert_means_nothing(&server, stage, &matches).await;
                continue;
            }
            let hit = Arrival::at(&server, stage, hit).await;
            let spared = Arrival::at(&server, stage, spared).await;
            let rule = add(&server, stage, &matches, &json!({})).await;
            assert!(!spared.go().await.failed(), "{matches}");
            assert!(hit.go().await.failed(), "{matches}");
            assert_eq!(server.fired(&rule).await, 1);
            server.remove_fault(&rule).await;
        }
    }
}

at_every_stage! {
    async fn a_rule_strikes_only_the_segment_it_matches(stage) {
        let server = Server::with_faults(&ONCE).await;
        let matches = json!({"segment_index": 1});
        if stage != Stage::HttpSegment && !stage.has_attempt() {
            assert_means_nothing(&server, stage, &matches).await;
            return;
        }
        let body = json!({"text": script("two segments", 2)});
        let first = Arrival::at(&server, stage, body.clone()).await;
        let second = Arrival::at(&server, stage, body).await.for_segment(1);
        add(&server, stage, &matches, &json!({})).await;
        if stage.has_attempt() {
            let ended = first.go().await;
            let segments = ended.segments();
            assert_eq!((&segments[0]["status"], &segments[1]["status"]), (&json!("ready"), &json!("error")));
        } else {
            assert!(!first.go().await.failed());
            assert!(second.go().await.failed());
        }
        assert_counted(&server, stage, 1, 1).await;
    }
}

at_every_stage! {
    async fn a_rule_strikes_only_the_attempt_it_matches(stage) {
        let server = Server::with_faults(&["--retry-backoff-ms", "1"]).await;
        let matches = json!({"attempt": 2});
        if !stage.has_attempt() {
            assert_means_nothing(&server, stage, &matches).await;
            return;
        }
        let arrival = Arrival::of(&server, stage, "Once more.").await;
        let second = add(&server, stage, &matches, &json!({})).await;
        let other = Arrival::of(&server, stage, "Only once.").await;
        assert!(other.go().await.is_whole(), "there is no second attempt");
        let first = add(&server, stage, &json!({"attempt": 1}), &json!({})).await;
        assert_eq!(arrival.go().await.segments()[0]["attempts"], 3);
        assert_eq!((server.fired(&first).await, server.fired(&second).await), (1, 1));
    }
}

/// Adds a rule that answers or fails with an error.
async fn add(server: &Server, stage: Stage, matches: &Value, when: &Value) -> String {
    server.add_fault(rule(stage, matches, when)).await
}

fn rule(stage: Stage, matches: &Value, when: &Value) -> Value {
    json!({"stage": stage, "kind": Fault::Error.wire(stage), "match": matches, "when": when})
}

/// Which of so many arrivals in turn are struck, an X each; what the rule counts is held to it.
async fn pattern(server: &Server, stage: Stage, when: &Value, arrivals: usize) -> String {
    let mut all = Vec::new();
    for n in 0..arrivals {
        all.push(Arrival::of(server, stage, &format!("Number {n} of {when}.")).await);
    }
    let rule = add(server, stage, &json!({}), when).await;
    let mut struck = String::new();
    for arrival in &all {
        struck.push(if arrival.go().await.failed() { 'X' } else { '.' });
    }
    assert_eq!(server.fired(&rule).await, struck.matches('X').count() as u64);
    server.remove_fault(&rule).await;
    struck
}

/// A rule that asks for what is not at hand at its stage could never fire.
async fn assert_means_nothing(server: &Server, stage: Stage, matches: &Value) {
    let (member, _) = matches
        .as_object()
        .and_then(|members| members.iter().next())
        .expect("a member");
    let says = format!("match.{member} means nothing at stage {stage}");
    let request = server.posting("/v1/admin/faults", &rule(stage, matches, &json!({})));
    let problem = Answer::to(request.header("x-admin-token", ADMIN))
        .await
        .problem(400, "bad_json");
    assert!(
        problem["detail"].as_str().expect("text").contains(&says),
        "{problem}"
    );
}
