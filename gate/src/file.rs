//! Frozen files as they are read.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use perf_guard::freeze::{FreezeError, FreezePolicy, FrozenRun, Parsed};
use sha2::{Digest as _, Sha256};

/// The longest file that is read, in bytes. A frozen file has some 2 KB.
const LONGEST: u64 = 1 << 20;

/// Why a file cannot be used. Exit code 4.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// The system does not give it.
    #[error("read {what} {}", path.display())]
    Read {
        /// What it is.
        what: &'static str,
        /// Where it is.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It is too long to be one.
    #[error("{what} {} has {size_bytes} bytes; legal: at most {LONGEST}", path.display())]
    TooLong {
        /// What it is.
        what: &'static str,
        /// Where it is.
        path: PathBuf,
        /// Its size.
        size_bytes: u64,
    },
    /// It is none.
    #[error("{what} {}: {source}", path.display())]
    Freeze {
        /// What it is.
        what: &'static str,
        /// Where it is.
        path: PathBuf,
        /// Why not; it names the key.
        source: FreezeError,
    },
}

/// A file of text, as it is.
///
/// # Errors
/// When it cannot be read, is no UTF-8, or is absurdly long.
pub(crate) fn read_text(what: &'static str, path: &Path) -> Result<String, FileError> {
    let failed = |source| FileError::Read {
        what,
        path: path.to_owned(),
        source,
    };
    let size_bytes = fs::metadata(path).map_err(failed)?.len();
    if size_bytes > LONGEST {
        return Err(FileError::TooLong {
            what,
            path: path.to_owned(),
            size_bytes,
        });
    }
    fs::read_to_string(path).map_err(failed)
}

/// A baseline or a candidate, with its text.
///
/// # Errors
/// When it cannot be read, or is none.
pub(crate) fn read_frozen(what: &'static str, path: &Path) -> Result<(Parsed, String), FileError> {
    let text = read_text(what, path)?;
    match FrozenRun::parse(&text) {
        Ok(parsed) => Ok((parsed, text)),
        Err(source) => Err(of_freeze(what, path, source)),
    }
}

/// A policy, with its text.
///
/// # Errors
/// When it cannot be read, or is none.
pub(crate) fn read_policy(path: &Path) -> Result<(FreezePolicy, String), FileError> {
    let text = read_text("policy", path)?;
    match FreezePolicy::parse(&text) {
        Ok(policy) => Ok((policy, text)),
        Err(source) => Err(of_freeze("policy", path, source)),
    }
}

/// What is wrong with a file that could be read.
pub(crate) fn of_freeze(what: &'static str, path: &Path, source: FreezeError) -> FileError {
    FileError::Freeze {
        what,
        path: path.to_owned(),
        source,
    }
}

/// The SHA-256 of a text, in lower-case hexadecimal digits.
#[must_use]
pub(crate) fn sha256(text: &str) -> String {
    Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_fips_180() {
        // FIPS 180-2, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256("abc"), abc);
    }
}
