//! The server that is measured: the release binary, as a process of its own.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::{Client, Method, RequestBuilder, header::CONTENT_TYPE};
use serde_json::Value;
use server_process::{Launch, ServerProcess};

use super::{Unmeasured, usage::Watched};

/// The admin token, for the fault rules that cut objects to size.
pub(crate) const ADMIN: &str = "bench";

/// The binary: the one that cargo has built, or another one to compare with (`BENCH_SERVER`).
pub(crate) fn binary() -> PathBuf {
    env::var_os("BENCH_SERVER").map_or_else(|| env!("CARGO_BIN_EXE_mock-server").into(), PathBuf::from)
}

/// A running server; it ends with this value.
#[derive(Debug)]
pub(crate) struct Server {
    process: ServerProcess,
    http: Client,
    usage: Watched,
}

impl Server {
    /// Starts it behind the words of a command that in the end becomes the server, such as taskset's.
    pub(crate) async fn start(words: impl IntoIterator<Item = OsString>) -> Result<Self, Unmeasured> {
        let mut words = words.into_iter();
        let program = words.next().unwrap_or_else(|| binary().into_os_string());
        let process = Launch::new(Path::new(&program))
            .args(words)
            .args(["serve", "--listen", "127.0.0.1:0", "--voice-cost", "zero"])
            .args(["--admin-token", ADMIN])
            .start()
            .await?;
        // An error says that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .timeout(Duration::from_secs(20))
            .build()?;
        Ok(Self {
            usage: Watched::new(process.pid())?,
            process,
            http,
        })
    }

    /// What it takes.
    pub(crate) fn usage(&self) -> &Watched {
        &self.usage
    }

    /// A client for what is not measured.
    pub(crate) fn http(&self) -> &Client {
        &self.http
    }

    /// `http://ADDRESS:PORT` and the path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.process.base_url())
    }

    /// A request that is not sent yet.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path))
    }

    /// A POST of JSON that is not sent yet.
    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::POST, path)
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string())
    }

    /// Sends a request and reads the JSON that answers it.
    pub(crate) async fn json(&self, request: RequestBuilder) -> Result<Value, Unmeasured> {
        let answer = request.send().await?.error_for_status()?;
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }
}
