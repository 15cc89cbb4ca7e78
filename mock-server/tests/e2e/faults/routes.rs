//! The routes that add, list and remove fault rules.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{ADMIN, Answer, Server, members};

fn stall() -> Value {
    json!({"stage": "synth", "kind": {"stall": true}})
}

#[rstest]
#[case::list(Method::GET, "/v1/admin/faults")]
#[case::add(Method::POST, "/v1/admin/faults")]
#[case::remove(Method::DELETE, "/v1/admin/faults/f1")]
#[tokio::test]
async fn the_fault_routes_need_their_token(#[case] method: Method, #[case] path: &str) {
    let off = Server::start(&["--fault", "synth:stall"]).await;
    let on = Server::with_faults(&["--fault", "synth:stall"]).await;
    let ask = async |server: &Server, token: Option<&str>| {
        let mut request = server.posting(path, &stall());
        if method != Method::POST {
            request = server.request(method.clone(), path);
        }
        if let Some(token) = token {
            request = request.header("x-admin-token", token);
        }
        Answer::to(request).await
    };
    for token in [None, Some(ADMIN)] {
        ask(&off, token).await.problem(404, "not_found");
    }
    for token in [None, Some(""), Some("wrong"), Some("e2e-admin-toke")] {
        let refused = ask(&on, token).await;
        refused.problem(401, "unauthorized");
        let challenge = refused.header("www-authenticate");
        assert!(challenge.starts_with("X-Admin-Token"), "{challenge}");
    }
    assert!(ask(&on, Some(ADMIN)).await.status < 300);
}

#[tokio::test]
async fn a_rule_is_added_listed_with_its_counters_and_removed() {
    let server = Server::with_faults(&["--segment-max-retries", "1", "--retry-backoff-ms", "1"]).await;
    let rule = json!({
        "stage": "synth", "kind": {"error": 500},
        "match": {"text_contains": "apple", "attempt": 1}, "when": {"every_n": 2}, "ttl_ms": 600_000
    });
    let request = server
        .posting("/v1/admin/faults", &rule)
        .header("x-admin-token", ADMIN);
    let mut record = Answer::to(request).await.json_of(201);
    let created: jiff::Timestamp = record["created_at"]
        .as_str()
        .expect("a time")
        .parse()
        .expect("RFC 3339");
    assert!(jiff::Timestamp::now().duration_since(created).abs().as_secs() < 60);
    let mut wanted = rule;
    wanted["id"] = "f1".into();
    wanted["created_at"] = record["created_at"].clone();
    wanted["matched_total"] = 0.into();
    wanted["fired_total"] = 0.into();
    assert_eq!(record, wanted);
    for text in ["An apple.", "A pear.", "Another apple.", "A third apple."] {
        server.submit(text).await.complete().await;
    }
    let list = async || {
        Answer::to(server.admin(Method::GET, "/v1/admin/faults"))
            .await
            .json_of(200)
    };
    record["matched_total"] = 3.into();
    record["fired_total"] = 2.into();
    assert_eq!(list().await, json!({"faults": [record], "fired_total": 2}));
    server.remove_fault("f1").await;
    assert_eq!(
        list().await,
        json!({"faults": [], "fired_total": 2}),
        "what has fired stays counted"
    );
    let again = server.admin(Method::DELETE, "/v1/admin/faults/f1");
    Answer::to(again).await.problem(404, "fault_not_found");
    assert_eq!(server.status().await["faults_fired"], 2);
}

