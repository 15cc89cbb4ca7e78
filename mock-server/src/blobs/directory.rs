//! The store in a directory: a file for each blob, through [`object_store`], of which a reader gets an open file as long
//! as there are descriptors to spare.

use std::path::Path as FsPath;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::{
    Error, GetResultPayload, ObjectStore as _, ObjectStoreExt as _, local::LocalFileSystem, path::Path,
};

use super::{Blob, BlobError, open::OpenFile, room::Rooms};

/// A directory with blobs.
#[derive(Debug)]
pub(super) struct Directory {
    files: LocalFileSystem,
    /// Room for files that are being sent.
    open: Rooms,
}

/// A blob that an earlier process left there.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) key: String,
    pub(super) size_bytes: u64,
}

impl Directory {
    /// A directory, made if it is missing, of which at most `max_open` files are open at a time.
    pub(super) fn make(dir: &FsPath, max_open: usize) -> Result<Self, BlobError> {
        std::fs::create_dir_all(dir).map_err(|source| BlobError::Directory {
            path: dir.to_owned(),
            source,
        })?;
        let files = LocalFileSystem::new_with_prefix(dir).map_err(failed("open the data directory"))?;
        let open = Rooms::at_most(max_open);
        Ok(Self { files, open })
    }

    /// The blobs in it, the oldest first.
    pub(super) async fn stored(&self) -> Result<Vec<Stored>, BlobError> {
        let mut found: Vec<_> = self
            .files
            .list(None)
            .try_collect()
            .await
            .map_err(failed("list the data directory"))?;
        found.sort_by_key(|object| object.last_modified);
        let blobs = found.iter().filter_map(|object| {
            Some(Stored {
                key: object.location.filename()?.to_owned(),
                size_bytes: object.size,
            })
        });
        Ok(blobs.collect())
    }

    /// A blob, if its file is there.
    pub(super) async fn open(&self, key: &str) -> Result<Option<Blob>, BlobError> {
        match self.opened(&path(key)).await {
            Ok(blob) => Ok(Some(blob)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(failed("read a blob")(source)),
        }
    }

    /// Opens a file, of which whoever gets it reads what it needs; without a descriptor to spare it is read whole.
    async fn opened(&self, path: &Path) -> Result<Blob, Error> {
        let found = self.files.get(path).await?;
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
            GetResultPayload::Stream(_) => self.files.get(path).await?.bytes().await.map(Blob::from),
        }
    }

    /// Writes a blob whole, over one that is there.
    pub(super) async fn write(&self, key: &str, bytes: Bytes) -> Result<(), BlobError> {
        let written = self.files.put(&path(key), bytes.into()).await;
        written.map(|_| ()).map_err(failed("write a blob"))
    }

    /// Deletes a blob's file, which may be gone already.
    pub(super) async fn delete(&self, key: &str) -> Result<(), BlobError> {
        match self.files.delete(&path(key)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(failed("delete a blob")(source)),
        }
    }
}

fn failed(what: &'static str) -> impl FnOnce(Error) -> BlobError {
    move |source| BlobError::Store { what, source }
}

/// Blobs are spread over 256 directories by the first two characters of their keys, which are hex digests.
fn path(key: &str) -> Path {
    Path::from_iter(["blobs", key.get(..2).unwrap_or(key), key])
}
