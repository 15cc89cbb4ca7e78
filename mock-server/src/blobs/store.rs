//! The store: blobs in memory or in a directory, the index beside them.

use std::{
    collections::HashSet,
    io,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use audio_api::JobId;
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::RwLock;

use super::{
    Blob, BlobError, Held,
    directory::{Directory, Stored},
    index::{BlobMeta, Index},
    memory::Memory,
};

#[cfg(test)]
mod tests;

/// Audio by content key; see the module.
#[derive(Debug)]
pub struct BlobStore {
    place: Place,
    index: Mutex<Index>,
    /// Shared by those that write, held alone by the one that deletes: a blob that is evicted and written again at the
    /// same time must not end up indexed and gone.
    deleting: RwLock<()>,
    limit_bytes: u64,
    evictions: AtomicU64,
}

/// Where the blobs are.
#[derive(Debug)]
enum Place {
    /// In this process: the index holds them.
    Memory(Memory),
    /// In files, which have to be waited for.
    Directory(Directory),
}

/// What the store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobStats {
    /// Blobs.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Blobs evicted since the start.
    pub evictions: u64,
}

impl BlobStore {
    /// A store in memory that keeps at most `limit_bytes` beyond what active jobs need.
    #[must_use]
    pub fn in_memory(limit_bytes: u64) -> Self {
        Self::over(Place::Memory(Memory::new()), limit_bytes)
    }

    /// A store in a directory, which is made if it is missing; blobs that are there already are kept. At most `max_open`
    /// of its files are open at a time; further ones are read whole.
    ///
    /// # Errors
    /// When the directory cannot be made or read.
    pub async fn in_directory(dir: &Path, limit_bytes: u64, max_open: usize) -> Result<Self, BlobError> {
        let directory = Directory::make(dir, max_open)?;
        let there = directory.stored().await?;
        let this = Self::over(Place::Directory(directory), limit_bytes);
        this.index_stored(&there);
        this.shrink().await?;
        Ok(this)
    }

    fn over(place: Place, limit_bytes: u64) -> Self {
        Self {
            place,
            index: Mutex::default(),
            deleting: RwLock::default(),
            limit_bytes,
            evictions: AtomicU64::default(),
        }
    }

    fn index_stored(&self, stored: &[Stored]) {
        let mut index = self.index.lock();
        for Stored { key, size_bytes } in stored {
            let meta = BlobMeta {
                size_bytes: *size_bytes,
                samples: None,
            };
            index.insert(key, meta, None);
        }
    }

    /// Whether a blob is there; if so it is kept until the job has ended.
    pub fn pin(&self, job: &JobId, key: &str) -> Option<BlobMeta> {
        let mut index = self.index.lock();
        index.touch(key)?;
        index.pin(job, key)
    }

    /// Whether a blob is there; it then counts as used just now.
    pub fn meta(&self, key: &str) -> Option<BlobMeta> {
        self.index.lock().touch(key)
    }

    /// What is known of a blob and the blob itself, where they can be had without waiting: `None` says nothing about the
    /// blob. It then counts as used just now.
    pub fn at_hand(&self, key: &str) -> Option<(BlobMeta, Held)> {
        self.index.lock().held(key)
    }

    /// A blob; `None` when there is none, or no longer.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn get(&self, key: &str) -> Result<Option<Blob>, BlobError> {
        let directory = match &self.place {
            Place::Memory(_) => return Ok(self.at_hand(key).map(|(_, held)| Bytes::from(held).into())),
            Place::Directory(directory) => directory,
        };
        if self.meta(key).is_none() {
            return Ok(None);
        }
        let blob = directory.open(key).await?;
        if blob.is_none() {
            self.index.lock().forget(key);
        }
        Ok(blob)
    }

    /// All bytes of a blob; `None` when there is none, or no longer.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn get_bytes(&self, key: &str) -> Result<Option<Bytes>, BlobError> {
        let Some(blob) = self.get(key).await? else {
            return Ok(None);
        };
        if !blob.is_file() {
            return blob.bytes().map(Some).map_err(BlobError::Read);
        }
        let read = tokio::task::spawn_blocking(move || blob.bytes());
        let bytes = read.await.unwrap_or_else(|error| Err(io::Error::other(error)));
        bytes.map(Some).map_err(BlobError::Read)
    }

    /// Stores a blob; with an owner it is kept until that job has ended. Writing a key again replaces its bytes.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn put(
        &self,
        key: &str,
        bytes: Bytes,
        samples: u64,
        owner: Option<&JobId>,
    ) -> Result<(), BlobError> {
        let meta = BlobMeta {
            size_bytes: bytes.len() as u64,
            samples: Some(samples),
        };
        {
            let _writing = self.deleting.read().await;
            let held = match &self.place {
                Place::Memory(memory) => Some(memory.hold(bytes).await),
                Place::Directory(directory) => {
                    directory.write(key, bytes).await?;
                    None
                }
            };
            let mut index = self.index.lock();
            index.insert(key, meta, held);
            if let Some(job) = owner {
                index.pin(job, key);
            }
        }
        self.shrink().await
    }

    /// Notes a blob's length, once somebody has looked into it.
    pub fn note_samples(&self, key: &str, samples: u64) {
        self.index.lock().note_samples(key, samples);
    }

    /// Forgets a blob that turned out to be unusable, unless it has been stored again by now.
    ///
    /// # Errors
    /// When it cannot be deleted.
    pub async fn discard_unverified(&self, key: &str) -> Result<(), BlobError> {
        let _deleting = self.deleting.write().await;
        {
            let mut index = self.index.lock();
            if index.touch(key).is_none_or(|meta| meta.samples.is_some()) {
                return Ok(());
            }
            index.forget(key);
        }
        self.delete(key).await
    }

    /// The jobs for which blobs are pinned.
    pub fn pinning_jobs(&self) -> Vec<JobId> {
        self.index.lock().pinning_jobs()
    }

    /// Lets go of what was pinned for the jobs that are not `active`, and evicts what is over the limit.
    ///
    /// `pinning` must have been asked for before `active` was: then a job in it that is not active has ended.
    ///
    /// # Errors
    /// When an evicted blob cannot be deleted.
    pub async fn release_ended(&self, pinning: &[JobId], active: &[JobId]) -> Result<(), BlobError> {
        let active: HashSet<_> = active.iter().collect();
        {
            let mut index = self.index.lock();
            for job in pinning.iter().filter(|job| !active.contains(job)) {
                index.release(job);
            }
        }
        self.shrink().await
    }

    /// What the store holds.
    pub fn stats(&self) -> BlobStats {
        let index = self.index.lock();
        let blobs = index.len() as u64;
        BlobStats {
            blobs,
            bytes: index.bytes(),
            evictions: self.evictions.load(Ordering::Relaxed),
        }
    }

    async fn shrink(&self) -> Result<(), BlobError> {
        if self.index.lock().bytes() <= self.limit_bytes {
            return Ok(());
        }
        let _deleting = self.deleting.write().await;
        loop {
            let Some(key) = self.index.lock().evict_over(self.limit_bytes) else {
                return Ok(());
            };
            self.evictions.fetch_add(1, Ordering::Relaxed);
            self.delete(&key).await?;
        }
    }

    async fn delete(&self, key: &str) -> Result<(), BlobError> {
        match &self.place {
            Place::Memory(_) => Ok(()),
            Place::Directory(directory) => directory.delete(key).await,
        }
    }
}
