//! Servers that break the contract: each lie turns the run red and names the test that caught it.

use std::sync::atomic::{AtomicU32, Ordering};

use audio_client::TargetProfile;
use http::{Method, StatusCode};
use rstest::rstest;
use run_report::{RunExit, TestStatus};
use serde_json::json;

use crate::{
    harness::{Result as _, at, copy_cases, test},
    tamper::{Answer, in_front_of},
};
use test_support::{ADMIN_TOKEN, server};

fn wrong_order(answer: &mut Answer) {
    if answer.path.ends_with("playlist.json") {
        answer.json(|body| {
            body["playlist"]
                .as_array_mut()
                .into_iter()
                .for_each(|list| list.reverse());
        });
    }
}

fn forgets_a_segment(answer: &mut Answer) {
    if answer.path.ends_with("playlist.json") {
        answer.json(|body| drop(body["playlist"].as_array_mut().and_then(Vec::pop)));
    }
}

fn never_merges(answer: &mut Answer) {
    if answer.path.ends_with("audio.ogg") && answer.method == Method::GET {
        answer.status = StatusCode::ACCEPTED;
    }
}

/// The first half of the pages: a legal stream that is too short.
fn cuts_merged(answer: &mut Answer) {
    if answer.path.ends_with("audio.ogg") && answer.status == StatusCode::OK {
        let half = answer.body.len() / 2;
        let page = answer.body[..half]
            .windows(4)
            .rposition(|bytes| bytes == b"OggS")
            .unwrap_or(half);
        answer.body = answer.body.slice(..page);
    }
}

fn unknown_state(answer: &mut Answer) {
    if answer.path.starts_with("/v1/tts/jobs") {
        answer.json(|body| body["manifest"]["status"] = json!("pondering"));
    }
}

fn never_ready(answer: &mut Answer) {
    answer.json(|body| {
        if body["manifest"].is_object() {
            body["manifest"]["status"] = json!("in_progress");
        }
    });
}

fn flips_a_sample(answer: &mut Answer) {
    // Another voice's answer: a whole, legal file with other samples.
    if answer.path == "/v1/tts/jobs" {
        answer.json(|body| body["manifest"]["voice_id"] = json!("another"));
    }
    if answer.path.ends_with("segments/seg-0001")
        && answer.method == Method::GET
        && answer.status == StatusCode::OK
    {
        answer.status = StatusCode::NOT_FOUND;
    }
}

fn ignores_ranges(answer: &mut Answer) {
    if answer.status == StatusCode::PARTIAL_CONTENT {
        answer.headers.remove("content-range");
    }
}

fn tells_text(answer: &mut Answer) {
    if answer.is_status() {
        answer.json(|body| body["last_text"] = json!("The lighthouse"));
    }
}

fn counts_wrong(answer: &mut Answer) {
    if answer.is_status() {
        answer.json(|body| body["jobs"]["submitted"] = json!(7));
    }
}

fn head_differs(answer: &mut Answer) {
    if answer.method == Method::HEAD {
        answer.headers.insert("etag", "\"other\"".parse().unwrap());
    }
}

fn accepts_everything(answer: &mut Answer) {
    if answer.status == StatusCode::BAD_REQUEST {
        answer.status = StatusCode::UNPROCESSABLE_ENTITY;
    }
}

fn resurrects(answer: &mut Answer) {
    if answer.path.ends_with("/cancel") {
        answer.json(|body| body["status"] = json!("in_progress"));
    }
}

fn another_job_each_time(answer: &mut Answer) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    if answer.path == "/v1/tts/jobs" && answer.method == Method::POST {
        answer.json(|body| body["job_id"] = json!(format!("job-{}", NEXT.fetch_add(1, Ordering::Relaxed))));
    }
}

fn misleads_the_reader(answer: &mut Answer) {
    answer.json(|body| {
        if body["playlist_url_best"].is_string() {
            body["playlist_url_best"] = json!("/elsewhere");
        }
    });
}

