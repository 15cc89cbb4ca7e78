//! `mock-server healthcheck` and its exit codes.

use rstest::rstest;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::command::run;
use crate::harness::Server;

#[tokio::test]
async fn a_healthy_server_is_0() {
    let server = Server::start(&["--api-token", "token"]).await;
    let done = run(&["healthcheck", "--url", &server.url("")], &[]).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    let done = run(&["healthcheck", "--url", &server.url("/")], &[]).await;
    assert_eq!(done.code, Some(0), "with a slash at the end: {done:?}");
}

#[rstest]
#[case::unavailable("503 Service Unavailable", 1)]
#[case::not_found("404 Not Found", 1)]
#[case::fine("200 OK", 0)]
#[tokio::test]
async fn a_server_that_says_otherwise_is_1(#[case] status: &str, #[case] code: i32) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let says = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
    let answering = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = [0; 1_024];
        let read = stream.read(&mut request).await.expect("a request");
        stream.write_all(says.as_bytes()).await.expect("answered");
        String::from_utf8_lossy(&request[..read]).into_owned()
    });
    let done = run(&["healthcheck", "--url", &url], &[]).await;
    assert_eq!(done.code, Some(code), "{done:?}");
    let request = answering.await.expect("an answer");
    assert!(request.starts_with("GET /health HTTP/1.1\r\n"), "{request}");
}

#[tokio::test]
async fn a_server_that_does_not_listen_is_4() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let done = run(&["healthcheck", "--url", &url], &[]).await;
    assert_eq!(done.code, Some(4), "{done:?}");
    assert!(done.stderr.contains(&url), "{done:?}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_4() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let done = run(&["healthcheck", "--url", &url], &[]).await;
    assert_eq!(done.code, Some(4), "{done:?}");
    assert!(done.stderr.contains("did not answer"), "{done:?}");
}

#[rstest]
#[case::no_url("nonsense")]
#[case::another_scheme("https://127.0.0.1:1")]
#[tokio::test]
async fn what_is_no_address_is_refused_by_the_flag(#[case] url: &str) {
    let done = run(&["healthcheck", "--url", url], &[]).await;
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(
        done.stderr.contains("--url") && done.stderr.contains(url),
        "{done:?}"
    );
}
