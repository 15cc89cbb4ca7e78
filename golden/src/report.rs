//! The page of a result that was stored.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use run_report::{HtmlReport, RunExit, StoredError, read_stored};

use crate::{cli::ReportArgs, command::usage, output::write_html};
use run_context::{Outside, chain, page_path};

/// Far more than any result has; what is larger is another file.
const LARGEST_BYTES: u64 = 256 << 20;

/// Reads the result and writes its page. How the result itself ended changes nothing here.
///
/// # Errors
/// What the system says when the page cannot be written.
pub(crate) fn report(args: ReportArgs, mut outside: Outside<'_>) -> io::Result<RunExit> {
    let page = match page_path(("FILE", &args.file), args.out_html) {
        Ok(page) => page,
        Err(error) => return usage(&error.into(), &mut outside),
    };
    match read(&args.file) {
        Ok(report) => {
            write_html(&*report, &page)?;
            writeln!(outside.out, "wrote {}", page.display())?;
            Ok(RunExit::Pass)
        }
        Err(error) => {
            writeln!(outside.err, "error: {}: {}", args.file.display(), chain(&error))?;
            Ok(RunExit::CouldNotRun)
        }
    }
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("cannot be read")]
    Io(#[from] io::Error),
    #[error("has more than {LARGEST_BYTES} bytes, which no result has")]
    TooLarge,
    #[error(transparent)]
    Stored(#[from] StoredError),
}

fn read(path: &Path) -> Result<Box<dyn HtmlReport>, ReadError> {
    let mut text = String::new();
    File::open(path)?
        .take(LARGEST_BYTES + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST_BYTES {
        return Err(ReadError::TooLarge);
    }
    Ok(read_stored(&text)?)
}
