//! Over https, with a token.

use std::sync::Arc;

use audio_client::{Client, ClientSettings, Secret};
use audio_load::{Action, Workload, engine_target};
use load_engine::record::Outcome;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::place::{TOKEN, load_at, server, step};

/// Takes https for `server`, and gives its address and its certificate.
async fn encrypted(server: String) -> (String, Vec<u8>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, server) = (acceptor.clone(), server.clone());
            tokio::spawn(async move {
                // A client that does not trust the certificate ends here, which is part of the tests.
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut server = TcpStream::connect(server).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
            });
        }
    });
    (base, made.cert.pem().into_bytes())
}

#[tokio::test]
async fn load_goes_over_https_with_the_token_that_the_client_has() {
    let mut reached = server(&[&format!("--api-token={TOKEN}")], &[]).await;
    let plain = reached.client.base().trim_start_matches("http://").to_owned();
    let (base, pem) = encrypted(plain).await;
    let settings = ClientSettings {
        bearer: Some(Secret::new(TOKEN)),
        ca_pem: Some(pem.clone()),
        ..ClientSettings::new(base)
    };
    reached.client = Client::new(&settings, reached.client.profile().clone()).unwrap();
    let target = engine_target(&reached.client, Some(&pem)).unwrap();
    let ran = load_at(
        target,
        &reached,
        (&Workload::only(Action::Listen), 2.0),
        |record| step(record, "merged").total() >= 4,
    )
    .await;
    assert_eq!(ran.record.total(), ran.record.count(Outcome::Ok));
    assert!(step(&ran.record, "range").count(Outcome::Ok) > 0);
}

#[tokio::test]
async fn a_certificate_of_nobody_that_is_trusted_is_refused() {
    let mut reached = server(&[], &[]).await;
    let plain = reached.client.base().trim_start_matches("http://").to_owned();
    let (base, _) = encrypted(plain).await;
    let (_, other) = encrypted("127.0.0.1:1".to_owned()).await;
    let settings = ClientSettings {
        ca_pem: Some(other.clone()),
        ..ClientSettings::new(base)
    };
    reached.client = Client::new(&settings, reached.client.profile().clone()).unwrap();
    let target = engine_target(&reached.client, Some(&other)).unwrap();
    let workload = Workload::only(Action::Health);
    let (journey, catalogue) =
        audio_load::AudioJourney::new(&workload, reached.client.profile(), Default::default()).unwrap();
    let plan = crate::place::plan(target, 1.0, journey.lanes());
    let run = move || {
        load_engine::run(
            &plan,
            (journey, catalogue),
            &mut load_engine::Quiet,
            &load_engine::StopSignal::new(),
        )
    };
    let error = tokio::task::spawn_blocking(run).await.unwrap().unwrap_err();
    assert!(error.to_string().starts_with("no connection to"), "{error}");
}
