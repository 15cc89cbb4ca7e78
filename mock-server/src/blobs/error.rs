//! What can go wrong with stored audio.

use std::{io, path::PathBuf};

/// The store failed.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The data directory cannot be made.
    #[error("make data directory {}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// A blob's file cannot be read.
    #[error("read a blob's file")]
    Read(#[source] io::Error),
    /// An operation failed.
    #[error("blob store: {what}")]
    Store {
        /// What was tried.
        what: &'static str,
        /// What happened.
        #[source]
        source: object_store::Error,
    },
}
