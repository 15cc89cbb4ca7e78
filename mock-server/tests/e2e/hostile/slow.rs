//! Clients that take their time.

use std::time::Duration;

use abuse::wire::{Wire, WireError};
use tokio::{
    net::{TcpSocket, TcpStream},
    time,
};

use crate::harness::{Server, eventually, script, within};

fn address(server: &Server) -> String {
    server.url("").replace("http://", "")
}

async fn wire(server: &Server) -> Wire {
    Wire::connect(&address(server)).await.expect("connected")
}

const SUBMIT: &str = "POST /v1/tts/jobs HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";

/// Says it, and then a blank at a time until there is an answer.
async fn drip(wire: &mut Wire, says: &str) -> abuse::wire::Answer {
    wire.send(says.as_bytes()).await;
    let dripping = async {
        while time::timeout(Duration::from_millis(20), wire.socket().readable())
            .await
            .is_err()
        {
            wire.send(b" ").await;
        }
    };
    within("there is an answer", dripping).await;
    let answer = wire.answer("POST").await.expect("an answer");
    answer.check().expect("a problem document");
    answer
}

#[tokio::test]
async fn a_head_that_never_ends_is_answered_with_408_and_the_connection_closed() {
    let server = Server::start(&["--head-timeout-ms", "300"]).await;
    let mut wire = wire(&server).await;
    let answer = drip(&mut wire, "GET /health HTTP/1.1\r\nx: ").await;
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (408, &"head_timeout".into())
    );
    wire.closed().await.expect("closed");
}

#[tokio::test]
async fn a_second_head_that_never_ends_is_answered_with_408_too() {
    let server = Server::start(&["--head-timeout-ms", "300"]).await;
    let mut wire = wire(&server).await;
    wire.send(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(wire.answer("GET").await.expect("an answer").status, 200);
    assert_eq!(drip(&mut wire, "GET /health HTTP/1.1\r\nx: ").await.status, 408);
}

#[rstest::rstest]
#[case::with_a_length("content-length: 10000\r\n\r\n")]
#[case::in_chunks("transfer-encoding: chunked\r\n\r\nffff\r\n")]
#[tokio::test]
async fn a_body_that_never_ends_is_answered_with_408_and_the_connection_closed(#[case] rest: &str) {
    let server = Server::start(&["--body-timeout-ms", "300"]).await;
    let mut wire = wire(&server).await;
    let answer = drip(&mut wire, &format!("{SUBMIT}{rest}")).await;
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (408, &"body_timeout".into())
    );
    assert_eq!(answer.field("connection"), "close");
    wire.closed().await.expect("closed");
}

#[rstest::rstest]
#[case::that_never_asked("", "--head-timeout-ms")]
#[case::that_has_its_answer("GET /health HTTP/1.1\r\nhost: a\r\n\r\n", "--idle-timeout-ms")]
#[tokio::test]
async fn a_silent_connection_is_closed_without_a_word(#[case] says: &str, #[case] flag: &str) {
    let server = Server::start(&[flag, "300"]).await;
    let mut wire = wire(&server).await;
    if !says.is_empty() {
        wire.send(says.as_bytes()).await;
        assert_eq!(wire.answer("GET").await.expect("an answer").status, 200);
    }
    let end = wire.answer("GET").await;
    assert!(matches!(end, Err(WireError::Closed(false))), "{end:?}");
}

/// A connection whose client's side takes little on its own.
async fn narrow(server: &Server) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4 << 10).expect("a small buffer");
    let to = address(server).parse().expect("an address");
    socket.connect(to).await.expect("connected")
}

#[tokio::test]
async fn a_client_that_does_not_read_is_reset() {
    let server = Server::start(&["--drain-timeout-ms", "300"]).await;
    let job = server.submit(&script("a client that does not read", 30)).await;
    job.complete().await;
    let stream = narrow(&server).await;
    let request = format!("GET {} HTTP/1.1\r\nhost: a\r\n\r\n", job.path("/audio.ogg"));
    // Answers of several times what two sockets hold.
    let asked = request.repeat(40);
    let sent = stream.try_write(asked.as_bytes()).expect("written");
    assert_eq!(sent, asked.len());
    eventually("the connection is reset", async || {
        stream.take_error().expect("an option")
    })
    .await;
}

#[tokio::test]
async fn bodies_held_back_leave_no_room_for_more_than_they_may_take_and_give_it_back() {
    let server = Server::start(&["--max-buffered-bytes", "1MiB", "--body-timeout-ms", "15000"]).await;
    let part = format!("{SUBMIT}content-length: 380000\r\n\r\n{}", " ".repeat(370_000));
    let mut held = Vec::new();
    let refused = loop {
        let mut wire = wire(&server).await;
        wire.send(part.as_bytes()).await;
        if time::timeout(Duration::from_millis(300), wire.socket().readable())
            .await
            .is_ok()
        {
            break wire.answer("POST").await.expect("an answer");
        }
        held.push(wire);
        assert!(held.len() < 4, "four such bodies are more than 1 MiB");
    };
    refused.check().expect("a problem document");
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (503, &"bodies_full".into())
    );
    assert!(!held.is_empty(), "nobody was let in");
    drop(held);
    eventually("there is room again", async || {
        let body = serde_json::json!({"text": "Again.", "padding": " ".repeat(300_000)});
        let answer = crate::harness::Answer::to(server.posting("/v1/tts/jobs", &body)).await;
        (answer.status == 200).then_some(())
    })
    .await;
}
