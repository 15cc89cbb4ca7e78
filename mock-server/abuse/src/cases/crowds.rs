//! More connections than anybody needs.

use std::time::Duration;

use tokio::time;

use super::{SHORT, Scale, case, holding};
use crate::{
    case::{Case, Memory},
    crowd::{Counts, Got, crowd, got, saying},
    subject::Subject,
    wire::{PATIENCE, Wire},
};

/// How long idle connections are held while the bystander asks.
const HELD: Duration = Duration::from_secs(2);
/// What a connection takes that has not said a byte: its task, its timer and the runtime's entry for its socket.
const SILENT_BYTES: u64 = 4 << 10;
/// The limit of the case that goes beyond it.
const FEW: usize = 256;
/// How many go beyond it.
const BEYOND: usize = 500;

#[expect(clippy::too_many_lines, reason = "a table of cases, one after another")]
pub(super) fn cases(Scale { idle_connections }: Scale) -> Vec<Case> {
    let idle = idle_connections as u64;
    let many = |what: &str| format!("{idle_connections} {what}");
    vec![
        case(
            [
                "silent connections",
                "5,000 connections without a byte",
                "closed at the head's deadline",
            ],
            &SHORT,
            // Nothing is made ready for who says nothing.
            Memory {
                kept_bytes: 5_000 * SILENT_BYTES,
                ..holding(1, 0)
            },
            |subject| Box::pin(waiting(subject, 5_000, "", &[Got::Closed])),
        ),
        case(
            [
                "half a head, then silence",
                "1,000 connections",
                "408 at the head's deadline",
            ],
            &SHORT,
            holding(1_000, 0),
            |subject| {
                Box::pin(waiting(
                    subject,
                    1_000,
                    "GET /health HTTP/1.1\r\nho",
                    &[Got::Status(408)],
                ))
            },
        ),
        case(
            [
                "idle after an answer",
                "1,000 connections",
                "closed at the idle deadline",
            ],
            &SHORT,
            holding(1_000, 0),
            |subject| {
                let ask = "GET /health HTTP/1.1\r\nhost: a\r\n\r\n";
                Box::pin(waiting(subject, 1_000, ask, &[Got::Status(200), Got::Closed]))
            },
        ),
        case(
            [
                "half-closed",
                "500 requests and then an end, 500 half ones",
                "answered, or closed at once",
            ],
            &[],
            holding(1_000, 0),
            |subject| Box::pin(half_closed(subject)),
        ),
        case(
            [
                "idle connections",
                &many("connections, open and silent for 2 s"),
                "held; others are served",
            ],
            &[],
            holding(idle, 0),
            move |subject| Box::pin(held(subject, idle_connections, false)),
        ),
        case(
            [
                "idle kept-alive connections",
                &many("connections that had an answer"),
                "held; others are served",
            ],
            &[],
            holding(idle, 0),
            move |subject| Box::pin(held(subject, idle_connections, true)),
        ),
        case(
            [
                "too many connections",
                "500 beyond --max-connections 256, one by one, then 500 at once that stay",
                "503 and closed, of those at once most without a word; room again once they are gone",
            ],
            &["--max-connections", "256"],
            // Those that are closed without a word hold nothing.
            holding(2 * FEW as u64, 0),
            |subject| Box::pin(beyond(subject)),
        ),
        case(
            [
                "connections that come and go",
                "10,000 opened and closed at once",
                "borne",
            ],
            &[],
            holding(500, 0),
            |subject| Box::pin(come_and_go(subject)),
        ),
    ]
}

/// Says something, and then waits for what comes.
async fn waiting(subject: &Subject, clients: usize, says: &str, expected: &[Got]) -> Result<String, String> {
    let counts = saying(&subject.target.address, clients, says.as_bytes(), expected.len()).await;
    counts.only(expected)
}

