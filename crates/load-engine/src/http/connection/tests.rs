//! Connections to peers that do what they should, and what they should not.

use std::time::{Duration, Instant};

use http::{Method, uri::PathAndQuery};
use rstest::rstest;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

use super::*;
use crate::http::Keep;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc";

/// A peer that does `what` with the one connection it takes, and the connection to it.
async fn with_peer<F>(what: impl FnOnce(TcpStream) -> F) -> (Target, Connection, JoinHandle<F::Output>)
where
    F: Future<Output: Send> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let target = Target::new(&base, None, Duration::from_secs(5)).unwrap();
    let (connection, accepted) = tokio::join!(Connection::open(&target), listener.accept());
    let peer = tokio::spawn(what(accepted.unwrap().0));
    (target, connection.unwrap(), peer)
}

fn get(target: &Target) -> Request {
    let path = PathAndQuery::from_static("/a");
    target.request(Method::GET, path).keeping(Keep::UpTo(1 << 20))
}

/// Reads one request without a body.
async fn request_of(stream: &mut TcpStream) -> Vec<u8> {
    let mut came = Vec::new();
    while !came.ends_with(b"\r\n\r\n") {
        assert!(stream.read_buf(&mut came).await.unwrap() > 0, "the request ends");
    }
    came
}

/// Reads one request without a body, and answers it.
async fn answers(stream: &mut TcpStream, answer: &[u8]) {
    request_of(stream).await;
    stream.write_all(answer).await.unwrap();
}

