//! Two files that change together.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Writes both, or leaves both as they were: when the second cannot be written the first is put back. The process may die in
/// between; then the first file is ahead of the second, which `gate verify` finds.
///
/// # Errors
/// The file that could not be written, and why.
pub(super) fn both_or_neither(
    [(first, first_text), (second, second_text)]: [(&Path, &str); 2],
    write: impl Fn(&Path, &str) -> io::Result<()>,
) -> Result<(), (PathBuf, io::Error)> {
    let of = |path: &Path| {
        let path = path.to_owned();
        move |error| (path, error)
    };
    let before = match fs::read_to_string(first) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(of(first)(error)),
    };
    write(first, first_text).map_err(of(first))?;
    let Err(error) = write(second, second_text) else {
        return Ok(());
    };
    match before {
        Some(before) => write(first, &before).map_err(of(first))?,
        None => fs::remove_file(first).map_err(of(first))?,
    }
    Err(of(second)(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes, unless it is to fail on this file.
    fn failing_on<'a>(bad: &'a Path) -> impl Fn(&Path, &str) -> io::Result<()> + 'a {
        move |path, text| {
            if path == bad {
                return Err(io::Error::other("the disk is full"));
            }
            fs::write(path, text)
        }
    }

    #[test]
    fn both_are_written_or_neither_is() {
        let dir = tempfile::tempdir().unwrap();
        let (first, second) = (dir.path().join("BUMPS.md"), dir.path().join("baseline.json"));
        let files = [(first.as_path(), "new entry"), (second.as_path(), "new figures")];
        let read = |path: &Path| fs::read_to_string(path).ok();

        let (path, _) = both_or_neither(files, failing_on(&second)).unwrap_err();
        assert_eq!((path, read(&first), read(&second)), (second.clone(), None, None));

        fs::write(&first, "old entry").unwrap();
        fs::write(&second, "old figures").unwrap();
        both_or_neither(files, failing_on(&second)).unwrap_err();
        assert_eq!(read(&first).as_deref(), Some("old entry"));
        let (path, _) = both_or_neither(files, failing_on(&first)).unwrap_err();
        assert_eq!(path, first);
        assert_eq!(read(&second).as_deref(), Some("old figures"));

        both_or_neither(files, failing_on(Path::new("none"))).unwrap();
        assert_eq!(
            (read(&first).as_deref(), read(&second).as_deref()),
            (Some("new entry"), Some("new figures"))
        );
    }
}
