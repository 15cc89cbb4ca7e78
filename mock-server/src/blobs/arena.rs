//! Memory files with the large blobs of this process: what is in one, the system sends without copying it (sendfile(2)),
//! and everything else sees it as bytes of this process.
//!
//! Each blob has pages of its own, from an offset that no other blob of its file ever had or gets. They are written once,
//! before anybody sees them, and given back to the system when the last one that has the bytes lets go of them; what is on
//! its way to a client then keeps the pages that it still needs.

use std::{
    fs::File,
    io,
    os::{
        fd::OwnedFd,
        unix::fs::{FileExt as _, MetadataExt as _},
    },
    sync::Arc,
};

use bytes::Bytes;
use memmap2::{Mmap, MmapOptions};
use parking_lot::{Mutex, MutexGuard};
use rustix::{
    fs::{FallocateFlags, MemfdFlags, Mode, OFlags, fallocate, memfd_create, openat},
    mount::{
        FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsconfig_set_string, fsmount, fsopen,
    },
};

use super::{
    Held, MIN_REFERRED_BYTES,
    room::{Room, Rooms},
};

/// The most blobs at a time: each is a mapping, of which a process has 65,530 by default (`vm.max_map_count`). Further
/// ones are bytes like others.
const MAX_BLOBS: usize = 16_384;
/// So many blobs are written at a time, each to another file.
const FILES: usize = 4;
/// Blobs begin at multiples of this, in bytes. Where the system puts many pages into one (on Linux at most 512 MiB), giving a
/// part of it back overwrites that part with zeros at once, though it may be on its way to a client; so no two blobs have
/// bytes in one of those. What lies between them costs nothing.
const ALIGNMENT: u64 = 1 << 30;
/// The most memory that one byte may take, in bytes: the largest page size that is not a huge one.
const MAX_PAGE_BYTES: u64 = 64 << 10;

/// The files.
#[derive(Debug)]
pub(super) struct Arena {
    files: [Mutex<Growing>; FILES],
    rooms: Rooms,
}

/// A file, and where it goes on: nothing has been written beyond. Whoever writes has it alone, because the system may take
/// pages as large as what is left up to the file's end (huge=within_size).
#[derive(Debug)]
struct Growing {
    file: Arc<File>,
    end: u64,
}

/// The pages of one blob. The mapping goes before the pages do.
struct Region {
    mapped: Mmap,
    _pages: Pages,
    _room: Room,
}

/// Pages of a file, given back at the end.
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

impl Growing {
    /// Writes bytes to pages that nobody else has or gets.
    fn write(&mut self, bytes: &[u8]) -> io::Result<Pages> {
        let pages = Pages {
            file: self.file.clone(),
            at: self.end,
            len: (bytes.len() as u64).next_multiple_of(ALIGNMENT),
        };
        self.end += pages.len;
        self.file.write_all_at(bytes, pages.at)?;
        Ok(pages)
    }

    /// The memory that all of it takes.
    fn taken_bytes(&self) -> io::Result<u64> {
        // Blocks are of 512 bytes whatever the file system's own are (stat(2)).
        Ok(self.file.metadata()?.blocks() * 512)
    }
}

impl Arena {
    /// An empty one, in large pages if the system lets this process have them.
    ///
    /// # Errors
    /// When the system has no memory files, or huge pages for them, which would take many times what a blob needs.
    pub(super) fn new() -> io::Result<Self> {
        Self::in_large_pages().or_else(|error| {
            tracing::debug!(%error, "no large pages for audio in memory");
            Self::in_pages()
        })
    }

    /// In a file system of its own whose pages are as large as a blob has use for, which takes less of the processor's
    /// time to send. To make one is a privilege (`CAP_SYS_ADMIN`).
    fn in_large_pages() -> io::Result<Self> {
        let tmpfs = fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
        fsconfig_set_string(&tmpfs, "huge", "within_size")?;
        // No limit, as for other memory files: the store has its own.
        fsconfig_set_string(&tmpfs, "size", "0")?;
        fsconfig_create(&tmpfs)?;
        let root = fsmount(&tmpfs, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty())?;
        let how = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        Self::over(|| Ok(openat(&root, ".", how, Mode::RUSR | Mode::WUSR)?))?.checked()
    }

    /// In memory files as every process may have them.
    fn in_pages() -> io::Result<Self> {
        Self::in_any_pages()?.checked()
    }

    /// The same, also where the system puts whatever is written into huge pages.
    fn in_any_pages() -> io::Result<Self> {
        Self::over(|| Ok(memfd_create("audio", MemfdFlags::CLOEXEC)?))
    }

