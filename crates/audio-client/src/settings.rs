//! How a client reaches its target.

use std::{fmt, str::FromStr, time::Duration};

use http::{HeaderName, HeaderValue};

use crate::{Secret, Tape};

/// How a client reaches its target. Its `Debug` shows no token and no header value.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// `http://` or `https://`, address, and maybe a path in front of all routes.
    pub base: String,
    /// The longest that one call may take, its body included.
    pub call_timeout: Duration,
    /// The longest body that is taken, in bytes.
    pub max_body_bytes: u64,
    /// Sent as `Authorization: Bearer`.
    pub bearer: Option<Secret>,
    /// Sent to the fault routes only.
    pub admin_token: Option<Secret>,
    /// Sent with every call.
    pub headers: Vec<ExtraHeader>,
    /// PEM of the certificate authorities to trust instead of the platform's.
    pub ca_pem: Option<Vec<u8>>,
    /// Where every exchange is written down.
    pub tape: Option<Tape>,
}

impl ClientSettings {
    /// 30 s a call and 64 MiB a body, no token, no header.
    #[must_use]
    pub fn new(base: impl Into<String>) -> Self {
        Self {
            base: base.into(),
            call_timeout: Duration::from_secs(30),
            max_body_bytes: 64 << 20,
            bearer: None,
            admin_token: None,
            headers: Vec::new(),
            ca_pem: None,
            tape: None,
        }
    }

    /// Everything of it that must not be seen.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = Secret> {
        let headers = self
            .headers
            .iter()
            .filter_map(|header| header.value.to_str().ok());
        let tokens = self.bearer.iter().chain(&self.admin_token).cloned();
        tokens.chain(headers.map(Secret::new))
    }
}

/// A header that is sent with every call, from `Name: value`.
#[derive(Clone, PartialEq, Eq)]
pub struct ExtraHeader {
    pub(crate) name: HeaderName,
    pub(crate) value: HeaderValue,
}

impl ExtraHeader {
    /// The name; the value may be a secret and is not given out.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }
}

impl fmt::Debug for ExtraHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: …", self.name)
    }
}

/// Why a text is no header. It does not repeat the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// No colon.
    #[error("a header is NAME: VALUE, as in `X-Tenant: blue`")]
    Form,
    /// Not a legal name.
    #[error("{0:?} is no legal header name")]
    Name(String),
    /// Not a legal value.
    #[error("the value of header {0} has characters that no header may have")]
    Value(String),
}

impl FromStr for ExtraHeader {
    type Err = HeaderError;

    fn from_str(text: &str) -> Result<Self, HeaderError> {
        let (name, value) = text.split_once(':').ok_or(HeaderError::Form)?;
        let name =
            HeaderName::from_str(name.trim()).map_err(|_| HeaderError::Name(name.trim().to_owned()))?;
        let mut value =
            HeaderValue::from_str(value.trim()).map_err(|_| HeaderError::Value(name.to_string()))?;
        value.set_sensitive(true);
        Ok(Self { name, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_a_token_nor_a_header_value_shows_in_debug() {
        let settings = ClientSettings {
            bearer: Some(Secret::new("s3cret")),
            admin_token: Some(Secret::new("s3cret")),
            headers: vec!["X-Key: s3cret".parse().unwrap()],
            ..ClientSettings::new("http://h")
        };
        let shown = format!("{settings:?}");
        assert!(!shown.contains("s3cret") && shown.contains("x-key"), "{shown}");
    }

    #[test]
    fn a_header_is_a_name_and_a_value() {
        let header: ExtraHeader = "X-Tenant:  blue:green ".parse().unwrap();
        assert_eq!(
            (header.name(), header.value.to_str().unwrap()),
            ("x-tenant", "blue:green")
        );
        assert_eq!("no colon".parse::<ExtraHeader>().unwrap_err(), HeaderError::Form);
        assert!(matches!(
            "a b: c".parse::<ExtraHeader>().unwrap_err(),
            HeaderError::Name(_)
        ));
        assert!(matches!(
            "a: c\nd".parse::<ExtraHeader>().unwrap_err(),
            HeaderError::Value(_)
        ));
    }
}
