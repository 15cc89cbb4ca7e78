//! Why settings are refused.

use std::{io, path::PathBuf};

/// Why settings were refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("read settings file {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// The file is not what it should be.
    #[error("settings file {}: {detail}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and why.
        detail: String,
    },
    /// A value is outside its range.
    #[error("{name} is {given}; legal: {legal}")]
    Value {
        /// The flag.
        name: &'static str,
        /// What was given.
        given: String,
        /// What may be given.
        legal: &'static str,
    },
    /// The log filter is none.
    #[error("--log is {given:?}: {detail}; legal: a level, or target=level pairs, as in mock_server=debug")]
    Filter {
        /// What was given.
        given: String,
        /// What is wrong with it.
        detail: String,
    },
}