fn deletes_with_ok(answer: &mut Answer) {
    if answer.method == Method::DELETE && answer.status == StatusCode::NO_CONTENT {
        answer.status = StatusCode::OK;
    }
}

fn regenerates_from_the_cache(answer: &mut Answer) {
    answer.json(|body| {
        for segment in body["manifest"]["segments"].as_array_mut().into_iter().flatten() {
            segment["cached"] = json!(true);
        }
    });
}

fn lists_backwards(answer: &mut Answer) {
    answer.json(|body| {
        if let Some(jobs) = body["jobs"].as_array_mut() {
            jobs.reverse();
        }
    });
}

fn refuses_without_a_time(answer: &mut Answer) {
    answer.headers.remove("retry-after");
}

fn knows_nothing_with_gone(answer: &mut Answer) {
    if answer.status == StatusCode::NOT_FOUND {
        answer.status = StatusCode::GONE;
    }
}

fn lasts_longer(answer: &mut Answer) {
    answer.json(|body| {
        for segment in body["manifest"]["segments"].as_array_mut().into_iter().flatten() {
            if let Some(ms) = segment["duration_ms"].as_f64() {
                segment["duration_ms"] = json!(ms + 1.0);
            }
        }
    });
}

fn tries_once(answer: &mut Answer) {
    answer.json(|body| {
        for segment in body["manifest"]["segments"].as_array_mut().into_iter().flatten() {
            segment["attempts"] = json!(1);
        }
    });
}

fn hides_the_fallback(answer: &mut Answer) {
    answer.json(|body| {
        for segment in body["manifest"]["segments"].as_array_mut().into_iter().flatten() {
            segment["fallback_used"] = json!(false);
        }
    });
}

fn promises_what_failed(answer: &mut Answer) {
    if answer.status == StatusCode::GONE {
        answer.status = StatusCode::ACCEPTED;
    }
}

#[rstest]
#[case::wrong_order("playlist_order", wrong_order, "playlist entry 0 has index")]
#[case::forgets_a_segment("playlist_order", forgets_a_segment, "entries for")]
#[case::endless_202("concurrent_merges", never_merges, "still 202 after")]
#[case::merged_is_cut("merged_equals", cuts_merged, "broken audio after")]
#[case::unknown_state(
    "head_transition",
    unknown_state,
    "\"pondering\", a state that the target profile does not know"
)]
#[case::endless_job("head_transition", never_ready, "is still in_progress after")]
#[case::missing_segment("audio_samples", flips_a_sample, "404")]
#[case::no_content_range("range_bytes", ignores_ranges, "Content-Range is None")]
#[case::text_in_status("status_snapshot", tells_text, "last_text is a text")]
#[case::counters_that_stand("status_snapshot", counts_wrong, "jobs.submitted grew by 0")]
#[case::metrics_that_disagree("metrics_agree", counts_wrong, "jobs.submitted is 7")]
#[case::head_unlike_get("head_transition", head_differs, "by HEAD and")]
#[case::wrong_refusals("bad_input", accepts_everything, "422 Unprocessable Entity, expected 400")]
#[case::several_jobs_of_one_key("idempotent_submit", another_job_each_time, "made several jobs")]
#[case::reader_led_astray("reader_submit", misleads_the_reader, "playlist_url_best /elsewhere")]
#[case::delete_with_200("delete_job", deletes_with_ok, "expected 204")]
#[case::regenerated_from_cache(
    "regenerate_job",
    regenerates_from_the_cache,
    "of a regenerated job is cached"
)]
#[case::list_backwards("job_list", lists_backwards, "order newest first")]
#[case::refusal_without_a_time("active_jobs_limit", refuses_without_a_time, "Retry-After None")]
#[case::unknown_is_gone("unknown_names", knows_nothing_with_gone, "expected 404")]
#[case::wrong_duration("audio_content", lasts_longer, "the manifest says")]
#[case::no_second_attempt("retry_then_ready", tries_once, "took 1 attempts")]
#[case::hidden_fallback("cap_then_fallback", hides_the_fallback, "fallback used: false")]
#[case::failed_segment_pending("failed_segment", promises_what_failed, "expected 410 with fallback_failed")]
#[case::failed_job_pending("failed_job", promises_what_failed, "expected 410")]
#[case::cancel_that_does_not("cancel", resurrects, "the cancel's answer says in_progress")]
#[tokio::test]
async fn a_lie_turns_the_run_red_and_is_named(
    #[case] name: &str,
    #[case] lie: fn(&mut Answer),
    #[case] says: &str,
) {
    let server = server(&[]).await;
    let base = in_front_of(server.base_url(), lie).await;
    let flags = [
        "--filter",
        name,
        "--cache",
        "cold",
        "--repeat",
        "1",
        "--timeout-job",
        "1s",
        "--admin-token-env",
        "ADMIN",
    ];
    let ran = at(&base, &flags).env("ADMIN", ADMIN_TOKEN).ran().await;
    let result = ran.exited(1).result();
    assert_eq!(
        (result.exit_code, result.pass, result.correctness_pass),
        (RunExit::Failed, false, false)
    );
    let caught = result
        .tests
        .iter()
        .find(|test| test.name.starts_with(name) && test.status == TestStatus::Failed);
    let caught = caught.unwrap_or_else(|| panic!("{}", ran.said()));
    assert!(caught.reason.as_ref().unwrap().contains(says), "{caught:#?}");
    assert!(ran.stdout.contains(&caught.name), "{}", ran.said());
}

