//! Audio in this process's memory, and slices of it.

use std::ops::Range;
#[cfg(target_os = "linux")]
use std::{fs::File, sync::Arc};

use bytes::{Buf as _, Bytes};

use crate::representation::{Object, Slice};

/// Fewer bytes are copied, which for them costs as little as pages of their own or one more system call, in bytes.
#[cfg(target_os = "linux")]
pub const MIN_REFERRED_BYTES: usize = 16 << 10;

/// Bytes, and the place in a memory file where the system finds them by itself, if they have one.
#[derive(Debug, Clone)]
pub struct Held {
    bytes: Bytes,
    #[cfg(target_os = "linux")]
    place: Option<Place>,
}

/// Where in a file bytes are.
#[cfg(target_os = "linux")]
#[derive(Debug, Clone)]
struct Place {
    file: Arc<File>,
    at: u64,
}

impl Held {
    /// Bytes that are at this place of a file as long as they are held.
    #[cfg(target_os = "linux")]
    pub(super) const fn in_file(bytes: Bytes, file: Arc<File>, at: u64) -> Self {
        let place = Some(Place { file, at });
        Self { bytes, place }
    }

    /// Whether there is nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The number of bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes
    }

    /// The file that has the bytes, and where in it they begin.
    #[cfg(target_os = "linux")]
    #[must_use]
    pub fn file(&self) -> Option<(&File, u64)> {
        self.place.as_ref().map(|place| (&*place.file, place.at))
    }

    /// Drops so many bytes from the front, which it must have.
    pub(crate) fn advance(&mut self, bytes: usize) {
        self.bytes.advance(bytes);
        #[cfg(target_os = "linux")]
        if let Some(place) = &mut self.place {
            place.at += bytes as u64;
        }
    }
}

impl From<Bytes> for Held {
    fn from(bytes: Bytes) -> Self {
        Self {
            bytes,
            #[cfg(target_os = "linux")]
            place: None,
        }
    }
}

impl From<Held> for Bytes {
    fn from(held: Held) -> Self {
        held.bytes
    }
}

impl Object for Held {
    type Slice = Self;

    fn size_bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn slice(&self, range: Range<u64>) -> Self {
        Self {
            #[cfg(target_os = "linux")]
            place: self.place.as_ref().map(|place| Place {
                file: place.file.clone(),
                at: place.at + range.start,
            }),
            bytes: Object::slice(&self.bytes, range),
        }
    }
}

impl Slice for Held {
    fn size_bytes(&self) -> u64 {
        self.bytes.len() as u64
    }
}
