//! Why there is no client, or no answer.

use std::time::Duration;

use http::StatusCode;

use crate::Route;

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The base is no usable URL.
    #[error("base URL {given:?}: {why}; legal: http:// or https://, a host, maybe a port and a path")]
    Base {
        /// What was given, without any password in it.
        given: String,
        /// What is wrong with it.
        why: String,
    },
    /// A token with characters that no header may have.
    #[error("the {0} has characters that no header may have")]
    Token(&'static str),
    /// A header name of the profile that is none.
    #[error("headers.{member} is {given:?}, which is no legal header name")]
    HeaderName {
        /// The member of the profile.
        member: &'static str,
        /// What stood there.
        given: String,
    },
    /// The certificates are none.
    #[error("the CA file holds no PEM certificate")]
    Ca(#[source] Option<reqwest::Error>),
    /// The HTTP client could not be set up.
    #[error("set up the HTTP client")]
    Http(#[source] reqwest::Error),
}

/// Why a call gave no answer to speak of.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No connection.
    #[error("{route}: no connection to the server")]
    Connect {
        /// The route that was called.
        route: Route,
        /// What went wrong, without the URL.
        #[source]
        source: reqwest::Error,
    },
    /// No end of the answer in time.
    #[error("{route}: no answer within {after:?}")]
    Timeout {
        /// The route that was called.
        route: Route,
        /// The limit.
        after: Duration,
    },
    /// The connection broke before the answer's end.
    #[error("{route}: the connection broke before the end of the answer")]
    Broken {
        /// The route that was called.
        route: Route,
        /// What went wrong, without the URL.
        #[source]
        source: reqwest::Error,
    },
    /// A body beyond the limit.
    #[error("{route}: the body is longer than {limit_bytes} bytes")]
    TooLarge {
        /// The route that was called.
        route: Route,
        /// The limit.
        limit_bytes: u64,
    },
    /// A body that is not what the contract says.
    #[error("{route}: {status} with a body that is not what the contract says")]
    Decode {
        /// The route that was called.
        route: Route,
        /// The answer's status.
        status: StatusCode,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A state that the target profile does not know.
    #[error("{route}: {at} is {given:?}, a state that the target profile does not know; it knows {known}")]
    UnknownState {
        /// The route that was called.
        route: Route,
        /// Where in the body.
        at: String,
        /// What stood there.
        given: String,
        /// The names that the profile has.
        known: String,
    },
    /// An answer that the contract does not foresee here.
    #[error("{route}: {status}, expected {expected}{}", said.as_deref().map(|said| format!("; it said: {said}")).unwrap_or_default())]
    Unexpected {
        /// The route that was called.
        route: Route,
        /// The answer's status.
        status: StatusCode,
        /// What was expected.
        expected: &'static str,
        /// The beginning of the body, if it is text.
        said: Option<String>,
    },
    /// The target has no such route.
    #[error("the target profile has no path for {0}")]
    NoRoute(Route),
}

impl CallError {
    /// Whether the server could not be reached or did not answer, as opposed to answering wrongly.
    #[must_use]
    pub const fn is_transport(&self) -> bool {
        matches!(
            self,
            Self::Connect { .. } | Self::Timeout { .. } | Self::Broken { .. }
        )
    }

    /// The error with its causes, joined by colons.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        text
    }
}