/// Whether it is closed, as soon as the system has told.
async fn closes(connection: &mut Connection) -> bool {
    for _ in 0..500 {
        if connection.is_closed() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    false
}

#[tokio::test]
async fn one_connection_carries_request_after_request() {
    let (target, mut connection, peer) = with_peer(async |mut stream: TcpStream| {
        let mut came = Vec::new();
        for _ in 0..3 {
            came.push(request_of(&mut stream).await);
            stream.write_all(ANSWER).await.unwrap();
        }
        (came, stream)
    })
    .await;
    for _ in 0..3 {
        assert!(!connection.is_closed());
        let sent = connection.send(&get(&target)).await.unwrap();
        assert_eq!((&sent.answer.body[..], sent.answer.bytes), (&b"abc"[..], 3));
        assert!(sent.first_byte <= sent.ended);
    }
    assert!(!connection.is_closed());
    let (came, _stream) = peer.await.unwrap();
    let host = target.address;
    let request = format!("GET /a HTTP/1.1\r\nhost: {host}\r\nuser-agent: touchstone\r\n\r\n");
    assert_eq!(came, [(); 3].map(|()| request.as_bytes()));
}

#[rstest]
#[case::closed(ANSWER, true)]
#[case::more_than_was_asked_for(b"HTTP/1.1 204 x\r\n\r\nHTTP/1.1 204 x\r\n\r\n", false)]
#[case::an_answer_that_says_so(b"HTTP/1.1 204 x\r\nconnection: close\r\n\r\n", false)]
#[tokio::test]
async fn a_connection_that_can_carry_no_more_is_known_before_the_next_request(
    #[case] answer: &'static [u8],
    #[case] close: bool,
) {
    let (target, mut connection, peer) = with_peer(async move |mut stream: TcpStream| {
        answers(&mut stream, answer).await;
        (!close).then_some(stream)
    })
    .await;
    connection.send(&get(&target)).await.unwrap();
    let _stream = peer.await.unwrap();
    assert!(closes(&mut connection).await);
}

#[tokio::test]
async fn bytes_that_nobody_asked_for_close_an_idle_connection() {
    let (idle, seen_idle) = oneshot::channel::<()>();
    let (target, mut connection, peer) = with_peer(async move |mut stream: TcpStream| {
        answers(&mut stream, ANSWER).await;
        seen_idle.await.unwrap();
        stream.write_all(ANSWER).await.unwrap();
        stream
    })
    .await;
    connection.send(&get(&target)).await.unwrap();
    assert!(!connection.is_closed());
    idle.send(()).unwrap();
    let _stream = peer.await.unwrap();
    assert!(closes(&mut connection).await);
}

#[tokio::test]
async fn a_request_that_is_the_last_closes_the_connection() {
    let (target, mut connection, peer) = with_peer(async |mut stream: TcpStream| {
        answers(&mut stream, ANSWER).await;
        stream
    })
    .await;
    let close = (http::header::CONNECTION, http::HeaderValue::from_static("close"));
    let request = get(&target).header(close.0, close.1);
    connection.send(&request).await.unwrap();
    assert!(connection.is_closed());
    drop(peer);
}

#[rstest]
#[case::before_the_answer(b"")]
#[case::in_the_head(b"HTTP/1.1 200 OK\r\nconte")]
#[case::in_the_content(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")]
#[case::in_content_without_length(b"HTTP/1.1 200 OK\r\n\r\nabc")]
#[tokio::test]
async fn a_reset_breaks_the_exchange(#[case] begun: &'static [u8]) {
    let (target, mut connection, peer) = with_peer(async move |mut stream: TcpStream| {
        answers(&mut stream, begun).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        stream.set_zero_linger().unwrap();
    })
    .await;
    let error = connection.send(&get(&target)).await.unwrap_err();
    assert!(matches!(error, ExchangeError::Broken(_)), "{error}");
    assert!(connection.is_closed());
    peer.await.unwrap();
}

#[tokio::test]
async fn content_that_ends_early_breaks_the_exchange() {
    let (target, mut connection, _peer) = with_peer(async |mut stream: TcpStream| {
        answers(&mut stream, b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc").await;
    })
    .await;
    let error = connection.send(&get(&target)).await.unwrap_err();
    assert!(matches!(error, ExchangeError::Malformed(_)), "{error}");
    assert!(connection.is_closed());
}

#[tokio::test]
async fn an_answer_that_comes_byte_by_byte_is_read_and_timed_from_its_first() {
    let (target, mut connection, _peer) = with_peer(async |mut stream: TcpStream| {
        stream.set_nodelay(true).unwrap();
        answers(&mut stream, b"HTTP/1.1 103 Early Hints\r\n\r\n").await;
        tokio::time::sleep(Duration::from_millis(30)).await;
        for byte in ANSWER {
            stream.write_all(&[*byte]).await.unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        stream
    })
    .await;
    let begun = Instant::now();
    let sent = connection.send(&get(&target)).await.unwrap();
    assert_eq!(sent.answer.body, "abc");
    assert!(
        sent.first_byte - begun >= Duration::from_millis(29),
        "the hints are no answer"
    );
    assert!(sent.ended - sent.first_byte >= Duration::from_millis(ANSWER.len() as u64 - 1));
    assert!(!connection.is_closed());
}

#[tokio::test]
async fn content_of_many_reads_is_counted() {
    const BYTES: usize = 3 << 20;
    let (target, mut connection, _peer) = with_peer(async |mut stream: TcpStream| {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {BYTES}\r\n\r\n");
        answers(&mut stream, head.as_bytes()).await;
        stream.write_all(&vec![7; BYTES]).await.unwrap();
        stream
    })
    .await;
    let sent = connection
        .send(&get(&target).keeping(Keep::First(2)))
        .await
        .unwrap();
    assert_eq!(
        (&sent.answer.body[..], sent.answer.bytes),
        (&[7, 7][..], BYTES as u64)
    );
    assert!(!connection.is_closed());
}

/// More than any socket holds.
const LARGE: usize = 32 << 20;

#[rstest]
#[case::and_goes_on(false)]
#[case::and_closes(true)]
#[tokio::test]
async fn an_answer_before_the_request_is_whole_is_taken(#[case] close: bool) {
    let (target, mut connection, peer) = with_peer(async move |mut stream: TcpStream| {
        stream.read_exact(&mut [0; 100]).await.unwrap();
        let answer = b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 3\r\n\r\nabc";
        stream.write_all(answer).await.unwrap();
        if close {
            stream.shutdown().await.unwrap();
        }
        stream
    })
    .await;
    let request = get(&target).json(vec![b' '; LARGE]);
    let sent = tokio::time::timeout(Duration::from_secs(20), connection.send(&request)).await;
    let sent = sent.expect("neither waits for the other").unwrap();
    assert_eq!(
        (sent.answer.status.as_u16(), &sent.answer.body[..]),
        (413, &b"abc"[..])
    );
    assert!(connection.is_closed(), "the rest of the request is still to come");
    drop(peer);
}

#[tokio::test]
async fn a_large_request_arrives_whole() {
    let (target, mut connection, peer) = with_peer(async |mut stream: TcpStream| {
        let mut came = Vec::with_capacity(2 * LARGE);
        while !came.ends_with(b"~") {
            assert!(stream.read_buf(&mut came).await.unwrap() > 0);
        }
        stream.write_all(ANSWER).await.unwrap();
        came
    })
    .await;
    // No piece of it could stand for another, and `~` is its last byte alone.
    let mut body: Vec<u8> = (0..LARGE).map(|place| (place % 113) as u8).collect();
    body.push(b'~');
    let request = get(&target).json(body.clone());
    let sent = timeout(Duration::from_secs(20), connection.send(&request)).await;
    sent.expect("all of it is sent").unwrap();
    let came = peer.await.unwrap();
    assert!(came == [request.head(), &body].concat());
}

#[tokio::test]
async fn an_exchange_that_is_given_up_leaves_no_connection() {
    let (target, mut connection, peer) = with_peer(async |mut stream: TcpStream| {
        request_of(&mut stream).await;
        stream
    })
    .await;
    let request = get(&target);
    let given_up = timeout(Duration::from_millis(20), connection.send(&request)).await;
    assert!(given_up.is_err());
    assert!(connection.is_closed());
    drop(peer);
}
