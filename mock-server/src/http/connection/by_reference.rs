//! Sending what is in a memory file without copying it: the socket refers to the file's pages (sendfile(2)).

use std::{
    cell::Cell,
    fs::File,
    io,
    os::fd::{AsRawFd as _, RawFd},
    task::{Context, Poll, ready},
};

use rustix::{
    fs::sendfile,
    io::Errno,
    net::{SendFlags, send},
};
use tokio::{io::Interest, net::TcpStream};

use crate::blobs::{Held, MIN_REFERRED_BYTES};

/// What sendfile(2) hands over at a time, in bytes: the pages of a pipe (fs/splice.c, `splice_direct_to_actor`).
const PIECE: usize = 64 << 10;

thread_local! {
    /// The connection for which this thread began an answer last.
    static LAST: Cell<RawFd> = const { Cell::new(-1) };
}

/// A part of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    file: &'a File,
    at: u64,
    len: usize,
}

impl<'a> Part<'a> {
    /// `None` for what is not in a file, or too little for it to matter.
    pub(super) fn of(held: &'a Held) -> Option<Self> {
        let (file, at) = held.file()?;
        let len = held.len();
        (len >= MIN_REFERRED_BYTES).then_some(Self { file, at, len })
    }

    /// Gives the system a head, which may be empty, and what it takes of the part behind it; the bytes that it took.
    pub(super) fn poll_send(
        self,
        stream: &TcpStream,
        cx: &mut Context<'_>,
        head: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(stream.poll_write_ready(cx))?;
            match stream.try_io(Interest::WRITABLE, || self.send(stream, head)) {
                // Not ready after all: that is known now, and waited for.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                sent => return Poll::Ready(sent),
            }
        }
    }

    fn send(self, stream: &TcpStream, head: &[u8]) -> io::Result<usize> {
        let mut sent = 0;
        if !head.is_empty() {
            sent = send(stream, head, SendFlags::NOSIGNAL | self.flags_of_head(stream))?;
            if sent < head.len() {
                return Ok(sent);
            }
        }
        let mut at = self.at;
        match sendfile(stream, self.file, Some(&mut at), self.len) {
            Ok(bytes) => Ok(sent + bytes),
            Err(Errno::AGAIN) if sent > 0 => Ok(sent),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a head goes ahead by itself, or with what comes behind it.
    ///
    /// Ahead, it wakes the client while the rest is still being handed over, and costs a packet. Where this connection was
    /// also the one before, nobody else waits, and a client that has its answer a seventh sooner is worth it; in a crowd it
    /// would be a fifth of the requests a second. Of a part that is handed over in pieces the first wakes it as well.
    fn flags_of_head(self, stream: &TcpStream) -> SendFlags {
        let this = stream.as_raw_fd();
        if LAST.replace(this) == this && self.len <= PIECE {
            SendFlags::empty()
        } else {
            SendFlags::MORE
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_head_goes_ahead_of_one_piece_to_whoever_is_answered_twice_in_a_row() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let connect = || async { TcpStream::connect(address).await.expect("connected") };
        let (one, other) = (connect().await, connect().await);
        let file = tempfile::tempfile().expect("a file");
        let part = |len| Part {
            file: &file,
            at: 0,
            len,
        };
        let flags =
            [&one, &one, &one, &other, &one, &other, &other].map(|stream| part(PIECE).flags_of_head(stream));
        let (ahead, with_it) = (SendFlags::empty(), SendFlags::MORE);
        assert_eq!(flags, [with_it, ahead, ahead, with_it, with_it, with_it, ahead]);
        let flags = [PIECE + 1, PIECE].map(|len| part(len).flags_of_head(&other));
        assert_eq!(flags, [with_it, ahead]);
    }
}
