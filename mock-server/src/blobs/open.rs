//! Files of the data directory that are being sent: of each only what is asked for is read, and each keeps its bytes for
//! as long as somebody has it, whatever becomes of the blob. How many are open at a time is bounded.

use std::{fs::File, io, os::unix::fs::FileExt as _, sync::Arc};

use bytes::Bytes;

use super::room::Room;

/// An open file.
#[derive(Debug)]
pub(super) struct OpenFile {
    pub(super) file: File,
    pub(super) len: u64,
    pub(super) _room: Room,
}

/// A range of an open file.
#[derive(Debug, Clone)]
pub struct FilePart {
    file: Arc<OpenFile>,
    at: u64,
    len: u64,
}

impl FilePart {
    /// `len` bytes from `at`, which the file has.
    pub(super) const fn new(file: Arc<OpenFile>, at: u64, len: u64) -> Self {
        Self { file, at, len }
    }

    /// What is left of it, in bytes.
    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    /// Takes at most so many bytes off its front.
    pub(crate) fn split_to(&mut self, most: u64) -> Self {
        let len = self.len.min(most);
        let front = Self {
            file: self.file.clone(),
            at: self.at,
            len,
        };
        self.at += len;
        self.len -= len;
        front
    }

    /// Reads all of it, which may wait for a disk.
    ///
    /// # Errors
    /// When the file cannot be read, or is shorter than it was.
    pub(crate) fn read(&self) -> io::Result<Bytes> {
        let mut bytes = vec![0; usize::try_from(self.len).map_err(io::Error::other)?];
        self.file.file.read_exact_at(&mut bytes, self.at)?;
        Ok(bytes.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blobs::room::Rooms;

    fn open(bytes: &[u8], files: &Rooms) -> Option<OpenFile> {
        let file = tempfile::tempfile().expect("a file");
        file.write_all_at(bytes, 0).expect("written");
        let len = bytes.len() as u64;
        files.take().map(|room| OpenFile {
            file,
            len,
            _room: room,
        })
    }

    #[test]
    fn a_part_is_read_bit_by_bit() {
        let file = open(b"0123456789", &Rooms::at_most(1)).expect("room");
        let mut part = FilePart::new(Arc::new(file), 2, 6);
        assert_eq!(part.split_to(4).read().expect("readable"), "2345");
        assert_eq!(part.split_to(4).read().expect("readable"), "67");
        assert_eq!(part.len(), 0);
    }

    #[test]
    fn no_more_files_are_open_than_there_is_room_for() {
        let files = Rooms::at_most(1);
        let first = open(b"1", &files).expect("room for one");
        assert!(open(b"2", &files).is_none());
        drop(first);
        assert!(open(b"2", &files).is_some(), "its room did not come free");
    }

    #[test]
    fn a_file_that_was_cut_meanwhile_is_an_error() {
        let file = open(b"whole", &Rooms::at_most(1)).expect("room");
        file.file.set_len(3).expect("cut");
        assert!(FilePart::new(Arc::new(file), 0, 5).read().is_err());
    }
}
