//! Ways to a target: over TLS, with a token, through a proxy; and ways out, to a CI system.

use std::{sync::Arc, time::Duration};

use run_report::TestStatus;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use server_process::Launch;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};

use crate::{
    harness::{API_TOKEN, Result as _, at, test},
    tamper::in_front_of,
};
use test_support::{server, server_program};

/// TLS in front of a server; gives its base URL and the authority's certificate as PEM.
async fn tls_in_front_of(base: &str) -> (String, String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let inner = base.trim_start_matches("http://").to_owned();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, inner) = (acceptor.clone(), inner.clone());
            tokio::spawn(async move {
                // A client that does not trust the certificate goes away here.
                let Ok(mut outside) = acceptor.accept(stream).await else {
                    return;
                };
                let mut inside = TcpStream::connect(inner).await.unwrap();
                let _ = copy_bidirectional(&mut outside, &mut inside).await;
            });
        }
    });
    (own, cert.pem())
}

#[tokio::test]
async fn a_target_behind_tls_is_tested_when_its_authority_is_trusted() {
    let server = server(&[]).await;
    let (base, pem) = tls_in_front_of(server.base_url()).await;
    let trusting = at(&base, &["--filter", "head", "--ca-cert", "ca.pem"]);
    std::fs::write(trusting.dir.path().join("ca.pem"), pem).unwrap();
    let result = trusting.ran().await.exited(3).result();
    assert_eq!(test(&result, "head_transition").status, TestStatus::Passed);

    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])
        .unwrap()
        .cert
        .pem();
    let doubting = at(
        &base,
        &[
            "--filter",
            "head",
            "--ca-cert",
            "ca.pem",
            "--timeout-health",
            "300ms",
        ],
    );
    std::fs::write(doubting.dir.path().join("ca.pem"), other).unwrap();
    doubting.ran().await.exited(4);
}

#[tokio::test]
async fn a_token_opens_the_target_and_never_shows() {
    let launch = Launch::new(server_program())
        .args(["serve", "--listen", "127.0.0.1:0", "--voice-cost", "fast"])
        .env("MOCK_SERVER_API_TOKEN", API_TOKEN);
    let server = launch.start().await.unwrap();
    let flags = [
        "--filter",
        "head",
        "--filter",
        "unauthorized",
        "--bearer-token-env",
        "TOKEN",
    ];
    let golden = at(server.base_url(), &flags).env("TOKEN", API_TOKEN);
    let ran = golden.ran().await;
    let result = ran.exited(3).result();
    assert!(result.correctness_pass);
    assert_eq!(test(&result, "unauthorized").status, TestStatus::Passed);
    let file = std::fs::read_to_string(ran.dir.path().join("artifacts/golden.json")).unwrap();
    assert!(!file.contains(API_TOKEN) && !ran.said().contains(API_TOKEN));

    let without = at(
        server.base_url(),
        &["--filter", "head", "--timeout-health", "300ms"],
    )
    .ran()
    .await;
    let error = without.exited(4).result().error.unwrap();
    assert!(error.contains("401"), "{error}");
    let header = format!("Authorization: Bearer {API_TOKEN}");
    at(server.base_url(), &["--filter", "head", "--header", &header])
        .ran()
        .await
        .exited(3);
}

#[tokio::test]
async fn a_proxy_has_to_say_by_head_what_the_server_says() {
    let server = server(&[]).await;
    let faithful = in_front_of(server.base_url(), |_| {}).await;
    let result = at(server.base_url(), &["--filter", "proxy", "--web-base", &faithful])
        .ran()
        .await
        .exited(3)
        .result();
    assert_eq!(test(&result, "proxy_head_parity").status, TestStatus::Passed);
    let lossy = in_front_of(server.base_url(), |answer| {
        answer.headers.remove("accept-ranges");
    })
    .await;
    let result = at(server.base_url(), &["--filter", "proxy", "--web-base", &lossy])
        .ran()
        .await
        .exited(1)
        .result();
    assert!(
        test(&result, "proxy_head_parity")
            .reason
            .as_ref()
            .unwrap()
            .contains("accept-ranges")
    );
}

#[tokio::test]
async fn on_github_failures_are_annotated_and_the_summary_grows() {
    let server = server(&[]).await;
    let lossy = in_front_of(server.base_url(), |answer| {
        answer.headers.remove("etag");
    })
    .await;
    let golden = at(&lossy, &["--filter", "head"]).env("GITHUB_ACTIONS", "true");
    let summary = golden.dir.path().join("summary.md");
    std::fs::write(&summary, "of an earlier step\n").unwrap();
    let ran = golden.env("GITHUB_STEP_SUMMARY", &summary).ran().await;
    ran.exited(1);
    assert!(ran.stdout.contains("::error"), "{}", ran.said());
    let text = std::fs::read_to_string(summary).unwrap();
    assert!(
        text.starts_with("of an earlier step\n") && text.contains("head_transition"),
        "{text}"
    );
}

#[tokio::test]
async fn each_format_is_what_it_says() {
    let server = server(&[]).await;
    let run = async |format: &str| {
        let ran = at(server.base_url(), &["--filter", "head", "--format", format])
            .ran()
            .await;
        ran.exited(3);
        ran.stdout
    };
    assert!(run_report::GoldenRun::from_json(&run("json").await).is_ok());
    assert!(run("junit").await.starts_with("<?xml"));
    assert!(run("markdown").await.contains("| "));
    let table = run("table").await;
    assert!(
        table.contains("head_transition") && !table.contains('\u{1b}'),
        "no colours in a pipe: {table}"
    );
    assert!(server.stop(Duration::from_secs(15)).await.is_ok());
}
