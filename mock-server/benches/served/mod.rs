//! The release binary on a real socket, and connections to it that are kept alive.

#![allow(dead_code, reason = "each bench uses a part of it")]
#![allow(unused_imports, reason = "each bench uses a part of it")]

mod load;

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use server_process::{Launch, ServerProcess};
use tokio::net::TcpStream;

pub(crate) use load::{LOADERS, Load, submit};

use crate::rig::server::binary;

/// A server of a bench's own; it dies with this value.
pub(crate) struct Served {
    process: ServerProcess,
}

impl Served {
    /// Starts it on a free port with a voice that costs nothing.
    pub(crate) async fn start(args: &[&str]) -> Self {
        let launch = Launch::new(binary())
            .args(["serve", "--listen", "127.0.0.1:0", "--voice-cost", "zero"])
            .args(args)
            // A line a request would be a cost of the log, not of the server.
            .env("RUST_LOG", "warn");
        let process = launch.start().await.expect("a server that listens");
        Self { process }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// A connection that is kept alive.
    pub(crate) async fn connect(&self) -> Connection {
        Connection::to(self.process.base_url()).await
    }
}

/// One connection, one request at a time.
pub(crate) struct Connection {
    host: String,
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    /// A connection to `http://ADDRESS:PORT`.
    pub(crate) async fn to(base_url: &str) -> Self {
        let host = base_url.trim_start_matches("http://").to_owned();
        let address: SocketAddr = host.parse().expect("an address");
        let stream = TcpStream::connect(address).await.expect("connected");
        stream.set_nodelay(true).expect("a TCP socket");
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("HTTP");
        tokio::spawn(connection);
        Self { host, sender }
    }

    pub(crate) async fn get(&mut self, path: &str) -> (StatusCode, Bytes) {
        self.send("GET", path, String::new()).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> (StatusCode, Bytes) {
        self.send("POST", path, body.to_string()).await
    }

    /// The JSON body of an answer that must be 200.
    pub(crate) async fn json(&mut self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        serde_json::from_slice(&body).expect("JSON")
    }

    async fn send(&mut self, method: &str, path: &str, body: String) -> (StatusCode, Bytes) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.host)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)));
        self.sender.ready().await.expect("an open connection");
        let answer = self
            .sender
            .send_request(request.expect("a request"))
            .await
            .expect("an answer");
        let status = answer.status();
        let body = answer.into_body().collect().await.expect("a whole body");
        (status, body.to_bytes())
    }
}
