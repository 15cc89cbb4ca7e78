//! A well-behaved client that goes on asking while others misbehave.
//!
//! It has a thread of its own and blocks on its socket, so that what the abuse costs this program does not count as
//! the server's latency.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::exchange::Target;

/// The pause between two requests.
const PAUSE: Duration = Duration::from_millis(2);
const PATIENCE: Duration = Duration::from_secs(15);

/// A client that asks until it is stopped.
#[derive(Debug)]
pub struct Bystander {
    stop: SyncSender<()>,
    asking: JoinHandle<Result<Vec<Duration>, String>>,
}

/// What a bystander asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// A segment of a job that stays, and the health, by turns.
    SegmentAndHealth,
    /// The health alone, because the case has every job dropped.
    Health,
}

/// What it saw.
#[derive(Debug, Clone, Copy)]
pub struct Latency {
    /// The median.
    pub p50: Duration,
    /// 99 of 100 were no slower.
    pub p99: Duration,
    /// The slowest.
    pub max: Duration,
}

impl Bystander {
    /// Connects, and begins to ask.
    ///
    /// # Errors
    /// When the server refuses the connection.
    pub fn start(target: &Target, asks: Asks) -> Result<Self, String> {
        let socket = TcpStream::connect(&target.address).map_err(|error| format!("bystander: {error}"))?;
        let within = |error: std::io::Error| format!("bystander: {error}");
        socket.set_nodelay(true).map_err(within)?;
        socket.set_read_timeout(Some(PATIENCE)).map_err(within)?;
        let mut paths = vec!["/health".to_owned()];
        if asks == Asks::SegmentAndHealth {
            paths.push(format!("/v1/tts/jobs/{}/segments/seg-0000", target.job));
        }
        let request = |path| format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", target.address);
        let requests: Vec<_> = paths.into_iter().map(request).collect();
        let (stop, stopped) = sync_channel(1);
        let asking = thread::spawn(move || {
            let mut client = Client {
                socket,
                came: Vec::new(),
            };
            let mut seen = Vec::new();
            for request in requests.iter().cycle() {
                let start = Instant::now();
                client.ask(request)?;
                seen.push(start.elapsed());
                if !matches!(stopped.recv_timeout(PAUSE), Err(RecvTimeoutError::Timeout)) {
                    break;
                }
            }
            Ok(seen)
        });
        Ok(Self { stop, asking })
    }

    /// Stops asking.
    ///
    /// # Errors
    /// When it was not answered, or not with 200.
    pub fn stop(self) -> Result<Latency, String> {
        // An error says that it has ended by itself, with an error of its own.
        let _ = self.stop.send(());
        let mut seen = self
            .asking
            .join()
            .map_err(|_| "the bystander panicked".to_owned())??;
        seen.sort_unstable();
        let at = |permille: usize| seen[(seen.len() * permille / 1000).min(seen.len() - 1)];
        Ok(Latency {
            p50: at(500),
            p99: at(990),
            max: at(1000),
        })
    }
}

struct Client {
    socket: TcpStream,
    came: Vec<u8>,
}

impl Client {
    fn ask(&mut self, request: &str) -> Result<(), String> {
        self.socket
            .write_all(request.as_bytes())
            .map_err(|error| format!("the bystander could not ask: {error}"))?;
        let head_end = loop {
            if let Some(end) = self.came.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            self.fill()?;
        };
        let head = String::from_utf8_lossy(&self.came[..head_end]).to_ascii_lowercase();
        if !head.starts_with("http/1.1 200") {
            return Err(format!("the bystander was answered with {head:?}"));
        }
        let length = head
            .split("content-length: ")
            .nth(1)
            .and_then(|rest| rest.split('\r').next());
        let length: usize = length
            .and_then(|length| length.parse().ok())
            .ok_or("the bystander's answer has no length")?;
        while self.came.len() < head_end + length {
            self.fill()?;
        }
        self.came.drain(..head_end + length);
        Ok(())
    }

    fn fill(&mut self) -> Result<(), String> {
        let mut chunk = [0; 16 << 10];
        match self.socket.read(&mut chunk) {
            Ok(0) => Err("the bystander's connection was closed".to_owned()),
            Ok(read) => {
                self.came.extend_from_slice(&chunk[..read]);
                Ok(())
            }
            Err(error) => Err(format!("the bystander was not answered: {error}")),
        }
    }
}
