//! Where a server comes from: a URL, or a command that starts one.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr};

use server_process::Launch;

/// Where a server comes from, as it is written in one argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerSource {
    /// It runs there.
    Url(String),
    /// It is started by this command.
    Command {
        /// As it was written.
        given: String,
        /// Program and arguments; `{port}` and `{listen}` stand for what only the start knows.
        words: Vec<String>,
    },
}

/// Why a text names no server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Nothing.
    #[error("is empty; legal: a URL that begins with http:// or https://, or a command")]
    Empty,
    /// A quote without its end.
    #[error("a quote has no end; legal: a URL, or a command quoted as for a shell")]
    Quote,
}

impl FromStr for ServerSource {
    type Err = SourceError;

    fn from_str(given: &str) -> Result<Self, SourceError> {
        let given = given.trim();
        if given.starts_with("http://") || given.starts_with("https://") {
            return Ok(Self::Url(given.trim_end_matches('/').to_owned()));
        }
        let words = shell_words::split(given).map_err(|_| SourceError::Quote)?;
        if words.first().is_none_or(String::is_empty) {
            return Err(SourceError::Empty);
        }
        Ok(Self::Command {
            given: given.to_owned(),
            words,
        })
    }
}

impl fmt::Display for ServerSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.write_str(url),
            Self::Command { given, .. } => f.write_str(given),
        }
    }
}

impl ServerSource {
    /// How to start it at an address of loopback; `None` for one that runs already. The command reads the address from
    /// `{listen}` or `{port}` in its words, or from `LISTEN` or `PORT` in its environment; one that listens elsewhere
    /// prints `listening on http://ADDRESS:PORT`.
    #[must_use]
    pub fn launch(&self, at: SocketAddr) -> Option<Launch> {
        let Self::Command { words, .. } = self else {
            return None;
        };
        let (listen, port) = (at.to_string(), at.port().to_string());
        let fill = |word: &String| word.replace("{listen}", &listen).replace("{port}", &port);
        let (program, args) = words.split_first()?;
        let launch = Launch::new(PathBuf::from(fill(program)))
            .args(args.iter().map(fill))
            .env("LISTEN", &listen)
            .env("PORT", &port);
        Some(launch.listens_at(at))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn words(given: &str) -> Vec<String> {
        match given.parse().unwrap() {
            ServerSource::Command { words, .. } => words,
            ServerSource::Url(url) => panic!("{url} is a command"),
        }
    }

    #[test]
    fn a_command_is_split_as_a_shell_would() {
        assert_eq!(
            words("old/mock-server serve --listen 127.0.0.1:{port} --fault 'synth:sleep=300ms,p=0.5'"),
            [
                "old/mock-server",
                "serve",
                "--listen",
                "127.0.0.1:{port}",
                "--fault",
                "synth:sleep=300ms,p=0.5"
            ]
        );
        assert_eq!(
            words("sh -c \"exec server $PORT\""),
            ["sh", "-c", "exec server $PORT"]
        );
    }

    #[rstest]
    #[case::http("http://h:1", "http://h:1")]
    #[case::slash(" https://h/api/ ", "https://h/api")]
    fn a_url_is_one_whatever_stands_around_it(#[case] given: &str, #[case] url: &str) {
        assert_eq!(given.parse(), Ok(ServerSource::Url(url.to_owned())));
    }

    #[rstest]
    #[case::empty("  ", SourceError::Empty)]
    #[case::empty_program("'' serve", SourceError::Empty)]
    #[case::quote("sh -c 'x", SourceError::Quote)]
    fn what_is_neither_is_refused(#[case] given: &str, #[case] error: SourceError) {
        assert_eq!(given.parse::<ServerSource>(), Err(error));
    }
}
