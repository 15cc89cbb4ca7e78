//! The engine's target, from one that was reached.

use std::{sync::Arc, time::Duration};

use audio_client::Client;
use load_engine::{Target, TargetError};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use rustls_platform_verifier::BuilderVerifierExt as _;

/// The longest that opening a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Why load cannot go to a target.
#[derive(Debug, thiserror::Error)]
pub enum EngineTargetError {
    /// Its address.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The certificate authorities.
    #[error("--ca-cert holds no certificate that can be trusted")]
    Ca,
    /// The platform's certificate authorities.
    #[error("the platform's certificate authorities cannot be used")]
    Platform(#[source] rustls::Error),
}

/// The engine's target at `base`: with every header of the client, its token among them, and verified by the given certificate
/// authorities (PEM), or else by the platform's.
///
/// # Errors
/// When the address cannot be resolved, or there is nothing to verify an https target by.
pub fn engine_target(client: &Client, ca_pem: Option<&[u8]>) -> Result<Target, EngineTargetError> {
    let base = client.base();
    let tls = base
        .starts_with("https:")
        .then(|| client_config(ca_pem))
        .transpose()?;
    let target = Target::new(base, tls.map(Arc::new), CONNECT_TIMEOUT)?;
    Ok(target.with_headers(client.headers()))
}

fn client_config(ca_pem: Option<&[u8]>) -> Result<ClientConfig, EngineTargetError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(EngineTargetError::Platform)?;
    let Some(pem) = ca_pem else {
        let builder = builder
            .with_platform_verifier()
            .map_err(EngineTargetError::Platform)?;
        return Ok(builder.with_no_client_auth());
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| EngineTargetError::Ca)?;
        roots.add(certificate).map_err(|_| EngineTargetError::Ca)?;
    }
    if roots.is_empty() {
        return Err(EngineTargetError::Ca);
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use audio_client::{ClientSettings, Secret, TargetProfile};

    use super::*;

    fn client(base: &str) -> Client {
        let settings = ClientSettings {
            bearer: Some(Secret::new("t0ken")),
            headers: vec!["X-Tenant: blue".parse().unwrap()],
            ..ClientSettings::new(base)
        };
        Client::new(&settings, Arc::new(TargetProfile::reference())).unwrap()
    }

    #[test]
    fn every_request_carries_the_token_and_the_headers_of_the_client() {
        let target = engine_target(&client("http://127.0.0.1:9"), None).unwrap();
        let request = target.request(http::Method::GET, http::uri::PathAndQuery::from_static("/health"));
        let head = std::str::from_utf8(request.head()).unwrap();
        for line in [
            "authorization: Bearer t0ken",
            "x-tenant: blue",
            "host: 127.0.0.1:9",
        ] {
            assert!(head.contains(&format!("\r\n{line}\r\n")), "{head}");
        }
    }

    #[test]
    fn an_https_target_takes_the_platforms_authorities_or_the_given_ones_and_no_others() {
        let client = client("https://127.0.0.1:9");
        let no_pem = engine_target(&client, Some(b"no certificate")).unwrap_err();
        assert!(matches!(no_pem, EngineTargetError::Ca), "{no_pem}");
        assert!(engine_target(&client, None).is_ok());
    }
}