async fn half_closed(subject: &Subject) -> Result<String, String> {
    let address = subject.target.address.clone();
    let counts = crowd(1_000, 100, |index| {
        let address = address.clone();
        async move {
            let Ok(mut wire) = Wire::connect(&address).await else {
                return vec![Got::Nothing];
            };
            let whole = "GET /health HTTP/1.1\r\nhost: a\r\n\r\n";
            let said = if index % 2 == 0 { whole } else { &whole[..20] };
            wire.send(said.as_bytes()).await;
            wire.end().await;
            vec![got(&mut wire, "GET").await]
        }
    })
    .await;
    // A client that has ended may have gone (RFC 9112 §9.6), so the server need not answer it any more.
    counts.only(&[Got::Status(200), Got::Closed])
}

/// Holds connections open for a while, and wants to see all of them alive at its end.
async fn held(subject: &Subject, connections: usize, asked: bool) -> Result<String, String> {
    let health = subject.request("GET", "/health", None);
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        let connected = time::timeout(PATIENCE, subject.connect()).await;
        let mut wire =
            connected.map_err(|_| format!("{} connected, then none for {PATIENCE:?}", open.len()))??;
        if asked {
            wire.send(&health).await;
        }
        open.push(wire);
    }
    let mut counts = Counts::default();
    if asked {
        for wire in &mut open {
            counts.add(got(wire, "GET").await);
        }
        counts.only(&[Got::Status(200)])?;
    }
    time::sleep(HELD).await;
    let mut counts = Counts::default();
    for wire in &mut open {
        wire.send(&health).await;
        counts.add(got(wire, "GET").await);
    }
    counts
        .only(&[Got::Status(200)])
        .map(|said| format!("{said} after {HELD:?}"))
}

async fn beyond(subject: &Subject) -> Result<String, String> {
    let health = subject.request("GET", "/health", None);
    let mut served = Vec::new();
    // One is the bystander's.
    while served.len() + 1 < FEW {
        let mut wire = subject.connect().await?;
        wire.send(&health).await;
        match got(&mut wire, "GET").await {
            Got::Status(200) => served.push(wire),
            other => return Err(format!("connection {} got {other:?}", served.len() + 1)),
        }
    }
    let mut counts = Counts::default();
    for _ in 0..BEYOND {
        let mut wire = subject.connect().await?;
        match got(&mut wire, "GET").await {
            Got::Status(503) => counts.add(Got::Status(503)),
            other => return Err(format!("one beyond the limit got {other:?}")),
        }
    }
    let stayed = staying(subject).await?;
    let said = format!("{counts}, then {stayed}");
    for wire in &mut served {
        wire.send(&health).await;
        if got(wire, "GET").await != Got::Status(200) {
            return Err("a connection that was there before is no longer served".to_owned());
        }
    }
    drop(served);
    let deadline = time::Instant::now() + PATIENCE;
    loop {
        match subject.get("/health").await {
            Ok(answer) if answer.status == 200 => return Ok(said),
            Ok(_) | Err(_) if time::Instant::now() < deadline => time::sleep(Duration::from_millis(20)).await,
            Ok(_) | Err(_) => return Err("no room again once they are gone".to_owned()),
        }
    }
}

/// So many at once, each of which stays as long as the server lets it: it is told so only as long as few are.
async fn staying(subject: &Subject) -> Result<Counts, String> {
    let mut open = Vec::new();
    for _ in 0..BEYOND {
        open.push(subject.connect().await?);
    }
    let mut counts = Counts::default();
    for wire in &mut open {
        counts.add(got(wire, "GET").await);
    }
    counts.only(&[Got::Closed, Got::Status(503)])?;
    Ok(counts)
}

async fn come_and_go(subject: &Subject) -> Result<String, String> {
    let address = subject.target.address.clone();
    let counts = crowd(10_000, 200, |_| {
        let address = address.clone();
        async move {
            vec![if Wire::connect(&address).await.is_ok() {
                Got::Left
            } else {
                Got::Nothing
            }]
        }
    })
    .await;
    counts.only(&[Got::Left])
}
