//! Asking a server whether it is alive, with nothing but this binary: for container health checks.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context as _, bail};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time};

const TIMEOUT: Duration = Duration::from_secs(3);

/// Asks `/health`.
///
/// # Errors
/// When the URL is not one, or the server cannot be reached in time.
pub(crate) async fn run(url: &str) -> anyhow::Result<ExitCode> {
    let status = time::timeout(TIMEOUT, ask(url))
        .await
        .with_context(|| format!("{url} did not answer in 3 s"))??;
    Ok(if status.is_success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn ask(url: &str) -> anyhow::Result<http::StatusCode> {
    let uri: http::Uri = url
        .parse()
        .with_context(|| format!("--url {url:?} is not a URL"))?;
    let (Some("http"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        bail!("--url is {url:?}; legal: http://HOST:PORT");
    };
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
