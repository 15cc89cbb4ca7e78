//! The server's last lines on standard error, kept as evidence within fixed bounds.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::io::{AsyncRead, AsyncReadExt};

/// The most lines that are kept; older ones are forgotten.
const MAX_LINES: usize = 2_000;
/// The most bytes of one line that are kept.
const MAX_LINE_BYTES: usize = 4_096;

/// The last lines of a stream, shared with the task that reads it.
#[derive(Debug, Clone, Default)]
pub struct LogTail(Arc<Mutex<Ring>>);

#[derive(Debug, Default)]
struct Ring {
    lines: VecDeque<String>,
    /// The line that has no end yet.
    open: Vec<u8>,
    forgotten: u64,
}

impl LogTail {
    /// The last `n` lines, oldest first; an unfinished one counts.
    #[must_use]
    pub fn last(&self, n: usize) -> Vec<String> {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let open = (!ring.open.is_empty()).then(|| String::from_utf8_lossy(&ring.open).into_owned());
        let all: Vec<String> = ring.lines.iter().cloned().chain(open).collect();
        all[all.len().saturating_sub(n)..].to_vec()
    }

    /// All lines that are kept, oldest first.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.last(usize::MAX)
    }

    /// How many older lines were let go.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).forgotten
    }

    /// Reads the stream to its end.
    pub(crate) async fn follow(self, mut stream: impl AsyncRead + Unpin) {
        let mut chunk = [0; 8_192];
        while let Ok(n @ 1..) = stream.read(&mut chunk).await {
            self.push(&chunk[..n]);
        }
    }

    fn push(&self, bytes: &[u8]) {
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ended) = part
                .strip_suffix(b"\n")
                .map_or((part, false), |text| (text, true));
            let room = MAX_LINE_BYTES.saturating_sub(ring.open.len());
            ring.open.extend_from_slice(&text[..text.len().min(room)]);
            if ended {
                ring.close_line();
            }
        }
    }
}

impl Ring {
    fn close_line(&mut self) {
        let line = String::from_utf8_lossy(&self.open).into_owned();
        self.open.clear();
        if self.lines.len() == MAX_LINES {
            self.lines.pop_front();
            self.forgotten += 1;
        }
        self.lines.push_back(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together_and_the_oldest_are_forgotten() {
        let log = LogTail::default();
        log.push(b"one\ntw");
        log.push(b"o\nthree");
        assert_eq!(log.lines(), ["one", "two", "three"]);
        assert_eq!(log.last(1), ["three"]);
        for n in 0..MAX_LINES {
            log.push(format!("{n}\n").as_bytes());
        }
        assert_eq!(log.lines().len(), MAX_LINES);
        assert_eq!(log.forgotten(), 2);
        assert_eq!(log.last(1), [(MAX_LINES - 1).to_string()]);
    }

    #[test]
    fn an_endless_line_stays_within_bounds() {
        let log = LogTail::default();
        for _ in 0..10 {
            log.push(&[b'x'; 1_000]);
        }
        log.push(b"\nnext\n");
        let lines = log.lines();
        assert_eq!((lines[0].len(), lines[1].as_str()), (MAX_LINE_BYTES, "next"));
    }
}
