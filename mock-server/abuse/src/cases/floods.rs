//! Clients that ask for too much, too often.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::time;

use super::{BODY_BYTES, case, holding};
use crate::{
    bystander::Asks,
    case::{Case, Memory},
    crowd::{Counts, Got, crowd, got},
    subject::Subject,
    wire::{PATIENCE, Wire},
};

/// Clients at a time.
const AT_ONCE: usize = 32;
/// Zeros in a profile, each with its comma.
const PROFILE_NUMBERS: usize = 190_000;
const PROFILE_BYTES: u64 = 2 * PROFILE_NUMBERS as u64;

#[expect(clippy::too_many_lines, reason = "a table of cases, one after another")]
pub(super) fn cases() -> Vec<Case> {
    let few = holding(AT_ONCE as u64, 0);
    let records = |kept_bytes| Memory {
        kept_bytes,
        ..holding(AT_ONCE as u64, BODY_BYTES)
    };
    vec![
        case(
            [
                "submits",
                "4,000 jobs, where 20 may be active",
                "429 with Retry-After; a refused job leaves nothing",
            ],
            &["--voice-cost", "default"],
            records(32 << 20),
            |subject| Box::pin(submits(subject)),
        ),
        case(
            [
                "unknown jobs",
                "20,000 ids that nobody has",
                "404; no label of metrics is new",
            ],
            &[],
            few,
            |subject| Box::pin(unknown(subject)),
        ),
        case(
            [
                "cancels and deletes of one job",
                "3,200 of one running job, with reads between them",
                "200 and 204, then 404",
            ],
            &["--voice-cost", "default"],
            records(16 << 20),
            |subject| Box::pin(cancels(subject)),
        ),
        case(
            ["guessed admin tokens", "10,000 wrong ones", "401"],
            &[],
            few,
            |subject| Box::pin(guesses(subject)),
        ),
        case(
            [
                "huge profiles",
                "320 jobs with 190,000 numbers each, of which 16 MiB are kept",
                "accepted; the records stay within --retain-bytes",
            ],
            &["--retain-bytes", "16MiB", "--max-active-jobs", "32"],
            // Active jobs are kept beside what may be kept of ended ones.
            records((16 << 20) + AT_ONCE as u64 * PROFILE_BYTES),
            |subject| Box::pin(profiles(subject)),
        )
        // Its job is among those that are dropped.
        .beside(Asks::Health),
        case(
            [
                "many small jobs",
                "3,200 jobs, of which 50 may be kept",
                "200 or 429; no more than 50 are listed",
            ],
            &["--retain-jobs", "50", "--max-active-jobs", "1000"],
            records(16 << 20),
            |subject| Box::pin(small_jobs(subject)),
        )
        .beside(Asks::Health),
        case(
            ["fault rules", "2,000 rules, with the token", "201, then 429"],
            &[],
            few,
            |subject| Box::pin(rules(subject)),
        ),
    ]
}

/// Every client sends its share of the requests on one connection.
async fn flood(
    subject: &Subject,
    each: usize,
    request: impl Fn(usize) -> Vec<u8> + Send + Sync + 'static,
) -> Counts {
    let (address, request) = (subject.target.address.clone(), Arc::new(request));
    crowd(AT_ONCE, AT_ONCE, |client| {
        let (address, request) = (address.clone(), request.clone());
        async move {
            let Ok(mut wire) = Wire::connect(&address).await else {
                return vec![Got::Nothing];
            };
            let mut all = Vec::with_capacity(each);
            for n in 0..each {
                wire.send(&request(client * each + n)).await;
                all.push(got(&mut wire, "POST").await);
            }
            all
        }
    })
    .await
}

async fn stored(subject: &Subject) -> Result<u64, String> {
    let metrics = subject.get("/v1/metrics").await?.json();
    let stored = metrics["touchstone_jobs_submitted_total"].as_f64();
    stored
        .map(|count| count as u64)
        .ok_or_else(|| format!("no count of submitted jobs in {metrics}"))
}

async fn submits(subject: &Subject) -> Result<String, String> {
    let before = stored(subject).await?;
    let request = subject.request(
        "POST",
        "/v1/tts/jobs",
        Some(&json!({"text": "One of very many."})),
    );
    let counts = flood(subject, 125, move |_| request.clone()).await;
    let said = counts.only(&[Got::Status(429), Got::Status(200)])?;
    let accepted = counts.of(Got::Status(200)) as u64;
    let after = stored(subject).await?;
    if after - before != accepted {
        return Err(format!(
            "{said}, but {} jobs were counted as submitted",
            after - before
        ));
    }
    let refused = subject
        .send("POST", "/v1/tts/jobs", Some(json!({"text": "One more."})))
        .await?;
    if refused.status == 429 && refused.field("retry-after").is_empty() {
        return Err("a 429 without Retry-After".to_owned());
    }
    let jobs = subject.get("/v1/tts/jobs?limit=200").await?.json();
    for id in jobs["jobs"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|job| job["job_id"].as_str())
    {
        subject
            .send("POST", &format!("/v1/tts/jobs/{id}/cancel"), None)
            .await?;
    }
    Ok(said)
}

