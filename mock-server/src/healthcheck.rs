//! Asking a server whether it is alive, with nothing but this binary: for container health checks.

use std::{fmt, process::ExitCode, str::FromStr, time::Duration};

use anyhow::Context as _;
use http::uri::{Authority, Parts, Scheme, Uri};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time};

const TIMEOUT: Duration = Duration::from_secs(3);

/// A server's address.
#[derive(Debug, Clone)]
pub(crate) struct ServerUrl(Authority);

impl FromStr for ServerUrl {
    type Err = &'static str;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        let uri = url.parse::<Uri>().ok().map(Uri::into_parts);
        match uri {
            Some(Parts {
                scheme: Some(scheme),
                authority: Some(authority),
                ..
            }) if scheme == Scheme::HTTP => Ok(Self(authority)),
            _ => Err("legal: http://HOST:PORT"),
        }
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.0)
    }
}

/// Asks `/health`.
///
/// # Errors
/// When the server cannot be reached in time.
pub(crate) async fn run(url: &ServerUrl) -> anyhow::Result<ExitCode> {
    let status = time::timeout(TIMEOUT, ask(url))
        .await
        .with_context(|| format!("{url} did not answer in 3 s"))??;
    Ok(if status.is_success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn ask(url: &ServerUrl) -> anyhow::Result<http::StatusCode> {
    let authority = &url.0;
    let address = (
        authority.host().trim_matches(['[', ']']).to_owned(),
        authority.port_u16().unwrap_or(80),
    );
    let stream = TcpStream::connect(address)
        .await
        .with_context(|| format!("connect to {url}"))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let request = http::Request::get("/health")
        .header("host", authority.as_str())
        .body(Empty::<bytes::Bytes>::new())?;
    let status = sender
        .send_request(request)
        .await
        .with_context(|| format!("ask {url}/health"))?
        .status();
    driver.abort();
    Ok(status)
}
