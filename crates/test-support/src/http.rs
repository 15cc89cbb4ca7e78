//! A client of servers on this machine.

/// Without proxies, and without the certificates of the system, which no test of plain HTTP has to read.
pub fn client() -> reqwest::ClientBuilder {
    // An error says that a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().tls_certs_only([])
}