async fn unknown(subject: &Subject) -> Result<String, String> {
    let before = subject.get("/metrics").await?.body.len();
    let host = subject.target.address.clone();
    let counts = flood(subject, 625, move |n| {
        let path = match n % 4 {
            0 => format!("/v1/tts/jobs/0190-{n}"),
            1 => format!("/v1/tts/jobs/0190-{n}/segments/seg-{n:04}"),
            2 => format!("/nowhere/{n}"),
            _ => format!("/api/tts/jobs/{n}/audio.ogg"),
        };
        format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n").into_bytes()
    })
    .await;
    let said = counts.only(&[Got::Status(404)])?;
    let after = subject.get("/metrics").await?.body.len();
    // A handful of routes have a new status; twenty thousand ids would be megabytes.
    if after > before + (64 << 10) {
        return Err(format!("the metrics grew from {before} to {after} bytes"));
    }
    Ok(said)
}

async fn cancels(subject: &Subject) -> Result<String, String> {
    let text = (0..20).map(|n| {
        format!("In part {n} nobody hears anything, for this job is not to be finished by anybody.")
    });
    let job = subject.submit(&text.collect::<Vec<_>>().join(" ")).await?;
    let path = format!("/v1/tts/jobs/{job}");
    let read = subject.request("GET", &path, None);
    let cancel = subject.request("POST", &format!("{path}/cancel"), None);
    let delete = subject.request("DELETE", &path, None);
    let counts = flood(subject, 100, move |n| match n {
        n if n % 100 == 99 => delete.clone(),
        n if n % 2 == 0 => read.clone(),
        _ => cancel.clone(),
    })
    .await;
    let said = counts.only(&[Got::Status(200), Got::Status(204), Got::Status(404)])?;
    if counts.of(Got::Status(204)) != 1 {
        return Err(format!("got {said}: a job is deleted once"));
    }
    Ok(said)
}

async fn guesses(subject: &Subject) -> Result<String, String> {
    let (host, token) = (subject.target.address.clone(), subject.target.admin_token.clone());
    let counts = flood(subject, 313, move |n| {
        let guess = match n % 3 {
            0 => token[..n % token.len()].to_owned(),
            1 => format!("{token}{n}"),
            _ => format!("guess-{n}"),
        };
        format!("GET /v1/admin/faults HTTP/1.1\r\nhost: {host}\r\nx-admin-token: {guess}\r\n\r\n")
            .into_bytes()
    })
    .await;
    counts.only(&[Got::Status(401)])
}

async fn profiles(subject: &Subject) -> Result<String, String> {
    let numbers: Vec<Value> = vec![json!(0); PROFILE_NUMBERS];
    let body = json!({"text": "A profile.", "reading_profile": {"x": numbers}});
    let request = subject.request("POST", "/v1/tts/jobs", Some(&body));
    let counts = flood(subject, 10, move |_| request.clone()).await;
    let said = counts.only(&[Got::Status(200), Got::Status(429)])?;
    // Old records are dropped by the sweep.
    time::sleep(Duration::from_secs(2)).await;
    Ok(said)
}

async fn small_jobs(subject: &Subject) -> Result<String, String> {
    let request = subject.request("POST", "/v1/tts/jobs", Some(&json!({"text": "A small one."})));
    let counts = flood(subject, 100, move |_| request.clone()).await;
    let said = counts.only(&[Got::Status(200), Got::Status(429)])?;
    let deadline = time::Instant::now() + PATIENCE;
    loop {
        let jobs = subject.get("/v1/tts/jobs?limit=200").await?.json();
        let kept = jobs["jobs"].as_array().map_or(0, Vec::len);
        match kept {
            1..=50 => return Ok(format!("{said}; {kept} kept")),
            // Those that are still active are kept beside them.
            51.. if time::Instant::now() < deadline => time::sleep(Duration::from_millis(20)).await,
            _ => return Err(format!("got {said}, and {kept} jobs are listed")),
        }
    }
}

async fn rules(subject: &Subject) -> Result<String, String> {
    let rule = json!({"stage": "merge.write", "kind": {"sleep_ms": 1}});
    let token = format!("x-admin-token: {}\r\ncontent-type", subject.target.admin_token);
    let request = subject.request("POST", "/v1/admin/faults", Some(&rule));
    let request = String::from_utf8_lossy(&request)
        .replacen("content-type", &token, 1)
        .into_bytes();
    let counts = flood(subject, 63, move |_| request.clone()).await;
    counts.only(&[Got::Status(429), Got::Status(201)])
}