#[rstest]
#[case::no_stage(json!({"kind": {"stall": true}}), "missing field `stage`")]
#[case::an_unknown_stage(json!({"stage": "voice", "kind": {"stall": true}}), "legal stages: http.submit")]
#[case::no_kind(json!({"stage": "synth", "kind": {}}), "exactly one of sleep_ms")]
#[case::two_kinds(json!({"stage": "synth", "kind": {"stall": true, "drop": true}}), "exactly one of sleep_ms")]
#[case::a_list_for_a_match(
    json!({"stage": "synth", "kind": {"stall": true}, "match": [null, null]}), "expected an object"
)]
#[case::an_unknown_kind(json!({"stage": "synth", "kind": {"snooze": 1}}), "unknown field `snooze`")]
#[case::an_unknown_member(json!({"stage": "synth", "kind": {"stall": true}, "unless": {}}), "unknown field `unless`")]
#[case::a_status_that_is_no_error(json!({"stage": "http.job", "kind": {"error": 200}}), "kind.error is 200")]
#[case::no_sleep(json!({"stage": "synth", "kind": {"sleep_ms": 0}}), "kind.sleep_ms")]
#[case::a_share_of_everything(json!({"stage": "store", "kind": {"truncate": 1.0}}), "kind.truncate")]
#[case::never(json!({"stage": "synth", "kind": {"stall": true}, "when": {"p": 0.0}}), "when.p")]
#[case::not_once(json!({"stage": "synth", "kind": {"stall": true}, "when": {"count": 0}}), "when.count")]
#[case::no_time(json!({"stage": "synth", "kind": {"stall": true}, "ttl_ms": 0}), "ttl_ms")]
#[case::bytes_where_there_are_none(json!({"stage": "worker", "kind": {"bytes_per_s": 9}}), "kind.bytes_per_s")]
#[case::an_attempt_where_there_is_none(
    json!({"stage": "http.job", "kind": {"stall": true}, "match": {"attempt": 1}}), "match.attempt"
)]
#[case::a_text_where_there_is_none(
    json!({"stage": "http.status", "kind": {"stall": true}, "match": {"text_contains": "a"}}), "match.text_contains"
)]
#[case::an_unknown_model(
    json!({"stage": "synth", "kind": {"stall": true}, "match": {"model_id": "best"}}), "match.model_id"
)]
#[case::a_segment_beyond_all(
    json!({"stage": "synth", "kind": {"stall": true}, "match": {"segment_index": 120}}), "match.segment_index"
)]
#[tokio::test]
async fn a_rule_that_could_never_fire_is_refused_by_its_member(#[case] rule: Value, #[case] says: &str) {
    let server = Server::with_faults(&[]).await;
    let request = server
        .posting("/v1/admin/faults", &rule)
        .header("x-admin-token", ADMIN);
    let problem = Answer::to(request).await.problem(400, "bad_json");
    assert!(
        problem["detail"].as_str().expect("text").contains(says),
        "{problem}"
    );
    let list = Answer::to(server.admin(Method::GET, "/v1/admin/faults"))
        .await
        .json_of(200);
    assert_eq!(list, json!({"faults": [], "fired_total": 0}));
}

#[tokio::test]
async fn a_rule_ends_when_its_time_is_over() {
    let server = Server::with_faults(&[]).await;
    let mut rule = stall();
    rule["ttl_ms"] = 300.into();
    server.add_fault(rule).await;
    let job = server.submit("Held up for a while.").await;
    job.complete().await;
    let list = Answer::to(server.admin(Method::GET, "/v1/admin/faults"))
        .await
        .json_of(200);
    assert_eq!(members(&list), ["faults", "fired_total"]);
    assert_eq!(list, json!({"faults": [], "fired_total": 1}));
}

#[tokio::test]
async fn only_so_many_rules_stand_at_a_time() {
    let server = Server::with_faults(&[]).await;
    let add = async || {
        let request = server.posting("/v1/admin/faults", &stall());
        Answer::to(request.header("x-admin-token", ADMIN)).await
    };
    let mut added = 0;
    let refused = loop {
        let answer = add().await;
        if answer.status != 201 {
            break answer;
        }
        added += 1;
        assert!(added < 10_000, "no limit in sight");
    };
    let problem = refused.problem(429, "too_many_faults");
    assert!(
        problem["detail"]
            .as_str()
            .expect("text")
            .contains(&added.to_string()),
        "{problem}"
    );
    server.remove_fault("f1").await;
    assert_eq!(add().await.status, 201);
}
