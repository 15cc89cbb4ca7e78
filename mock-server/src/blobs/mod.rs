//! Audio by content key, bounded in bytes.
//!
//! The bytes live in this process's memory, large ones in a file of it from which the system sends them by itself, or in
//! an [`object_store`] over a directory. An index beside them knows their sizes and which was used last; what an active
//! job needs is pinned and never evicted, the rest goes least recently used first.

#[cfg(target_os = "linux")]
mod arena;
mod blob;
mod directory;
mod error;
mod held;
mod index;
mod memory;
mod open;
mod room;
mod store;

pub use blob::{Blob, Part};
pub use error::BlobError;
pub use held::Held;
#[cfg(target_os = "linux")]
pub use held::MIN_REFERRED_BYTES;
pub use index::BlobMeta;
pub use open::FilePart;
pub use store::{BlobStats, BlobStore};
