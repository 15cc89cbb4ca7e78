//! What the module needs of an object: that it can be cut, wherever its bytes are.

use std::ops::Range;

use bytes::Bytes;

/// An object whose bytes can be cut without copying them.
pub trait Object {
    /// What it is cut into.
    type Slice: Slice;

    /// Its size in bytes.
    fn size_bytes(&self) -> u64;

    /// The bytes of a range within it.
    fn slice(&self, range: Range<u64>) -> Self::Slice;
}

/// A part of an object, or what frames one.
pub trait Slice: From<Bytes> {
    /// Its size in bytes.
    fn size_bytes(&self) -> u64;
}

impl Object for Bytes {
    type Slice = Self;

    fn size_bytes(&self) -> u64 {
        self.len() as u64
    }

    fn slice(&self, range: Range<u64>) -> Self {
        // In range for `usize`, because it is within these bytes.
        Self::slice(self, range.start as usize..range.end as usize)
    }
}

impl Slice for Bytes {
    fn size_bytes(&self) -> u64 {
        self.len() as u64
    }
}
