//! Sending what is in a memory file without copying it: the socket refers to the file's pages (sendfile(2)).

use std::{
    fs::File,
    io,
    task::{Context, Poll, ready},
};

use rustix::{
    fs::sendfile,
    io::Errno,
    net::{SendFlags, send},
};
use tokio::{io::Interest, net::TcpStream};

use crate::blobs::{Held, MIN_REFERRED_BYTES};

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
            // More comes at once, so that the head does not go out, and wake the client, by itself.
            sent = send(stream, head, SendFlags::MORE | SendFlags::NOSIGNAL)?;
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
}
