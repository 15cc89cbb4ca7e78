//! One of those that are asked, over so many connections at a time.
//!
//! Of an answer its status and its length are looked at, and all of it is waited for. What comes behind the beginning is
//! discarded where it is (`MSG_TRUNC`, tcp(7)): copied, it would keep the client busier than the server, and the figures
//! would be the client's.

use std::{
    io::Write as _,
    net::TcpStream,
    os::fd::OwnedFd,
    time::{Duration, Instant},
};

use rustix::{
    event::{Timespec, epoll},
    io::Errno,
    net::{RecvFlags, recv},
};

use super::answer;
use crate::rig::{
    Unmeasured,
    load::{Load, Part},
};

/// Room for a head.
const HEAD: usize = 2 << 10;
/// How much is taken at a time, in bytes.
const READ: usize = 1 << 20;
/// How many connections are told of at a time.
const EVENTS: usize = 256;
/// Whoever does not answer within this time makes it no measurement.
const WITHIN: Timespec = Timespec {
    tv_sec: 10,
    tv_nsec: 0,
};

/// A server, the connections to it, and what came of its turns so far.
pub(super) struct Contender {
    epoll: OwnedFd,
    connections: Vec<Connection>,
    /// Asked for one after the other.
    requests: Vec<String>,
    asked: usize,
    answered: u64,
    took: Duration,
    buffer: Vec<u8>,
}

struct Connection {
    socket: TcpStream,
    /// What is still to come of an answer, in bytes; `None` until its head is there.
    left: Option<usize>,
}

impl Contender {
    /// Connects to the server at this address.
    pub(super) fn meet(base: &str, path: &str, load: &Load) -> Result<Self, Unmeasured> {
        let host = base.trim_start_matches("http://");
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut connections = Vec::new();
        for number in 0..load.connections {
            let socket = TcpStream::connect(host)?;
            socket.set_nodelay(true)?;
            socket.set_nonblocking(true)?;
            let number = epoll::EventData::new_u64(number.into());
            epoll::add(&epoll, &socket, number, epoll::EventFlags::IN)?;
            connections.push(Connection { socket, left: None });
        }
        Ok(Self {
            epoll,
            connections,
            requests: requests(host, path, load.part),
            asked: 0,
            answered: 0,
            took: Duration::ZERO,
            buffer: vec![0; READ],
        })
    }

    /// Requests that were answered.
    pub(super) const fn answered(&self) -> u64 {
        self.answered
    }

    /// The time that its turns took.
    pub(super) const fn took(&self) -> Duration {
        self.took
    }

    /// Asks over every connection, again whenever one has its answer until the time is over, and takes the answers that
    /// are still to come.
    pub(super) fn turn(&mut self, time: Duration) -> Result<(), Unmeasured> {
        let began = Instant::now();
        for which in 0..self.connections.len() {
            self.ask(which)?;
        }
        let mut waiting = self.connections.len();
        let mut events = Vec::with_capacity(EVENTS);
        while waiting > 0 {
            epoll::wait(
                &self.epoll,
                rustix::buffer::spare_capacity(&mut events),
                Some(&WITHIN),
            )?;
            if events.is_empty() {
                return Err(Unmeasured("an answer did not come within 10 s".to_owned()));
            }
            for event in events.drain(..) {
                let which = usize::try_from(event.data.u64())?;
                if self.connections[which].take(&mut self.buffer)? {
                    self.answered += 1;
                    if began.elapsed() < time {
                        self.ask(which)?;
                    } else {
                        waiting -= 1;
                    }
                }
            }
        }
        self.took += began.elapsed();
        Ok(())
    }

    fn ask(&mut self, which: usize) -> Result<(), Unmeasured> {
        let request = &self.requests[self.asked % self.requests.len()];
        self.asked += 1;
        Ok(self.connections[which].socket.write_all(request.as_bytes())?)
    }
}

impl Connection {
    /// Takes what has come of an answer; whether that was the end of it.
    fn take(&mut self, buffer: &mut [u8]) -> Result<bool, Unmeasured> {
        let left = match self.left {
            Some(left) => left,
            None => {
                let came = came(recv(&self.socket, &mut buffer[..HEAD], RecvFlags::empty()))?;
                let whole = answer::len(&buffer[..came])?;
                whole
                    .checked_sub(came)
                    .ok_or_else(|| Unmeasured("an answer is longer than its head says".to_owned()))?
            }
        };
        self.left = match left {
            0 => None,
            left => {
                let most = left.min(buffer.len());
                match recv(&self.socket, &mut buffer[..most], RecvFlags::TRUNC) {
                    Err(Errno::AGAIN) => Some(left),
                    discarded => Some(left - came(discarded)?).filter(|left| *left > 0),
                }
            }
        };
        Ok(self.left.is_none())
    }
}

fn came(received: rustix::io::Result<(usize, usize)>) -> Result<usize, Unmeasured> {
    match received?.1 {
        0 => Err(Unmeasured("an answer was cut off".to_owned())),
        came => Ok(came),
    }
}

/// The same for every contender.
fn requests(host: &str, path: &str, part: Part) -> Vec<String> {
    let request = |range: &str| format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{range}\r\n");
    if part == Part::Whole {
        return vec![request("")];
    }
    let ranges = part.ranges().into_iter();
    ranges
        .map(|range| request(&format!("range: bytes={}-{}\r\n", range.start(), range.end())))
        .collect()
}
