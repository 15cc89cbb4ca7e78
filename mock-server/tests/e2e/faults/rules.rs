//! Rules that stand from the start.

use std::io::Write as _;

use reqwest::Method;
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