    fn over(file: impl Fn() -> io::Result<OwnedFd>) -> io::Result<Self> {
        let growing = || -> io::Result<_> {
            Ok(Mutex::new(Growing {
                file: Arc::new(file()?.into()),
                end: ALIGNMENT,
            }))
        };
        Ok(Self {
            files: [growing()?, growing()?, growing()?, growing()?],
            rooms: Rooms::at_most(MAX_BLOBS),
        })
    }

    /// The same, if it does not take too much memory for little.
    fn checked(self) -> io::Result<Self> {
        let taken_bytes = {
            let mut growing = self.growing();
            let _probe = growing.write(&[1])?;
            growing.taken_bytes()?
        };
        if taken_bytes > MAX_PAGE_BYTES {
            return Err(io::Error::other(format!(
                "the system takes {taken_bytes} bytes of memory for one (shmem_enabled of transparent_hugepage)"
            )));
        }
        Ok(self)
    }

    /// A file that nobody writes to.
    fn growing(&self) -> MutexGuard<'_, Growing> {
        let free = self.files.iter().find_map(Mutex::try_lock);
        free.unwrap_or_else(|| self.files[0].lock())
    }

    /// Whether a blob of so many bytes is for a file: in smaller ones' pages much would be left empty.
    pub(super) const fn takes(len: usize) -> bool {
        len >= MIN_REFERRED_BYTES
    }

    /// The same bytes, from now on in a file; without room as they are.
    ///
    /// # Errors
    /// When the system has no memory for them.
    pub(super) fn hold(&self, bytes: Bytes) -> io::Result<Held> {
        let Some(room) = self.rooms.take() else {
            return Ok(bytes.into());
        };
        let pages = self.growing().write(&bytes)?;
        let (file, at) = (pages.file.clone(), pages.at);
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
        let mapped = unsafe { options.map(&*file) }?;

        let region = Region {
            mapped,
            _pages: pages,
            _room: room,
        };
        Ok(Held::in_file(Bytes::from_owner(region), file, at))
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

    /// One in pages of any size, and one in large pages where this process may have them.
    fn arenas() -> impl Iterator<Item = Arena> {
        let any = Arena::in_any_pages().expect("memory files");
        std::iter::once(any).chain(Arena::in_large_pages().ok())
    }

    fn taken_bytes(arena: &Arena) -> u64 {
        let taken = arena.files.iter().map(|file| file.lock().taken_bytes());
        taken.sum::<io::Result<_>>().expect("known")
    }

    #[test]
    fn what_is_held_is_in_the_file_and_in_memory_and_so_is_every_slice() {
        for arena in arenas() {
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
    }

    #[test]
    fn memory_is_given_back_when_the_last_slice_goes_and_not_before() {
        for arena in arenas() {
            let bytes = noise(200_000, 1);
            let held = arena.hold(bytes.clone()).expect("held");
            let slice = held.slice(199_000..200_000);
            drop(held);
            assert!(taken_bytes(&arena) >= 200_000);
            assert!(slice.as_slice() == &bytes[199_000..] && in_file(&slice) == bytes[199_000..]);
            drop(slice);
            assert_eq!(taken_bytes(&arena), 0);
        }
    }

    #[test]
    fn blobs_do_not_get_in_each_others_way() {
        for arena in arenas() {
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
    }

    #[test]
    fn blobs_that_are_written_at_the_same_time_take_no_more_than_they_need() {
        let (large, small) = (noise(1 << 20, 1), noise(16 << 10, 2));
        for arena in [Arena::in_pages(), Arena::in_large_pages()].into_iter().flatten() {
            let several = || -> Vec<Held> {
                [&large, &small, &small]
                    .into_iter()
                    .cycle()
                    .take(45)
                    .map(|bytes| arena.hold(bytes.clone()).expect("held"))
                    .collect()
            };
            let held: Vec<_> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..2 * FILES).map(|_| scope.spawn(several)).collect();
                threads
                    .into_iter()
                    .map(|thread| thread.join().expect("no panic"))
                    .collect()
            });
            let needed = |held: &Held| (held.len() as u64).next_multiple_of(procfs::page_size());
            let needed: u64 = held.iter().flatten().map(needed).sum();
            assert_eq!(taken_bytes(&arena), needed);
        }
    }

    #[test]
    fn without_room_bytes_stay_as_they_are() {
        let arena = Arena {
            rooms: Rooms::at_most(1),
            ..Arena::in_any_pages().expect("memory files")
        };
        let first = arena.hold(noise(20_000, 1)).expect("held");
        let second = arena.hold(noise(20_000, 2)).expect("held");
        assert!(first.file().is_some() && second.file().is_none());
        assert!(second.as_slice() == noise(20_000, 2));
        drop(first);
        assert!(arena.hold(noise(20_000, 3)).expect("held").file().is_some());
    }
}
