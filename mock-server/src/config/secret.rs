//! A token that is compared in constant time and never shown.

use std::{ffi::OsStr, fmt};

use clap::{builder::TypedValueParser, error::ErrorKind};
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

/// A token. Neither its debug form nor its serialised form shows it.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Secret(Box<str>);

/// Why a token was refused.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a token is 1 to 512 visible ASCII characters")]
pub struct BadSecret;

impl Secret {
    /// Whether `given` is this token.
    ///
    /// Both are hashed first, so that what is compared is of one length, and the digests are compared in constant time:
    /// the time says nothing about how much of the token, or of its digest, was right, nor how long it is.
    #[must_use]
    pub fn is(&self, given: &[u8]) -> bool {
        let (own, given) = (Sha256::digest(self.0.as_bytes()), Sha256::digest(given));
        own.ct_eq(&given).into()
    }
}

impl std::str::FromStr for Secret {
    type Err = BadSecret;

    fn from_str(token: &str) -> Result<Self, BadSecret> {
        let legal = (1..=512).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_graphic());
        legal.then(|| Self(token.into())).ok_or(BadSecret)
    }
}

impl TryFrom<String> for Secret {
    type Error = BadSecret;

    fn try_from(token: String) -> Result<Self, BadSecret> {
        token.parse()
    }
}

/// Reads a token from the command line. Clap's own error would quote the value.
#[derive(Debug, Clone, Copy)]
pub(super) struct SecretParser;

impl TypedValueParser for SecretParser {
    type Value = Secret;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Secret, clap::Error> {
        let secret = value.to_str().and_then(|token| token.parse().ok());
        secret.ok_or_else(|| {
            let name = arg.map(ToString::to_string).unwrap_or_default();
            clap::Error::raw(
                ErrorKind::ValueValidation,
                format!("invalid value for '{name}': {BadSecret}\n"),
            )
            .with_cmd(command)
        })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("(set, not shown)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_knows_itself_and_is_never_shown() {
        let secret: Secret = "s3cret-token".parse().expect("legal");
        assert!(secret.is(b"s3cret-token"));
        assert!(!secret.is(b"s3cret-toke"));
        assert!(!secret.is(b""));
        let shown = format!("{secret:?} {}", serde_json::to_string(&secret).expect("plain"));
        assert!(!shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn a_token_that_no_header_can_carry_is_refused() {
        for token in ["", "with space", "line\nbreak", "ünicode"] {
            assert!(token.parse::<Secret>().is_err(), "{token:?}");
        }
    }
}
