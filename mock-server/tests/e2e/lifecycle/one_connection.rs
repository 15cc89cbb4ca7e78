//! Requests of all kinds over one connection: some are answered before the HTTP machinery hears of them, the others by
//! it, and every one gets its own answer, in order.

use std::time::Duration;

use abuse::wire::{Answer, Wire};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, time};

use crate::harness::{Job, Server, body_of, large, narrow};

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n")
}

async fn ask(wire: &mut Wire, said: &str) -> Answer {
    wire.send(said.as_bytes()).await;
    let method = said.split(' ').next().expect("a method");
    wire.answer(method).await.expect("an answer")
}

#[tokio::test]
async fn every_request_of_a_connection_gets_its_answer_whichever_way_it_takes() {
    let server = Server::start(&[]).await;
    let job = server.submit("One after the other.").await;
    job.complete().await;
    let (path, segment) = (job.segment_path(0), job.segment(0).await.body);
    let mut wire = Wire::connect(&server.address()).await.expect("connected");
    let body = r#"{"text": "Another."}"#;
    let posted = format!(
        "POST /v1/tts/jobs HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    for _ in 0..3 {
        assert_eq!(ask(&mut wire, &get(&path)).await.body, segment);
        let range = format!("GET {path} HTTP/1.1\r\nhost: a\r\nrange: bytes=7-99\r\n\r\n");
        assert_eq!(ask(&mut wire, &range).await.body, segment[7..=99]);
        let head = format!("HEAD {path} HTTP/1.1\r\nhost: a\r\n\r\n");
        let head = ask(&mut wire, &head).await;
        assert_eq!(head.field("content-length"), segment.len().to_string());
        assert_eq!(ask(&mut wire, &get(&path)).await.body, segment);
        assert_eq!(ask(&mut wire, &get("/health")).await.json()["status"], "ok");
        // With its body at once, and with its body later.
        assert_eq!(ask(&mut wire, &format!("{posted}{body}")).await.status, 200);
        wire.send(posted.as_bytes()).await;
        time::sleep(Duration::from_millis(20)).await;
        assert_eq!(ask(&mut wire, body).await.status, 200);
        assert_eq!(ask(&mut wire, &get(&job.segment_path(9))).await.status, 404);
    }
}

#[tokio::test]
async fn what_comes_in_pieces_or_together_is_answered_in_order() {
    let server = Server::start(&[]).await;
    let job = server.submit("Bit by bit.").await;
    job.complete().await;
    let (path, segment) = (job.segment_path(0), job.segment(0).await.body);
    for first in ["", &get(&path), &get("/health")] {
        let mut wire = Wire::connect(&server.address()).await.expect("connected");
        if !first.is_empty() {
            assert_eq!(ask(&mut wire, first).await.status, 200);
        }
        // A head in two pieces, the second of which looks like a request of its own.
        wire.send(b"GET /health HTTP/1.1\r\nx: ").await;
        time::sleep(Duration::from_millis(20)).await;
        assert_eq!(ask(&mut wire, &get(&path)).await.json()["status"], "ok");
        // Two requests at once, and half of a third.
        let both = format!("{}{}GET {path} HT", get(&path), get("/health"));
        assert_eq!(ask(&mut wire, &both).await.body, segment);
        assert_eq!(
            wire.answer("GET").await.expect("an answer").json()["status"],
            "ok"
        );
        wire.send(b"TP/1.1\r\nhost: a\r\n\r\n").await;
        assert_eq!(wire.answer("GET").await.expect("an answer").body, segment);
    }
}

#[tokio::test]
async fn a_body_that_looks_like_a_request_is_none() {
    let server = Server::start(&[]).await;
    let job = server.submit("Not asked for.").await;
    job.complete().await;
    let smuggled = get(&job.segment_path(0));
    let mut wire = Wire::connect(&server.address()).await.expect("connected");
    let posted = format!(
        "POST /v1/tts/jobs HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        smuggled.len()
    );
    wire.send(posted.as_bytes()).await;
    time::sleep(Duration::from_millis(20)).await;
    let refused = ask(&mut wire, &smuggled).await;
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (400, &"bad_json".into())
    );
    // Nothing else was answered.
    assert_eq!(ask(&mut wire, &get("/health")).await.json()["status"], "ok");
}

/// A connection whose client's side takes little on its own, with this job's merged audio asked for.
async fn slow(server: &Server, job: &Job<'_>) -> TcpStream {
    let mut stream = narrow(server).await;
    let asked = get(&job.path("/audio.ogg"));
    stream.write_all(asked.as_bytes()).await.expect("written");
    // So that the answer waits to be taken.
    time::sleep(Duration::from_millis(50)).await;
    stream
}

#[tokio::test]
async fn a_slow_reader_gets_its_whole_answer_and_then_the_next_one() {
    let server = Server::start(&[]).await;
    let (job, whole) = large(&server, "an answer that waits").await;
    let mut stream = slow(&server, &job).await;
    let next = format!(
        "GET {} HTTP/1.1\r\nhost: a\r\nrange: bytes=5-9\r\n\r\n",
        job.path("/audio.ogg")
    );
    assert!(body_of(&mut stream, Vec::new(), whole.len()).await == whole);
    stream.write_all(next.as_bytes()).await.expect("written");
    assert_eq!(body_of(&mut stream, Vec::new(), 5).await, whole[5..=9]);
}

#[tokio::test]
async fn a_reader_that_takes_nothing_of_a_single_answer_is_reset() {
    let server = Server::start(&["--drain-timeout-ms", "300"]).await;
    let (job, _) = large(&server, "an answer that waits").await;
    let stream = slow(&server, &job).await;
    crate::harness::eventually("the connection is reset", async || {
        stream.take_error().expect("an option")
    })
    .await;
}

#[tokio::test]
async fn an_answer_on_its_way_is_sent_whole_when_the_server_stops() {
    let server = Server::start(&[]).await;
    let (job, whole) = large(&server, "an answer that waits").await;
    let mut stream = slow(&server, &job).await;
    let address = server.address();
    let stopping = async move {
        server.stop().await;
    };
    let reading = async {
        // The server no longer listens.
        while TcpStream::connect(&address).await.is_ok() {
            time::sleep(Duration::from_millis(10)).await;
        }
        body_of(&mut stream, Vec::new(), whole.len()).await
    };
    let ((), came) = tokio::join!(stopping, reading);
    assert!(came == whole);
}
