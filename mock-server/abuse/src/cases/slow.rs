//! Clients that take their time with what they send.

use std::{sync::Arc, time::Duration};

use tokio::time;

use super::{BODY_BYTES, HEAD_BYTES, SHORT, case, holding};
use crate::{
    case::{Case, Memory},
    crowd::{Got, crowd, got, saying},
    subject::Subject,
    wire::Wire,
};

/// Between two bytes of a slow client; a deadline of [`SHORT`] is many of them.
const DRIP: Duration = Duration::from_millis(100);
/// More than a deadline of [`SHORT`] holds.
const DRIPS: usize = 200;

#[expect(clippy::too_many_lines, reason = "a table of cases, one after another")]
pub(super) fn cases() -> Vec<Case> {
    let bodies_full = Memory {
        connections: 100,
        each_bytes: 64 << 10,
        kept_bytes: 2 << 20,
    };
    vec![
        case(
            [
                "slow heads",
                "1,000 heads, a byte every 100 ms, that never end",
                "408 at the head's deadline",
            ],
            &SHORT,
            holding(1_000, HEAD_BYTES),
            |subject| {
                Box::pin(dripping(
                    subject,
                    1_000,
                    "GET /health HTTP/1.1\r\nx: ".to_owned(),
                    Got::Status(408),
                ))
            },
        ),
        case(
            [
                "slow bodies",
                "500 bodies, a byte every 100 ms, that never end",
                "408 at the body's deadline",
            ],
            &SHORT,
            holding(500, BODY_BYTES),
            |subject| {
                Box::pin(dripping(
                    subject,
                    500,
                    announcing(subject, 10_000),
                    Got::Status(408),
                ))
            },
        ),
        case(
            [
                "slow chunks",
                "500 chunked bodies, a byte every 100 ms",
                "408 at the body's deadline",
            ],
            &SHORT,
            holding(500, BODY_BYTES),
            |subject| {
                Box::pin(dripping(
                    subject,
                    500,
                    chunked(subject) + "ffff\r\n",
                    Got::Status(408),
                ))
            },
        ),
        case(
            [
                "single bytes",
                "32 bodies of 5,000 bytes, each byte in a packet of its own",
                "read whole: 400, no JSON",
            ],
            &[],
            holding(32, BODY_BYTES),
            |subject| Box::pin(single_bytes(subject)),
        ),
        case(
            [
                "tiny chunks",
                "32 bodies of 100,000 chunks of one byte",
                "read whole: 400, no JSON",
            ],
            &[],
            holding(32, BODY_BYTES),
            |subject| Box::pin(tiny_chunks(subject)),
        ),
        case(
            [
                "bodies held back",
                "100 times 300 KB of a body, and no more, with 2 MiB for all",
                "503 beyond the 2 MiB, 408 for the rest",
            ],
            &[&SHORT[..], &["--max-buffered-bytes", "2MiB"]].concat(),
            bodies_full,
            |subject| Box::pin(held_back(subject)),
        ),
    ]
}

fn announcing(subject: &Subject, bytes: usize) -> String {
    let host = &subject.target.address;
    format!(
        "POST /v1/tts/jobs HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {bytes}\r\n\r\n"
    )
}

fn chunked(subject: &Subject) -> String {
    announcing(subject, 0).replace("content-length: 0", "transfer-encoding: chunked")
}

/// Says `first` and then a byte at a time, until the server has had enough.
async fn dripping(subject: &Subject, clients: usize, first: String, expected: Got) -> Result<String, String> {
    let (address, first): (_, Arc<str>) = (subject.target.address.clone(), first.into());
    let counts = crowd(clients, clients, |_| {
        let (address, first) = (address.clone(), first.clone());
        async move {
            let Ok(mut wire) = Wire::connect(&address).await else {
                return vec![Got::Nothing];
            };
            wire.send(first.as_bytes()).await;
            for _ in 0..DRIPS {
                wire.send(b" ").await;
                let answered = time::timeout(DRIP, wire.socket().readable()).await;
                if answered.is_ok() {
                    return vec![got(&mut wire, "POST").await];
                }
            }
            vec![Got::Left]
        }
    })
    .await;
    counts.only(&[expected])
}

async fn single_bytes(subject: &Subject) -> Result<String, String> {
    let (address, head) = (subject.target.address.clone(), announcing(subject, 5_000));
    let counts = crowd(32, 32, |_| {
        let (address, head) = (address.clone(), head.clone());
        async move {
            let Ok(mut wire) = Wire::connect(&address).await else {
                return vec![Got::Nothing];
            };
            wire.send(head.as_bytes()).await;
            for _ in 0..5_000 {
                wire.send(b"x").await;
                tokio::task::yield_now().await;
            }
            vec![got(&mut wire, "POST").await]
        }
    })
    .await;
    counts.only(&[Got::Status(400)])
}

async fn tiny_chunks(subject: &Subject) -> Result<String, String> {
    let body = chunked(subject) + &"1\r\nx\r\n".repeat(100_000) + "0\r\n\r\n";
    let counts = saying(&subject.target.address, 32, body.into_bytes(), 1).await;
    counts.only(&[Got::Status(400)])
}

async fn held_back(subject: &Subject) -> Result<String, String> {
    let part = announcing(subject, 380_000) + &" ".repeat(300_000);
    let counts = saying(&subject.target.address, 100, part.into_bytes(), 1).await;
    let said = counts.only(&[Got::Status(503), Got::Status(408)])?;
    // Somebody must have been let in, and once all are gone there must be room again.
    if counts.of(Got::Status(408)) == 0 {
        return Err(format!("got {said}: nobody was read"));
    }
    subject.finished_job("There is room again.").await.map(|_| said)
}