#[tokio::test]
async fn merged_audio_that_is_not_its_segments_is_caught_though_it_is_intact() {
    let server = server(&[]).await;
    let segment = std::sync::Mutex::new(None);
    let base = in_front_of(server.base_url(), move |answer| {
        let mut segment = segment.lock().unwrap();
        if answer.path.ends_with("seg-0000") && answer.status == StatusCode::OK {
            *segment = Some(answer.body.clone());
        }
        if answer.path.ends_with("audio.ogg") {
            answer.body = segment.clone().unwrap();
        }
    })
    .await;
    let result = at(&base, &["--filter", "merged_equals"])
        .ran()
        .await
        .exited(1)
        .result();
    let reason = test(&result, "merged_equals_segments").reason.clone().unwrap();
    assert!(
        reason.contains("merged audio has") && reason.contains("its segments have"),
        "{reason}"
    );
}

#[rstest]
#[case::stuck(|body: &mut serde_json::Value| body["active_jobs"] = json!(1), "status_end.active_jobs is 1")]
#[case::missing(|body: &mut serde_json::Value| drop(body.as_object_mut().unwrap().remove("active_jobs")), "status_end.active_jobs is missing")]
#[tokio::test]
async fn a_target_that_does_not_come_to_rest_has_not_passed(
    #[case] lie: fn(&mut serde_json::Value),
    #[case] says: &str,
) {
    let server = server(&[]).await;
    let base = in_front_of(server.base_url(), move |answer| {
        if answer.is_status() {
            answer.json(lie);
        }
    })
    .await;
    let ran = at(&base, &["--filter", "head", "--drain-timeout", "200ms"])
        .ran()
        .await;
    let result = ran.exited(1).result();
    assert_eq!(test(&result, "head_transition").status, TestStatus::Passed);
    assert!(!result.correctness_pass);
    assert!(
        result
            .verdict_reasons
            .iter()
            .any(|reason| reason.text.contains(says)),
        "{:?}",
        result.verdict_reasons
    );
}

