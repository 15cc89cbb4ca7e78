//! Which arrivals a rule strikes, and rules that stand from the start.

use std::{collections::BTreeSet, io::Write as _};

use futures::future::join_all;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Server};

async fn rules(server: &Server) -> Value {
    Answer::to(server.admin(Method::GET, "/v1/admin/faults"))
        .await
        .json_of(200)["faults"]
        .take()
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("written");
    file
}

#[tokio::test]
async fn rules_come_from_flags_from_a_file_of_faults_and_from_the_settings() {
    let settings = file("[[fault]]\nstage = \"store\"\nkind = { sleep_ms = 5 }\n");
    let faults =
        file("[[fault]]\nstage = \"encode\"\nkind = { error = 500 }\nwhen = { p = 0.5, count = 2 }\n");
    let path = |file: &tempfile::NamedTempFile| file.path().display().to_string();
    let server = Server::with_faults(&[
        "--config",
        &path(&settings),
        "--faults",
        &path(&faults),
        "--fault",
        "synth:sleep=800ms,p=0.2,model_id=default",
        "--fault",
        "http.submit:error=503,retry_after_s=1",
    ])
    .await;
    let mut rules = rules(&server).await;
    for rule in rules.as_array_mut().expect("a list") {
        let rule = rule.as_object_mut().expect("an object");
        assert!(rule.remove("created_at").is_some() && rule.remove("id").is_some());
        assert_eq!(
            (rule.remove("matched_total"), rule.remove("fired_total")),
            (Some(0.into()), Some(0.into()))
        );
    }
    assert_eq!(
        rules,
        json!([
            {"stage": "store", "kind": {"sleep_ms": 5.0}},
            {"stage": "encode", "kind": {"error": 500}, "when": {"p": 0.5, "count": 2}},
            {"stage": "synth", "kind": {"sleep_ms": 800.0}, "match": {"model_id": "default"}, "when": {"p": 0.2}},
            {"stage": "http.submit", "kind": {"error": 503, "retry_after_s": 1}},
        ])
    );
}

#[rstest]
#[case::the_first_ones(json!({"count": 2}), "XX....")]
#[case::after_some(json!({"after_n": 3}), "...XXX")]
#[case::every_so_many(json!({"every_n": 3}), "X..X..")]
#[case::some_after_some(json!({"after_n": 1, "every_n": 2, "count": 2}), ".X.X..")]
#[case::all(json!({}), "XXXXXX")]
#[tokio::test]
async fn a_rule_strikes_by_order_of_arrival(#[case] when: Value, #[case] struck: &str) {
    let server = Server::with_faults(&[]).await;
    server
        .add_fault(json!({"stage": "http.playlist", "kind": {"error": 500}, "when": when}))
        .await;
    let job = server.submit("Counted.").await;
    let mut seen = String::new();
    for _ in 0..struck.len() {
        seen.push(if job.get("/playlist.json").await.status == 500 {
            'X'
        } else {
            '.'
        });
    }
    assert_eq!(seen, struck);
}

/// The texts, of 64 submitted at once, whose job fails under a rule of even chance.
async fn failing(seed: &str) -> BTreeSet<usize> {
    let args = [
        "--fault",
        "synth:error=500,p=0.5",
        "--fault-seed",
        seed,
        "--segment-max-retries",
        "0",
        "--fallback",
        "false",
        "--max-active-jobs",
        "64",
    ];
    let server = Server::start(&args).await;
    let outcomes = join_all((0..64).map(async |n| {
        let job = server.submit(&format!("Number {n}.")).await;
        (n, job.ended().await["status"].take())
    }))
    .await;
    let failed: BTreeSet<usize> = outcomes
        .into_iter()
        .filter(|(_, status)| status == "error")
        .map(|(n, _)| n)
        .collect();
    assert_eq!(server.status().await["faults_fired"], failed.len());
    failed
}

#[tokio::test]
async fn chance_follows_the_seed_and_not_the_order_of_the_work() {
    let (first, again, other) = tokio::join!(failing("7"), failing("7"), failing("8"));
    assert_eq!(first, again);
    assert_ne!(first, other);
    assert!((16..=48).contains(&first.len()), "{} of 64", first.len());
}

#[tokio::test]
async fn chance_at_a_request_follows_its_number() {
    let server = || Server::start(&["--fault", "http.status:error=503,p=0.5", "--fault-seed", "7"]);
    let refused = |answer: &Answer| answer.status == 503;
    let in_turn = async || {
        let server = server().await;
        let mut struck = Vec::new();
        for _ in 0..64 {
            struck.push(refused(&server.get("/v1/admin/status").await));
        }
        struck
    };
    let at_once = async {
        let server = server().await;
        let answers = join_all((0..64).map(|_| server.get("/v1/admin/status"))).await;
        answers.iter().filter(|answer| refused(answer)).count()
    };
    let (first, again, at_once) = tokio::join!(in_turn(), in_turn(), at_once);
    assert_eq!(first, again);
    let count = first.iter().filter(|struck| **struck).count();
    assert_eq!(count, at_once);
    assert!((16..=48).contains(&count), "{count} of 64");
}
