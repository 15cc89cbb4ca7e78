//! One blob's bytes, wherever they are.

use std::{io, ops::Range, sync::Arc};

use bytes::Bytes;

use super::open::{FilePart, OpenFile};
use crate::representation::{Object, Slice};

/// A blob that somebody has: it stays as it is, also when the store has let go of it.
#[derive(Debug, Clone)]
pub struct Blob(Bulk);

#[derive(Debug, Clone)]
enum Bulk {
    Bytes(Bytes),
    File(Arc<OpenFile>),
}

/// A part of a blob, or bytes that go with one.
#[derive(Debug, Clone)]
pub enum Part {
    /// Bytes of this process.
    Bytes(Bytes),
    /// Bytes of a file.
    File(FilePart),
}

impl Blob {
    pub(super) fn of_file(file: OpenFile) -> Self {
        Self(Bulk::File(Arc::new(file)))
    }

    /// Its size in bytes.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        match &self.0 {
            Bulk::Bytes(bytes) => bytes.len() as u64,
            Bulk::File(file) => file.len,
        }
    }

    /// All of its bytes: as they are kept, or else read, which may wait for a disk.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn bytes(&self) -> io::Result<Bytes> {
        match &self.0 {
            Bulk::Bytes(bytes) => Ok(bytes.clone()),
            Bulk::File(file) => FilePart::new(file.clone(), 0, file.len).read(),
        }
    }

    /// Whether it is a file that is read as it is needed.
    #[must_use]
    pub const fn is_file(&self) -> bool {
        matches!(self.0, Bulk::File(_))
    }
}

impl From<Bytes> for Blob {
    fn from(bytes: Bytes) -> Self {
        Self(Bulk::Bytes(bytes))
    }
}

impl Object for Blob {
    type Slice = Part;

    fn size_bytes(&self) -> u64 {
        Self::size_bytes(self)
    }

    fn slice(&self, range: Range<u64>) -> Part {
        match &self.0 {
            Bulk::Bytes(bytes) => Part::Bytes(Object::slice(bytes, range)),
            Bulk::File(file) => Part::File(FilePart::new(file.clone(), range.start, range.end - range.start)),
        }
    }
}

impl From<Bytes> for Part {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl Slice for Part {
    fn size_bytes(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(part) => part.len(),
        }
    }
}