#[tokio::test]
async fn a_target_without_a_status_at_the_end_has_not_passed() {
    let server = server(&[]).await;
    let base = in_front_of(server.base_url(), |answer| {
        if answer.is_status() {
            answer.status = StatusCode::INTERNAL_SERVER_ERROR;
        }
    })
    .await;
    let ran = at(&base, &["--filter", "head", "--timeout-health", "300ms"])
        .ran()
        .await;
    let result = ran.exited(4).result();
    assert!(
        result.error.as_ref().unwrap().contains("500"),
        "{:?}",
        result.error
    );
    assert_eq!(test(&result, "head_transition").status, TestStatus::Skipped);
}

#[tokio::test]
async fn a_target_with_other_names_needs_its_profile_and_nothing_else() {
    let server = server(&[]).await;
    let base = in_front_of(server.base_url(), |answer| {
        let renamed = |status: &mut serde_json::Value| {
            if status == "complete" {
                *status = json!("finished");
            }
        };
        answer.json(|body| {
            renamed(&mut body["status"]);
            renamed(&mut body["manifest"]["status"]);
        });
    })
    .await;
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/targets/reference.toml")).unwrap();
    let text = text
        .replace("\ncomplete = \"complete\"", "\nfinished = \"complete\"")
        .replace("\"reference\"", "\"other\"");
    assert_eq!(TargetProfile::parse(&text).unwrap().name, "other");
    let golden = at(
        &base,
        &[
            "--filter",
            "head",
            "--filter",
            "audio_samples",
            "--target",
            "other.toml",
        ],
    );
    std::fs::write(golden.dir.path().join("other.toml"), text).unwrap();
    let result = golden.ran().await.result();
    assert!(result.correctness_pass, "{:#?}", result.tests);
    assert_eq!(result.target, "other");
    // Nobody has recorded this target's audio; that is said, and not passed.
    assert_eq!(test(&result, "audio_samples").status, TestStatus::Skipped);
}

#[tokio::test]
async fn a_jobs_text_in_the_metrics_is_found() {
    let server = server(&[]).await;
    let texts = std::sync::Mutex::new(String::new());
    let base = in_front_of(server.base_url(), move |answer| {
        let mut texts = texts.lock().unwrap();
        texts.push_str(&String::from_utf8_lossy(&answer.sent).replace('\n', " "));
        if answer.path == "/metrics" {
            answer.body = format!("# last: {texts}\n{}", String::from_utf8_lossy(&answer.body)).into();
        }
    })
    .await;
    let result = at(&base, &["--filter", "no_job_text"])
        .ran()
        .await
        .exited(1)
        .result();
    let reason = test(&result, "no_job_text").reason.clone().unwrap();
    assert!(reason.contains("stands in the metrics"), "{reason}");
}

#[tokio::test]
async fn a_slow_status_is_too_slow_on_loopback() {
    let server = server(&["--fault", "http.status:sleep=60ms"]).await;
    let result = at(server.base_url(), &["--filter", "status_latency"])
        .ran()
        .await
        .exited(1)
        .result();
    let reason = test(&result, "status_latency").reason.clone().unwrap();
    assert!(reason.contains("at p99 on loopback"), "{reason}");
}

#[tokio::test]
async fn one_other_sample_than_expected_is_found() {
    let server = server(&[]).await;
    let golden = at(
        server.base_url(),
        &["--filter", "audio_samples", "--cases", "cases"],
    );
    let cases = copy_cases(&golden);
    let path = cases.join("expected/reference.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let at = text.find("sha256 = \"").unwrap() + "sha256 = \"".len();
    let flipped = if &text[at..=at] == "0" { "1" } else { "0" };
    std::fs::write(&path, format!("{}{flipped}{}", &text[..at], &text[at + 1..])).unwrap();
    let result = golden.ran().await.exited(1).result();
    let reason = test(&result, "audio_samples").reason.clone().unwrap();
    assert!(
        reason.contains("case test_1 by model default: the samples' SHA-256 is"),
        "{reason}"
    );
}
