//! A memory file with the large blobs of this process: what is in one, the system sends without copying it
//! (sendfile(2)), and everything else sees it as bytes of this process.
//!
//! Each blob has pages of its own, from an offset that no other blob ever had or gets. They are written once, before
//! anybody sees them, and given back to the system when the last one that has the bytes lets go of them; what is on its
//! way to a client then keeps the pages that it still needs.

use std::{
    fs::File,
    io,
    os::unix::fs::{FileExt as _, MetadataExt as _},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    Held, MIN_REFERRED_BYTES,
    room::{Room, Rooms},
};
use bytes::Bytes;
use memmap2::{Mmap, MmapOptions};
use rustix::fs::{FallocateFlags, MemfdFlags, fallocate, memfd_create};

/// The most blobs at a time: each is a mapping, of which a process has 65,530 by default (`vm.max_map_count`). Further
/// ones are bytes like others.
const MAX_BLOBS: usize = 16_384;
/// Blobs begin at multiples of this, in bytes. Where the system puts many pages into one (on Linux at most 512 MiB), giving a
/// part of it back overwrites that part with zeros at once, though it may be on its way to a client; so no two blobs have
/// bytes in one of those. What lies between them costs nothing.
const ALIGNMENT: u64 = 1 << 30;
/// The most memory that one byte may take, in bytes: the largest page size that is not a huge one.
const MAX_PAGE_BYTES: u64 = 64 << 10;

/// The file, and where it goes on.
#[derive(Debug)]
pub(super) struct Arena {
    file: Arc<File>,
    end: AtomicU64,
    rooms: Rooms,
}

/// The pages of one blob. The mapping goes before the pages do.
struct Region {
    mapped: Mmap,
    _pages: Pages,
    _room: Room,
}

/// Pages of the file, given back at the end.
struct Pages {
    file: Arc<File>,
    at: u64,
    len: u64,
}

impl AsRef<[u8]> for Region {
    fn as_ref(&self) -> &[u8] {
        &self.mapped
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        let how = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        if let Err(error) = fallocate(&*self.file, how, self.at, self.len) {
            tracing::warn!(%error, "could not give memory back");
        }
    }
}

impl Arena {
    /// An empty one.
    ///
    /// # Errors
    /// When the system has no memory files, or huge pages for them, which would take many times what a blob needs.
    pub(super) fn new() -> io::Result<Self> {
        let this = Self::of_any_pages()?;
        let _probe = this.pages(1);
        this.file.set_len(2 * ALIGNMENT)?;
        this.file.write_all_at(&[1], ALIGNMENT)?;
        let taken_bytes = this.taken_bytes()?;
        if taken_bytes > MAX_PAGE_BYTES {
            return Err(io::Error::other(format!(
                "the system takes {taken_bytes} bytes of memory for one (shmem_enabled of transparent_hugepage)"
            )));
        }
        Ok(this)
    }

    /// An empty one, whatever pages the system has for it.
    fn of_any_pages() -> io::Result<Self> {
        let file = memfd_create("audio", MemfdFlags::CLOEXEC)?;
        Ok(Self {
            file: Arc::new(file.into()),
            end: AtomicU64::new(ALIGNMENT),
            rooms: Rooms::at_most(MAX_BLOBS),
        })
    }

    /// Pages that nobody else has or gets, for so many bytes.
    fn pages(&self, len: usize) -> Pages {
        let len = (len as u64).next_multiple_of(ALIGNMENT);
        Pages {
            file: self.file.clone(),
            at: self.end.fetch_add(len, Ordering::Relaxed),
            len,
        }
    }

    /// The memory that all of them take.
    fn taken_bytes(&self) -> io::Result<u64> {
        // Blocks are of 512 bytes whatever the file system's own are (stat(2)).
        Ok(self.file.metadata()?.blocks() * 512)
    }

    /// Whether a blob of so many bytes is for the file: in smaller ones' pages much would be left empty.
    pub(super) const fn takes(len: usize) -> bool {
        len >= MIN_REFERRED_BYTES
    }

