//! More connections than are served.

use abuse::wire::{Wire, WireError};

use crate::harness::{Server, eventually};

async fn asked(server: &Server) -> (Wire, Result<u16, WireError>) {
    let mut wire = Wire::connect(&server.address()).await.expect("connected");
    wire.send(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let answer = wire.answer("GET").await;
    let status = answer.map(|answer| {
        answer.check().expect("a proper answer");
        if answer.status == 503 {
            assert_eq!(answer.json()["code"], "too_many_connections");
            assert_eq!(answer.field("retry-after"), "1");
            assert_eq!(answer.field("connection"), "close");
        }
        answer.status
    });
    (wire, status)
}

#[tokio::test]
async fn a_connection_beyond_the_limit_is_told_so_and_closed_and_the_others_are_served_on() {
    let server = Server::start(&["--max-connections", "2"]).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let (wire, status) = asked(&server).await;
        assert_eq!(status.expect("an answer"), 200);
        held.push(wire);
    }
    let (mut refused, status) = asked(&server).await;
    assert_eq!(status.expect("an answer"), 503);
    refused.closed().await.expect("closed");
    for wire in &mut held {
        wire.send(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n").await;
        assert_eq!(wire.answer("GET").await.expect("an answer").status, 200);
    }
    drop(held);
    eventually("there is room again", async || {
        matches!(asked(&server).await.1, Ok(200)).then_some(())
    })
    .await;
}
