//! One benchmark at a time on a machine.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
};

/// The lock of the machine's benchmark, for as long as it lives. The system lets it go with the process, however that ends, so
/// that the file itself may stay.
#[derive(Debug)]
pub(super) struct BenchmarkLock {
    _file: File,
}

/// Why there is no lock. Exit code 4.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    #[error(
        "another benchmark runs on this machine ({holder}, by the lock {}): two at once would measure each other; wait for it to end",
        path.display()
    )]
    Held { path: PathBuf, holder: String },
    #[error("lock {}", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// The longest note that is read of who holds a lock.
const NOTE_BYTES: u64 = 100;

impl BenchmarkLock {
    /// Takes the lock, or says who has it.
    pub(super) fn take(path: &Path) -> Result<Self, LockError> {
        let failed = |source| LockError::Io {
            path: path.to_owned(),
            source,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {
                note(&mut file).map_err(failed)?;
                Ok(Self { _file: file })
            }
            Err(TryLockError::WouldBlock) => Err(LockError::Held {
                path: path.to_owned(),
                holder: holder(&mut file),
            }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

fn note(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "process {}", std::process::id())
}

fn holder(file: &mut File) -> String {
    let mut note = String::new();
    let read = file.take(NOTE_BYTES).read_to_string(&mut note);
    if read.is_err() || note.is_empty() {
        return "an unknown process".to_owned();
    }
    note
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_once_and_again_when_it_is_let_go() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let held = BenchmarkLock::take(&path).unwrap();
        let error = BenchmarkLock::take(&path).unwrap_err().to_string();
        let me = format!("process {}", std::process::id());
        assert!(error.contains(&me), "{error}");
        drop(held);
        BenchmarkLock::take(&path).unwrap();
    }

    #[test]
    fn a_lock_that_cannot_be_taken_names_its_file() {
        let error = BenchmarkLock::take(Path::new("/nowhere/lock")).unwrap_err();
        assert_eq!(error.to_string(), "lock /nowhere/lock");
    }
}
