//! Audio by content key, bounded in bytes.
//!
//! The bytes live in an [`object_store`]: in memory, or in a directory. An index beside it knows their sizes and which
//! was used last; what an active job needs is pinned and never evicted, the rest goes least recently used first.

mod index;
mod store;

pub use index::BlobMeta;
pub use store::{BlobError, BlobStats, BlobStore};
