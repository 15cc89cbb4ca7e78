//! The store: blobs in memory or in a directory, the index beside them.

use std::{
    collections::HashSet,
    io,
    path::{Path as FsPath, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use audio_api::JobId;
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::{
    GetResultPayload, ObjectStore as _, ObjectStoreExt as _, local::LocalFileSystem, path::Path,
};
use parking_lot::Mutex;
use tokio::sync::RwLock;

use super::{
    Blob, Held,
    index::{BlobMeta, Index},
    memory::Memory,
    open::OpenFile,
    room::Rooms,
};

/// Audio by content key; see the module.
#[derive(Debug)]
pub struct BlobStore {
    place: Place,
    /// Room for files that are being sent.
    open: Rooms,
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
    Directory(LocalFileSystem),
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

/// The store failed.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The data directory cannot be made.
    #[error("make data directory {}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// A blob's file cannot be read.
    #[error("read a blob's file")]
    Read(#[source] io::Error),
    /// An operation failed.
    #[error("blob store: {what}")]
    Store {
        /// What was tried.
        what: &'static str,
        /// What happened.
        #[source]
        source: object_store::Error,
    },
}

fn failed(what: &'static str) -> impl FnOnce(object_store::Error) -> BlobError {
    move |source| BlobError::Store { what, source }
}

impl BlobStore {
    /// A store in memory that keeps at most `limit_bytes` beyond what active jobs need.
    #[must_use]
    pub fn in_memory(limit_bytes: u64) -> Self {
        Self::over(Place::Memory(Memory::new()), limit_bytes, 0)
    }

    /// A store in a directory, which is made if it is missing; blobs that are there already are kept. At most `max_open`
    /// of its files are open at a time; further ones are read whole.
    ///
    /// # Errors
    /// When the directory cannot be made or read.
    pub async fn in_directory(dir: &FsPath, limit_bytes: u64, max_open: usize) -> Result<Self, BlobError> {
        std::fs::create_dir_all(dir).map_err(|source| BlobError::Directory {
            path: dir.to_owned(),
            source,
        })?;
        let files = LocalFileSystem::new_with_prefix(dir).map_err(failed("open the data directory"))?;
        let this = Self::over(Place::Directory(files), limit_bytes, max_open);
        this.load().await?;
        this.shrink().await?;
        Ok(this)
    }

    fn over(place: Place, limit_bytes: u64, max_open: usize) -> Self {
        Self {
            place,
            open: Rooms::at_most(max_open),
            index: Mutex::default(),
            deleting: RwLock::default(),
            limit_bytes,
            evictions: AtomicU64::default(),
        }
    }

    async fn load(&self) -> Result<(), BlobError> {
        let Place::Directory(files) = &self.place else {
            return Ok(());
        };
        let mut found: Vec<_> = files
            .list(None)
            .try_collect()
            .await
            .map_err(failed("list the data directory"))?;
        found.sort_by_key(|object| object.last_modified);
        let mut index = self.index.lock();
        for object in found {
            if let Some(key) = object.location.filename() {
                let meta = BlobMeta {
                    size_bytes: object.size,
                    samples: None,
                };
                index.insert(key, meta, None);
            }
        }
        Ok(())
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
        let files = match &self.place {
            Place::Memory(_) => return Ok(self.at_hand(key).map(|(_, held)| Bytes::from(held).into())),
            Place::Directory(files) => files,
        };
        if self.meta(key).is_none() {
            return Ok(None);
        }
        match self.opened(files, key).await {
            Ok(blob) => Ok(Some(blob)),
            Err(object_store::Error::NotFound { .. }) => {
                self.index.lock().forget(key);
                Ok(None)
            }
            Err(source) => Err(failed("read a blob")(source)),
        }
    }

    /// Opens a file, of which whoever gets it reads what it needs; without a descriptor to spare it is read whole.
    async fn opened(&self, files: &LocalFileSystem, key: &str) -> Result<Blob, object_store::Error> {
        let found = files.get(&path(key)).await?;
        let len = found.meta.size;
        let Some(room) = self.open.take() else {
            return found.bytes().await.map(Blob::from);
        };
        match found.payload {
            GetResultPayload::File(file, _) => Ok(Blob::of_file(OpenFile {
                file,
                len,
                _room: room,
            })),
            // Files come as files; what does not can still be read.
            GetResultPayload::Stream(_) => files.get(&path(key)).await?.bytes().await.map(Blob::from),
        }
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
                Place::Directory(files) => {
                    let written = files.put(&path(key), bytes.into()).await;
                    written.map_err(failed("write a blob"))?;
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
        let Place::Directory(files) = &self.place else {
            return Ok(());
        };
        match files.delete(&path(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(failed("delete a blob")(source)),
        }
    }
}

/// Blobs are spread over 256 directories by the first two characters of their keys, which are hex digests.
fn path(key: &str) -> Path {
    Path::from_iter(["blobs", key.get(..2).unwrap_or(key), key])
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fill(store: &BlobStore, keys: &[&str], owner: Option<&JobId>) {
        for key in keys {
            store
                .put(key, Bytes::from_static(&[7; 100]), 50, owner)
                .await
                .expect("stored");
        }
    }

    #[tokio::test]
    async fn a_full_store_evicts_but_never_what_an_active_job_needs() {
        let store = BlobStore::in_memory(250);
        let job = JobId::from("active");
        fill(&store, &["aa1", "aa2", "aa3"], Some(&job)).await;
        assert_eq!(
            store.stats().bytes,
            300,
            "over the limit, but all of it is needed"
        );
        fill(&store, &["bb1"], None).await;
        assert_eq!(
            store.get_bytes("bb1").await.expect("readable"),
            None,
            "the only one that nobody needs"
        );
        let pinning = store.pinning_jobs();
        store
            .release_ended(&pinning, std::slice::from_ref(&job))
            .await
            .expect("works");
        assert_eq!(store.stats().bytes, 300);
        store.release_ended(&pinning, &[]).await.expect("works");
        assert_eq!((store.stats().bytes, store.stats().evictions), (200, 2));
        assert!(store.get("aa1").await.expect("readable").is_none());
        assert!(store.get("aa3").await.expect("readable").is_some());
    }

    #[tokio::test]
    async fn bytes_are_at_hand_in_memory_until_they_are_evicted_and_never_in_a_directory() {
        let store = BlobStore::in_memory(100);
        fill(&store, &["aa1"], None).await;
        let (meta, held) = store.at_hand("aa1").expect("in memory");
        assert_eq!((meta.samples, held.len()), (Some(50), 100));
        fill(&store, &["aa2"], None).await;
        assert!(store.at_hand("aa1").is_none() && store.at_hand("aa2").is_some());
        let dir = tempfile::tempdir().expect("a directory");
        let store = BlobStore::in_directory(dir.path(), 1_000, 9)
            .await
            .expect("opened");
        fill(&store, &["aa1"], None).await;
        assert!(store.at_hand("aa1").is_none() && store.get("aa1").await.expect("readable").is_some());
    }

    #[tokio::test]
    async fn a_directory_keeps_its_blobs_over_a_restart_and_their_bound() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = BlobStore::in_directory(dir.path(), 1_000, 9)
            .await
            .expect("opened");
        fill(&store, &["aa1", "aa2", "aa3"], None).await;
        drop(store);
        let store = BlobStore::in_directory(dir.path(), 200, 9)
            .await
            .expect("opened again");
        assert_eq!(store.stats().bytes, 200);
        let found = store.pin(&"job".into(), "aa3").expect("the newest is there");
        assert_eq!(
            found,
            BlobMeta {
                size_bytes: 100,
                samples: None
            }
        );
        assert_eq!(
            store
                .get_bytes("aa3")
                .await
                .expect("readable")
                .expect("there")
                .len(),
            100
        );
    }

    #[tokio::test]
    async fn a_blob_of_a_directory_is_read_as_it_is_needed_and_without_a_descriptor_to_spare_at_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = BlobStore::in_directory(dir.path(), 1_000, 1)
            .await
            .expect("opened");
        fill(&store, &["aa1"], None).await;
        let [first, second] = [store.get("aa1").await, store.get("aa1").await]
            .map(|blob| blob.expect("readable").expect("there"));
        assert_eq!((first.is_file(), second.is_file()), (true, false));
        // Whoever has a blob has all of it, also when the store has let go of it.
        store.delete("aa1").await.expect("deleted");
        for blob in [&first, &second] {
            assert_eq!(blob.bytes().expect("readable"), [7; 100][..]);
        }
        drop(first);
        fill(&store, &["aa1"], None).await;
        assert!(
            store
                .get("aa1")
                .await
                .expect("readable")
                .expect("there")
                .is_file()
        );
    }

    #[tokio::test]
    async fn a_blob_that_vanished_from_the_directory_is_a_miss() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = BlobStore::in_directory(dir.path(), 1_000, 9)
            .await
            .expect("opened");
        fill(&store, &["aa1"], None).await;
        std::fs::remove_dir_all(dir.path().join("blobs")).expect("removed");
        assert!(store.get("aa1").await.expect("a miss is no error").is_none());
        assert!(store.meta("aa1").is_none());
    }
}
