//! What a server counts of a rule, in all the places where it says so.

use audio_api::fault::Stage;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Server};

/// Asserts that the only rule there ever was stands, that it has matched and struck so often, and that everything that
/// counts strikes says the same.
pub(super) async fn assert_counted(server: &Server, stage: Stage, matched: usize, fired: usize) {
    let list = faults(server).await;
    let rules = list["faults"].as_array().expect("a list");
    assert_eq!(rules.len(), 1, "{list}");
    let counted = (&rules[0]["matched_total"], &rules[0]["fired_total"]);
    assert_eq!(counted, (&json!(matched), &json!(fired)), "matched and fired");
    assert_sums(server, fired).await;
    // Asking for the status would pass the rule's stage.
    if stage != Stage::HttpStatus {
        assert_eq!(server.status().await["faults_fired"], fired);
    }
}

/// Asserts that no rule stands any more, and that what was struck stays counted.
pub(super) async fn assert_gone(server: &Server, fired: usize) {
    assert_eq!(faults(server).await["faults"], json!([]));
    assert_sums(server, fired).await;
    assert_eq!(server.status().await["faults_fired"], fired);
}

/// Strikes of all rules ever, wherever they can be read without passing a stage.
async fn assert_sums(server: &Server, fired: usize) {
    assert_eq!(faults(server).await["fired_total"], fired, "the list of rules");
    let flat = server.metrics().await["touchstone_faults_fired_total"].as_f64();
    let expected = fired as f64;
    assert_eq!(flat, Some(expected), "/v1/metrics");
    let line = format!("touchstone_faults_fired_total {fired}");
    let metrics = server.get("/metrics").await;
    assert!(
        metrics.text().lines().any(|found| found == line),
        "no {line:?} in /metrics"
    );
}

/// The answer of the route that lists the rules.
pub(super) async fn faults(server: &Server) -> Value {
    Answer::to(server.admin(Method::GET, "/v1/admin/faults"))
        .await
        .json_of(200)
}
