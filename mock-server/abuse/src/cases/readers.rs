//! Clients that do not take what they asked for.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time,
};

use super::{SHORT, case, holding};
use crate::{
    case::{Case, Memory},
    crowd::{Got, crowd},
    subject::Subject,
    wire::PATIENCE,
};

/// Characters whose audio is far more than the system's buffers between two sockets hold.
const LONG_TEXT_SENTENCES: usize = 160;
/// How often a client that does not read looks whether it is still connected.
const LOOK: Duration = Duration::from_millis(100);

pub(super) fn cases() -> Vec<Case> {
    // The audio is made, merged and kept once; nobody holds a copy.
    let once = |connections| Memory {
        kept_bytes: 160 << 20,
        ..holding(connections, 0)
    };
    vec![
        case(
            [
                "answers not read",
                "200 requests for long audio that is never read",
                "closed at the deadline for reading",
            ],
            &SHORT,
            once(200),
            |subject| {
                Box::pin(unread(
                    subject,
                    200,
                    Reading {
                        requests: 1,
                        pause: None,
                    },
                ))
            },
        ),
        case(
            [
                "answers read too slowly",
                "100 requests for long audio, read a byte every 200 ms",
                "closed at the deadline for reading",
            ],
            &SHORT,
            once(100),
            |subject| {
                let pause = Some(Duration::from_millis(200));
                Box::pin(unread(subject, 100, Reading { requests: 1, pause }))
            },
        ),
        case(
            [
                "pipelined answers not read",
                "50 times 500 requests for long audio in one write, not read",
                "closed at the deadline for reading",
            ],
            &SHORT,
            once(50),
            |subject| {
                Box::pin(unread(
                    subject,
                    50,
                    Reading {
                        requests: 500,
                        pause: None,
                    },
                ))
            },
        ),
    ]
}

#[derive(Debug, Clone, Copy)]
struct Reading {
    /// Requests in one write.
    requests: usize,
    /// Between two bytes that are read; never read without.
    pause: Option<Duration>,
}

async fn unread(subject: &Subject, clients: usize, reading: Reading) -> Result<String, String> {
    let sentences = (0..LONG_TEXT_SENTENCES).map(|n| {
        format!("In part {n} the reader hears at length about those who ask for much and then take none of it at all.")
    });
    let job = subject
        .finished_job(&sentences.collect::<Vec<_>>().join(" "))
        .await?;
    let path = format!("/v1/tts/jobs/{job}/audio.ogg");
    let size_bytes = subject.get(&path).await?.body.len();
    let request = subject.request("GET", &path, None).repeat(reading.requests);
    let address: SocketAddr = subject
        .target
        .address
        .parse()
        .map_err(|_| "no address".to_owned())?;
    let counts = crowd(clients, clients, |_| {
        let request = request.clone();
        async move {
            let Ok(stream) = narrow(address).await else {
                return vec![Got::Nothing];
            };
            let given_up = time::timeout(PATIENCE, given_up(stream, request, reading.pause)).await;
            vec![given_up.unwrap_or(Got::Nothing)]
        }
    })
    .await;
    let said = counts.only(&[Got::Closed])?;
    Ok(format!(
        "{said}; {:.1} MB asked for each time",
        size_bytes as f64 / 1e6
    ))
}

/// A connection whose client's side takes little on its own.
async fn narrow(address: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4 << 10)?;
    socket.connect(address).await
}

/// Asks, reads slowly or not at all, and waits until the server has had enough. What it has sent by then lies in the
/// way of its end, so it must reset the connection, which is seen without reading.
async fn given_up(mut stream: TcpStream, request: Vec<u8>, pause: Option<Duration>) -> Got {
    let (mut reader, mut writer) = stream.split();
    let asking = async {
        // A server that reads no further while nothing is read of it is as it should be.
        let _ = writer.write_all(&request).await;
        std::future::pending::<()>().await;
    };
    let reading = async {
        loop {
            time::sleep(pause.unwrap_or(LOOK)).await;
            if !matches!(reader.as_ref().take_error(), Ok(None)) {
                return;
            }
            if pause.is_some() && reader.read_u8().await.is_err() {
                return;
            }
        }
    };
    tokio::select! { () = asking => {}, () = reading => {} }
    Got::Closed
}
