//! A sleep shows up in its stage's histogram, and what was cut says so.

use rstest::rstest;
use serde_json::json;

use crate::harness::{Job, Server};

const SLEEP_MS: f64 = 400.0;

#[rstest]
#[case::of_the_voice("synth", "synth")]
#[case::of_the_encoder("encode", "encode")]
#[case::of_the_store("store", "store")]
#[case::of_the_lease("queue.lease", "queue")]
#[case::of_the_merge_lock("merge.lock", "merge")]
#[case::of_the_merge("merge.write", "merge")]
#[tokio::test]
async fn a_sleep_is_found_in_the_stage_s_histogram(#[case] stage: &str, #[case] label: &str) {
    let server = Server::with_faults(&[]).await;
    server
        .add_fault(json!({"stage": stage, "kind": {"sleep_ms": SLEEP_MS}, "when": {"count": 1}}))
        .await;
    let job = server.submit("Measured.").await;
    job.complete().await;
    assert_eq!(job.merged().await.status, 200);
    let metrics = server.metrics().await;
    for of in ["queue", "synth", "encode", "store", "merge"] {
        let seconds = |what: &str| {
            let name = format!("touchstone_stage_duration_seconds_{what}{{stage=\"{of}\"}}");
            metrics[&name].as_f64().unwrap_or_else(|| panic!("no {name}"))
        };
        assert_eq!(seconds("count"), 1.0, "{of}");
        assert_eq!(
            seconds("sum") >= SLEEP_MS / 1e3,
            of == label,
            "{of} took {} s",
            seconds("sum")
        );
    }
}

#[rstest]
#[case::cut("store:truncate=0.5")]
#[case::cut_before("encode:truncate=0.5")]
#[tokio::test]
async fn a_cut_segment_is_as_long_as_it_says(#[case] fault: &str) {
    let server = Server::start(&[]).await;
    let whole = server.submit("Cut short.").await.complete().await["segments"][0]["size_bytes"].take();
    let server = Server::start(&["--fault", fault]).await;
    let job = server.submit("Cut short.").await;
    let size = job.complete().await["segments"][0]["size_bytes"].take();
    assert_eq!(size.as_u64(), whole.as_u64().map(|whole| whole / 2));
    let answer = job.segment(0).await;
    assert_eq!((answer.status, size), (200, answer.body.len().into()));
}

#[rstest]
#[case::by_the_voice("synth")]
#[case::by_the_encoder("encode")]
#[case::by_the_store("store")]
#[case::by_the_merge("merge.write")]
#[tokio::test]
async fn what_was_cut_is_made_anew_once_the_rule_is_gone(#[case] stage: &str) {
    let server = Server::with_faults(&[]).await;
    let rule = server
        .add_fault(json!({"stage": stage, "kind": {"truncate": 0.5}}))
        .await;
    let cut = server.submit("Whole again.").await;
    cut.complete().await;
    let audio = async |job: &Job<'_>| match stage {
        "merge.write" => job.merged().await,
        _ => job.segment(0).await,
    };
    let of_cut = audio(&cut).await;
    assert_eq!(of_cut.status, 200);
    assert_eq!(server.fired(&rule).await, 1);
    server.remove_fault(&rule).await;
    let whole = server.submit("Whole again.").await;
    whole.complete().await;
    let of_whole = audio(&whole).await;
    assert!(
        of_whole.body.len() > of_cut.body.len(),
        "{} bytes",
        of_whole.body.len()
    );
    assert_ne!(
        of_whole.header("etag"),
        of_cut.header("etag"),
        "other bytes under the same tag"
    );
    let untouched = Server::start(&[]).await;
    let job = untouched.submit("Whole again.").await;
    job.complete().await;
    assert!(
        audio(&job).await.body == of_whole.body,
        "other bytes than without the rule"
    );
}

#[tokio::test]
async fn a_voice_that_breaks_off_makes_sound_audio_that_is_shorter() {
    let server = Server::start(&[]).await;
    let whole = server.submit("Half of it.").await.complete().await["segments"][0]["duration_ms"].take();
    let server = Server::start(&["--fault", "synth:truncate=0.5"]).await;
    let job = server.submit("Half of it.").await;
    let half = job.complete().await["segments"][0]["duration_ms"].take();
    assert!(half.as_f64() < whole.as_f64(), "{half} of {whole}");
    let samples = crate::harness::decode(&job.segment(0).await.body).len();
    #[expect(clippy::cast_precision_loss, reason = "a short file's samples")]
    let length = samples as f64 / 24.0;
    assert!((half.as_f64().expect("a length") - length).abs() < 0.001);
}
