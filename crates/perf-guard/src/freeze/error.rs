//! Why a frozen file is refused. Its path is the caller's to name.

use super::document::FREEZE_SCHEMA_VERSION;

/// Why a baseline, a policy or a candidate is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FreezeError {
    /// Not JSON, cut off, or a name that stands twice.
    #[error("line {line} column {column}: {problem}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// The parser's message.
        problem: String,
    },
    /// Written by a later version of this program.
    #[error("schema_version {found} is newer than {FREEZE_SCHEMA_VERSION}, which this program reads")]
    FutureVersion {
        /// The file's.
        found: u64,
    },
    /// A key is missing, unknown, or holds what it may not.
    #[error("{key}: {problem}")]
    Key {
        /// Its path in the file, as in `metrics.rps`.
        key: String,
        /// What is wrong, and what would be legal.
        problem: String,
    },
}

impl FreezeError {
    pub(super) fn key(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Key {
            key: key.into(),
            problem: problem.into(),
        }
    }
}

impl From<serde_json::Error> for FreezeError {
    fn from(error: serde_json::Error) -> Self {
        let text = error.to_string();
        // The position is told in fields of its own.
        let problem = text
            .rsplit_once(" at line")
            .map_or(text.as_str(), |(problem, _)| problem);
        Self::Json {
            line: error.line(),
            column: error.column(),
            problem: problem.to_owned(),
        }
    }
}
