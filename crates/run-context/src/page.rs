//! Where the page of a result goes.

use std::path::{Path, PathBuf};

use crate::ArgError;

/// The page of a result: where it was asked for, else beside the result with the ending `.html`. `flag` is what names the
/// result on the command line.
///
/// # Errors
/// The page would replace the result.
pub fn page_path((flag, result): (&'static str, &Path), asked: Option<PathBuf>) -> Result<PathBuf, ArgError> {
    let page = asked.unwrap_or_else(|| result.with_extension("html"));
    if page == result {
        return Err(ArgError::SameFile { flag, path: page });
    }
    Ok(page)
}
