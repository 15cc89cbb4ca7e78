//! A page of which a table is a part.

use std::{fs, io, path::Path, path::PathBuf};

/// The lines of a page between which its table stands.
pub const BEGIN: &str = "<!-- table: written by make abuse -->";
/// See [`BEGIN`].
pub const END: &str = "<!-- end of table -->";

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The file cannot be read.
    #[error("read {0}")]
    Read(PathBuf, #[source] io::Error),
    /// The file cannot be written.
    #[error("write {0}")]
    Write(PathBuf, #[source] io::Error),
    /// The page has one of the two lines, or has them the wrong way round.
    #[error("{0} has a line {BEGIN:?} or {END:?} without the other; legal: both in this order, or neither")]
    Marks(PathBuf),
}

/// Puts the table between the two lines of the page at `path`; a file without them, or a new one, is the table alone.
///
/// # Errors
/// When the file cannot be read or written, or has only one of the lines.
pub fn write(path: &Path, table: &str) -> Result<(), PageError> {
    let page = match fs::read_to_string(path) {
        Ok(page) => page,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(PageError::Read(path.to_owned(), error)),
    };
    let page = with_table(&page, table).ok_or_else(|| PageError::Marks(path.to_owned()))?;
    fs::write(path, page).map_err(|error| PageError::Write(path.to_owned(), error))
}

fn with_table(page: &str, table: &str) -> Option<String> {
    match (page.split_once(BEGIN), page.contains(END)) {
        (Some((before, rest)), _) => {
            let (_, after) = rest.split_once(END)?;
            Some(format!("{before}{BEGIN}\n\n{table}\n{END}{after}"))
        }
        (None, false) => Some(table.to_owned()),
        (None, true) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_takes_the_place_of_the_one_before_and_nothing_else() {
        let page = format!("# Page\n\n{BEGIN}\nold\n{END}\n\nThe rest.\n");
        let once = with_table(&page, "| new |\n").expect("marked");
        assert_eq!(
            once,
            format!("# Page\n\n{BEGIN}\n\n| new |\n\n{END}\n\nThe rest.\n")
        );
        assert_eq!(with_table(&once, "| new |\n"), Some(once.clone()));
    }

    #[test]
    fn a_file_without_marks_is_the_table_and_one_mark_alone_is_refused() {
        assert_eq!(with_table("old\n", "new\n").as_deref(), Some("new\n"));
        assert_eq!(with_table(&format!("{BEGIN}\n"), "new\n"), None);
        assert_eq!(with_table(&format!("{END}\n{BEGIN}\n"), "new\n"), None);
    }
}
