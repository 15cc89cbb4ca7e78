//! The flags that say where the target is, checked.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use audio_client::{ExtraHeader, Secret, TargetProfile, profile::ProfileError};
use clap::Args;

use crate::Surroundings;

/// What cannot be meant. Exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum ArgError {
    /// A variable that is not set.
    #[error("{flag} {name}: there is no such environment variable, or it is empty")]
    NoVariable {
        /// The flag.
        flag: &'static str,
        /// The variable.
        name: String,
    },
    /// A file that a flag names.
    #[error("{flag} {}", path.display())]
    File {
        /// The flag.
        flag: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A page that would replace what it shows.
    #[error("--out-html and {flag} are both {}; legal is another file for the page", path.display())]
    SameFile {
        /// Where the result stands.
        flag: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// A profile that is none.
    #[error("--target")]
    Profile(#[source] ProfileError),
}

/// Where the target is, what it is, and how patient to be with it.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Target")]
pub struct TargetArgs {
    /// The server to use; without it the reference server is started
    #[arg(long, value_name = "URL", conflicts_with_all = ["server_bin", "server_arg"])]
    api_base: Option<String>,
    /// The server program to start [default: mock-server beside this program]
    #[arg(long, value_name = "FILE")]
    server_bin: Option<PathBuf>,
    /// An argument for the server that is started, as in `--server-arg=--workers=8`; may be repeated
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    server_arg: Vec<String>,
    /// A header to send with every request; may be repeated
    #[arg(long, value_name = "NAME: VALUE")]
    header: Vec<ExtraHeader>,
    /// The environment variable that holds the bearer token
    #[arg(long, value_name = "NAME")]
    bearer_token_env: Option<String>,
    /// The environment variable that holds the admin token, for what sets faults
    #[arg(long, value_name = "NAME", requires = "api_base")]
    admin_token_env: Option<String>,
    /// PEM file of the certificate authorities to trust instead of the platform's
    #[arg(long, value_name = "FILE")]
    ca_cert: Option<PathBuf>,
    /// TOML profile of the target: its paths, state names and capabilities [default: the reference server's]
    #[arg(long, value_name = "FILE")]
    target: Option<PathBuf>,
    /// The longest that the target may take to be ready
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    timeout_health: Duration,
}

/// Where the target is.
#[derive(Debug, Clone, PartialEq)]
pub enum Where {
    /// A server that somebody else runs.
    Remote {
        /// Its base URL.
        api_base: String,
        /// For what sets faults.
        admin_token: Option<Secret>,
    },
    /// A server that this run starts.
    Own {
        /// The program; `None` for the one beside this program.
        program: Option<PathBuf>,
        /// Arguments beside the usual ones. Those of the command line come last, so that they win.
        args: Vec<String>,
        /// Faults that it is started with, as they were written.
        faults: Vec<String>,
    },
}

/// The target as the flags say it.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it is.
    pub place: Where,
    /// What it is.
    pub profile: Arc<TargetProfile>,
    /// Headers of every request.
    pub headers: Vec<ExtraHeader>,
    /// Its token.
    pub bearer: Option<Secret>,
    /// PEM of the certificate authorities to trust.
    pub ca_pem: Option<Vec<u8>>,
    /// The longest until it is ready.
    pub ready_within: Duration,
}

impl TargetArgs {
    /// Checks the flags. Nothing is started or asked.
    ///
    /// # Errors
    /// What cannot be meant.
    pub fn target(self, around: &Surroundings) -> Result<Target, ArgError> {
        let admin_token = secret("--admin-token-env", self.admin_token_env.as_deref(), around)?;
        let place = match self.api_base {
            Some(api_base) => Where::Remote {
                api_base,
                admin_token,
            },
            None => Where::Own {
                program: self.server_bin,
                args: self.server_arg,
                faults: Vec::new(),
            },
        };
        let profile = match &self.target {
            Some(path) => TargetProfile::load(path).map_err(ArgError::Profile)?,
            None => TargetProfile::reference(),
        };
        let ca_pem = self
            .ca_cert
            .as_deref()
            .map(|path| read_file("--ca-cert", path))
            .transpose()?;
        Ok(Target {
            place,
            profile: Arc::new(profile),
            headers: self.header,
            bearer: secret("--bearer-token-env", self.bearer_token_env.as_deref(), around)?,
            ca_pem,
            ready_within: self.timeout_health,
        })
    }
}

impl Target {
    /// The same with arguments for the server that is started, before those of the command line, which win.
    #[must_use]
    pub fn with_server_args(mut self, wanted: impl IntoIterator<Item = String>) -> Self {
        if let Where::Own { args, .. } = &mut self.place {
            let given = std::mem::take(args);
            args.extend(wanted.into_iter().chain(given));
        }
        self
    }

    /// The same with faults that the server is started with, in the flag form.
    #[must_use]
    pub fn with_faults(mut self, wanted: impl IntoIterator<Item = String>) -> Self {
        if let Where::Own { faults, .. } = &mut self.place {
            faults.extend(wanted);
        }
        self
    }

    /// Whether this run starts the server.
    #[must_use]
    pub const fn is_own(&self) -> bool {
        matches!(self.place, Where::Own { .. })
    }
}

/// The secret in the variable that a flag names.
///
/// # Errors
/// When there is no such variable.
pub fn secret(
    flag: &'static str,
    name: Option<&str>,
    around: &Surroundings,
) -> Result<Option<Secret>, ArgError> {
    let Some(name) = name else { return Ok(None) };
    match around.get(name) {
        Some(value) => Ok(Some(Secret::new(value))),
        None => Err(ArgError::NoVariable {
            flag,
            name: name.to_owned(),
        }),
    }
}

/// The content of the file that a flag names.
///
/// # Errors
/// When it cannot be read.
pub fn read_file(flag: &'static str, path: &Path) -> Result<Vec<u8>, ArgError> {
    fs::read(path).map_err(|source| ArgError::File {
        flag,
        path: path.to_owned(),
        source,
    })
}

/// A time with its unit; a bare number is seconds.
///
/// # Errors
/// What is no time above 0, with what is legal.
pub fn time(text: &str) -> Result<Duration, String> {
    const LEGAL: &str = "legal: a time above 0, such as 500ms, 10s or 2m; a bare number is seconds";
    let time = match text.parse::<u32>() {
        Ok(seconds) => Duration::from_secs(seconds.into()),
        Err(_) => humantime::parse_duration(text).map_err(|error| format!("{error}; {LEGAL}"))?,
    };
    if time.is_zero() {
        Err(LEGAL.to_owned())
    } else {
        Ok(time)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use rstest::rstest;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        target: TargetArgs,
    }

    fn target(args: &[&str]) -> Result<Target, ArgError> {
        let around = Surroundings {
            variables: [("TOKEN".to_owned(), "secret".to_owned())].into(),
            ..Surroundings::default()
        };
        let args = ["soak"].iter().chain(args);
        Cli::try_parse_from(args).unwrap().target.target(&around)
    }

    #[test]
    fn without_a_base_the_reference_server_is_started_and_flags_win_over_what_a_profile_wants() {
        let target = target(&["--server-arg=--workers=8"]).unwrap();
        let target = target.with_server_args(["--workers=2".to_owned()]);
        let Where::Own { args, .. } = target.place else {
            panic!("it is started")
        };
        assert_eq!(args, ["--workers=2", "--workers=8"]);
    }

    #[test]
    fn a_remote_one_takes_its_tokens_from_the_environment() {
        let target = target(&[
            "--api-base",
            "http://h:1",
            "--bearer-token-env",
            "TOKEN",
            "--admin-token-env",
            "TOKEN",
        ]);
        let target = target.unwrap();
        assert_eq!(target.bearer, Some(Secret::new("secret")));
        let Where::Remote { admin_token, .. } = target.place else {
            panic!("it runs already")
        };
        assert!(admin_token.is_some());
    }

    #[rstest]
    #[case::no_variable(&["--bearer-token-env", "NONE"], "--bearer-token-env NONE")]
    #[case::no_authorities(&["--ca-cert", "/none.pem"], "--ca-cert /none.pem")]
    #[case::no_profile(&["--target", "/none.toml"], "--target")]
    fn what_cannot_be_meant_names_its_flag(#[case] args: &[&str], #[case] says: &str) {
        let error = target(args).unwrap_err().to_string();
        assert!(error.starts_with(says), "{error}");
    }

    #[rstest]
    #[case::unit("1500ms", Some(1_500))]
    #[case::bare("7", Some(7_000))]
    #[case::zero("0", None)]
    #[case::nothing("", None)]
    #[case::negative("-1s", None)]
    fn times_have_a_unit_or_are_seconds(#[case] text: &str, #[case] ms: Option<u64>) {
        assert_eq!(time(text).ok(), ms.map(Duration::from_millis));
    }
}
