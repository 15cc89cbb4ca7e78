//! Clients that leave in the middle, with a reset.

use std::time::Duration;

use tokio::time;

use super::{HEAD_BYTES, case, holding};
use crate::{
    case::{Case, Memory},
    crowd::{Got, crowd},
    subject::Subject,
    wire::{PATIENCE, Wire},
};

const TIMES: usize = 3_000;
const AT_ONCE: usize = 100;
/// What comes of a body that is given up.
const HALF_BODY_BYTES: usize = 50_000;

pub(super) fn cases() -> Vec<Case> {
    let downloads = Memory {
        kept_bytes: 96 << 20,
        ..holding(AT_ONCE as u64, 0)
    };
    vec![
        case(
            [
                "uploads given up",
                "3,000 bodies reset half-way",
                "borne; nothing is left",
            ],
            &[],
            // Only for those that are there, however many are left behind: what came, with room to grow, and a read buffer.
            holding(AT_ONCE as u64, 2 * HALF_BODY_BYTES as u64 + HEAD_BYTES),
            |subject| Box::pin(uploads(subject)),
        ),
        case(
            [
                "downloads given up",
                "3,000 requests for long audio reset after its first bytes",
                "borne; nothing is left",
            ],
            &[],
            downloads,
            |subject| Box::pin(downloads_given_up(subject)),
        ),
        case(
            [
                "waiting given up",
                "500 requests that a rule stalls, reset",
                "borne; nothing is left",
            ],
            &["--fault", "http.playlist:stall"],
            holding(500, 0),
            |subject| Box::pin(waits(subject)),
        ),
    ]
}

/// Sends, waits for as many bytes as told, and resets the connection.
async fn reset_after(address: String, bytes: Vec<u8>, wait: Wait) -> Vec<Got> {
    let Ok(mut wire) = Wire::connect(&address).await else {
        return vec![Got::Nothing];
    };
    wire.send(&bytes).await;
    match wait {
        Wait::Bytes => {
            let _ = time::timeout(Duration::from_secs(5), wire.socket().readable()).await;
        }
        Wait::A(time) => time::sleep(time).await,
    }
    match wire.socket().set_zero_linger() {
        Ok(()) => vec![Got::Left],
        Err(_) => vec![Got::Nothing],
    }
}

#[derive(Debug, Clone, Copy)]
enum Wait {
    Bytes,
    A(Duration),
}

async fn uploads(subject: &Subject) -> Result<String, String> {
    let mut half = subject.request("POST", "/v1/tts/jobs", None);
    let text = String::from_utf8_lossy(&half).replace(
        "content-length: 0",
        &format!("content-length: {}", 2 * HALF_BODY_BYTES),
    );
    half = [text.as_bytes(), &[b' '; HALF_BODY_BYTES]].concat();
    let address = subject.target.address.clone();
    let counts = crowd(TIMES, AT_ONCE, |_| {
        reset_after(address.clone(), half.clone(), Wait::A(Duration::from_millis(1)))
    })
    .await;
    counts.only(&[Got::Left])
}

async fn downloads_given_up(subject: &Subject) -> Result<String, String> {
    let sentences = (0..60).map(|n| {
        format!("Of part {n} this client hears the beginning and nothing else, for it is in a hurry.")
    });
    let job = subject
        .finished_job(&sentences.collect::<Vec<_>>().join(" "))
        .await?;
    let request = subject.request("GET", &format!("/v1/tts/jobs/{job}/audio.ogg"), None);
    let address = subject.target.address.clone();
    let counts = crowd(TIMES, AT_ONCE, |_| {
        reset_after(address.clone(), request.clone(), Wait::Bytes)
    })
    .await;
    counts.only(&[Got::Left])
}

async fn waits(subject: &Subject) -> Result<String, String> {
    let path = format!("/v1/tts/jobs/{}/playlist.json", subject.target.job);
    let (address, request) = (
        subject.target.address.clone(),
        subject.request("GET", &path, None),
    );
    let wait = Wait::A(Duration::from_millis(500));
    let counts = crowd(500, 500, |_| reset_after(address.clone(), request.clone(), wait)).await;
    let said = counts.only(&[Got::Left])?;
    // What the server counts must come back to what it was: these answers, and the bystander's.
    let deadline = time::Instant::now() + PATIENCE;
    loop {
        let metrics = subject.get("/v1/metrics").await?.json();
        match metrics["touchstone_http_requests_in_flight"].as_f64() {
            Some(0.0..=2.0) => return Ok(said),
            Some(left) if time::Instant::now() > deadline => {
                return Err(format!("{left} requests are still in flight"));
            }
            Some(_) => time::sleep(Duration::from_millis(50)).await,
            None => return Err(format!("no count of requests in flight in {metrics}")),
        }
    }
}
