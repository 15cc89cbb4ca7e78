//! Clients that take their time.

use std::time::Duration;

use abuse::wire::{Wire, WireError};
use tokio::{io::AsyncReadExt as _, time};

use crate::harness::{Server, eventually, large, narrow, script, within};

async fn wire(server: &Server) -> Wire {
    Wire::connect(&server.address()).await.expect("connected")
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

#[tokio::test]
async fn what_is_said_of_a_bad_request_comes_after_the_whole_answer_before_it() {
    let server = Server::start(&[]).await;
    let (job, whole) = large(&server, "an answer that waits").await;
    let asked = format!("GET {} HTTP/1.1\r\nhost: a\r\n", job.path("/audio.ogg"));
    for first in ["\r\n", "content-length: 5\r\n\r\nhello"] {
        for (bad, status) in [
            ("GET /health HTTP/1.1\r\nhost : a\r\n\r\n", 400),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ] {
            let mut stream = narrow(&server).await;
            let said = format!("{asked}{first}{bad}");
            assert_eq!(stream.try_write(said.as_bytes()).expect("written"), said.len());
            // So that the server meets the bad request while the audio waits to be taken.
            time::sleep(Duration::from_millis(100)).await;
            let mut came = Vec::new();
            let (end, _) = within("the connection ends", stream.read_to_end(&mut came)).await;
            end.expect("an end without a reset");
            let head = came
                .windows(4)
                .position(|four| four == b"\r\n\r\n")
                .expect("a head");
            let rest = came[head + 4..].strip_prefix(&whole[..]);
            let rest = String::from_utf8_lossy(rest.expect("the whole audio first"));
            assert!(
                rest.starts_with(&format!("HTTP/1.1 {status} ")),
                "{said:?}: {rest}"
            );
        }
    }
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
