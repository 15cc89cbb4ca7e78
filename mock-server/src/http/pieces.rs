//! A body of stored audio that is read from its file piece by piece as the client takes it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::task::JoinHandle;

use crate::{
    blobs::{FilePart, Part},
    representation,
};

/// What is read at a time, in bytes: all that an answer has in memory.
const PIECE_BYTES: u64 = 128 << 10;

/// The parts of an answer, those in files to be read yet.
pub(super) struct Pieces {
    parts: representation::Body<Part>,
    file: Option<FilePart>,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
    left_bytes: u64,
}

impl Pieces {
    pub(super) const fn new(parts: representation::Body<Part>) -> Self {
        let left_bytes = parts.remaining_bytes();
        Self {
            parts,
            file: None,
            reading: None,
            left_bytes,
        }
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            if let Some(reading) = &mut self.reading {
                let read = ready!(Pin::new(reading).poll(cx));
                self.reading = None;
                return Poll::Ready(Some(read.unwrap_or_else(|error| Err(io::Error::other(error)))));
            }
            if let Some(file) = &mut self.file
                && file.len() > 0
            {
                let piece = file.split_to(PIECE_BYTES);
                self.reading = Some(tokio::task::spawn_blocking(move || piece.read()));
                continue;
            }
            match self.parts.next() {
                None => return Poll::Ready(None),
                Some(Part::Bytes(bytes)) => return Poll::Ready(Some(Ok(bytes))),
                Some(Part::File(file)) => self.file = Some(file),
            }
        }
    }
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        let piece = ready!(this.poll_piece(cx));
        if let Some(Ok(bytes)) = &piece {
            this.left_bytes -= bytes.len() as u64;
        }
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left_bytes == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left_bytes)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::{
        blobs::{Blob, BlobStore},
        representation::{Answer, ETag, Representation, select},
    };

    async fn stored(bytes: &Bytes) -> (tempfile::TempDir, Blob) {
        let dir = tempfile::tempdir().expect("a directory");
        let store = BlobStore::in_directory(dir.path(), 1 << 30, 1)
            .await
            .expect("opened");
        store.put("aa1", bytes.clone(), 1, None).await.expect("stored");
        let blob = store.get("aa1").await.expect("readable").expect("there");
        assert!(blob.is_file());
        (dir, blob)
    }

    /// The body of the answer to this range.
    fn body(blob: &Blob, range: &str) -> Pieces {
        let etag = ETag::strong("a").expect("a tag");
        let audio = http::HeaderValue::from_static("audio/ogg");
        let of = Representation::new(etag, std::time::UNIX_EPOCH, audio, blob.size_bytes());
        let headers = [(http::header::RANGE, range.parse().expect("a value"))]
            .into_iter()
            .collect();
        let selection = select(&http::Method::GET, &headers, &of);
        let answer = Answer::new(&http::Method::GET, selection, &of);
        Pieces::new(answer.content.of(blob).expect("the blob's length"))
    }

    #[tokio::test]
    async fn the_pieces_make_up_what_was_asked_for_and_none_is_large() {
        let bytes: Bytes = (0..3 * PIECE_BYTES + 7).map(|at| (at % 251) as u8).collect();
        let (_dir, blob) = stored(&bytes).await;
        for (range, first, end) in [
            ("bytes=0-", 0, bytes.len()),
            ("bytes=100-299", 100, 300),
            ("bytes=-9", bytes.len() - 9, bytes.len()),
        ] {
            let mut body = body(&blob, range);
            let mut whole = Vec::new();
            while let Some(frame) = body.frame().await {
                let piece = frame.expect("readable").into_data().expect("bytes");
                assert!(piece.len() as u64 <= PIECE_BYTES, "{range}");
                whole.extend_from_slice(&piece);
                assert_eq!(body.size_hint().exact(), Some((end - first - whole.len()) as u64));
            }
            assert!(whole == bytes[first..end] && body.is_end_stream(), "{range}");
        }
    }

    #[tokio::test]
    async fn several_ranges_come_framed() {
        let bytes = Bytes::from(vec![b'.'; 1000]);
        let (_dir, blob) = stored(&bytes).await;
        let from_file = body(&blob, "bytes=0-9,500-599")
            .collect()
            .await
            .expect("readable")
            .to_bytes();
        let from_memory = body(&bytes.into(), "bytes=0-9,500-599")
            .collect()
            .await
            .expect("there")
            .to_bytes();
        assert!(from_memory.len() > 110 && from_file == from_memory);
    }

    #[tokio::test]
    async fn a_file_that_was_cut_breaks_the_body_off() {
        let (dir, blob) = stored(&Bytes::from(vec![1; 1000])).await;
        let path = dir.path().join("blobs/aa/aa1");
        std::fs::File::options()
            .write(true)
            .open(path)
            .expect("there")
            .set_len(10)
            .expect("cut");
        assert!(body(&blob, "bytes=0-").collect().await.is_err());
    }
}