    /// The same bytes, from now on in the file; without room as they are.
    ///
    /// # Errors
    /// When the system has no memory for them.
    pub(super) fn hold(&self, bytes: Bytes) -> io::Result<Held> {
        let Some(room) = self.rooms.take() else {
            return Ok(bytes.into());
        };
        let pages = self.pages(bytes.len());
        let at = pages.at;
        self.file.write_all_at(&bytes, at)?;
        let mut options = MmapOptions::new();
        // Populated, so that memory which is taken is seen to be taken.
        options.offset(at).len(bytes.len()).populate();
        #[expect(
            unsafe_code,
            reason = "a mapped file is a slice of bytes only by somebody's word"
        )]
        // SAFETY: the bytes under the mapping stay as they are until it ends. The file has no name, and nobody outside
        // of this module gets it but to read; here it is never cut, these pages are not written again, because `end` only
        // grows, and they are given back after the mapping has ended, because `Region` drops it first.
        let mapped = unsafe { options.map(&*self.file) }?;

        let region = Region {
            mapped,
            _pages: pages,
            _room: room,
        };
        Ok(Held::in_file(Bytes::from_owner(region), self.file.clone(), at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::representation::Object as _;

    fn noise(len: usize, seed: u64) -> Bytes {
        let mut random = fastrand::Rng::with_seed(seed);
        std::iter::repeat_with(|| random.u8(..)).take(len).collect()
    }

    /// What a reader of the file finds where these bytes are said to be.
    fn in_file(held: &Held) -> Vec<u8> {
        let (file, at) = held.file().expect("in a file");
        let mut bytes = vec![0; held.len()];
        file.read_exact_at(&mut bytes, at).expect("readable");
        bytes
    }

    #[test]
    fn what_is_held_is_in_the_file_and_in_memory_and_so_is_every_slice() {
        let arena = Arena::of_any_pages().expect("a memory file");
        for (len, seed) in [(16 << 10, 1), (70_001, 2), (1 << 20, 3)] {
            let bytes = noise(len, seed);
            let held = arena.hold(bytes.clone()).expect("held");
            assert!(held.as_slice() == bytes && in_file(&held) == bytes, "{len}");
            let mut slice = held.slice(100..9_000);
            slice.advance(50);
            assert!(
                slice.as_slice() == &bytes[150..9_000] && in_file(&slice) == bytes[150..9_000],
                "{len}"
            );
        }
    }

    #[test]
    fn memory_is_given_back_when_the_last_slice_goes_and_not_before() {
        let arena = Arena::of_any_pages().expect("a memory file");
        let bytes = noise(200_000, 1);
        let held = arena.hold(bytes.clone()).expect("held");
        let slice = held.slice(199_000..200_000);
        drop(held);
        assert!(arena.taken_bytes().expect("known") >= 200_000);
        assert!(slice.as_slice() == &bytes[199_000..] && in_file(&slice) == bytes[199_000..]);
        drop(slice);
        assert_eq!(arena.taken_bytes().expect("known"), 0);
    }

    #[test]
    fn blobs_do_not_get_in_each_others_way() {
        let arena = Arena::of_any_pages().expect("a memory file");
        let all: Vec<_> = (0..9).map(|seed| noise(65_537, seed)).collect();
        let mut held: Vec<_> = all
            .iter()
            .map(|bytes| arena.hold(bytes.clone()).expect("held"))
            .collect();
        for gone in (0..9).step_by(2) {
            held[gone] = Bytes::new().into();
        }
        for kept in (1..9).step_by(2) {
            assert!(
                held[kept].as_slice() == all[kept] && in_file(&held[kept]) == all[kept],
                "{kept}"
            );
        }
    }

    #[test]
    fn without_room_bytes_stay_as_they_are() {
        let arena = Arena {
            rooms: Rooms::at_most(1),
            ..Arena::of_any_pages().expect("a memory file")
        };
        let first = arena.hold(noise(20_000, 1)).expect("held");
        let second = arena.hold(noise(20_000, 2)).expect("held");
        assert!(first.file().is_some() && second.file().is_none());
        assert!(second.as_slice() == noise(20_000, 2));
        drop(first);
        assert!(arena.hold(noise(20_000, 3)).expect("held").file().is_some());
    }
}
