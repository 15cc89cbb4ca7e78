//! One TCP connection on which anything can be said, and answers read as they come.

use std::{io, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time,
};

/// Far beyond what an answer takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// The largest head of an answer that is read.
const MAX_HEAD_BYTES: usize = 64 << 10;

/// A connection.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    /// What came and is not read as an answer yet.
    came: Vec<u8>,
}

/// One answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The fields, names in lower case.
    pub fields: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why no answer was read.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The peer closed the connection; `true` if it had begun an answer.
    #[error("the connection was closed{}", if *.0 { " within an answer" } else { "" })]
    Closed(bool),
    /// The peer reset the connection, as a system does that closes over bytes which nobody has read.
    #[error("the connection was reset")]
    Reset,
    /// Nothing came for too long.
    #[error("no answer within {PATIENCE:?}")]
    Silent,
    /// What came is no answer.
    #[error("{0:?} is no answer")]
    NoAnswer(String),
}

impl Wire {
    /// Connects to `ADDRESS:PORT`.
    ///
    /// # Errors
    /// When the connection is refused.
    pub async fn connect(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            came: Vec::new(),
        })
    }

    /// The socket, for what is not said in bytes.
    #[must_use]
    pub const fn socket(&self) -> &TcpStream {
        &self.stream
    }

    /// Sends bytes. A peer that closes meanwhile is no error: its answer may be there to be read.
    pub async fn send(&mut self, bytes: &[u8]) {
        let _ = time::timeout(PATIENCE, self.stream.write_all(bytes)).await;
    }

    /// Ends this side of the connection.
    pub async fn end(&mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// Waits until the peer has closed. What comes until then is thrown away.
    ///
    /// # Errors
    /// When it has not closed in time.
    pub async fn closed(&mut self) -> Result<(), WireError> {
        self.came.clear();
        let closing = async {
            while self.fill().await.is_ok() {
                self.came.clear();
            }
        };
        time::timeout(PATIENCE, closing)
            .await
            .map_err(|_| WireError::Silent)
    }

    /// The next answer to a request of this method, whole.
    ///
    /// # Errors
    /// When none comes.
    pub async fn answer(&mut self, to: &str) -> Result<Answer, WireError> {
        time::timeout(PATIENCE, self.next(to))
            .await
            .unwrap_or(Err(WireError::Silent))
    }

    async fn next(&mut self, to: &str) -> Result<Answer, WireError> {
        let head = loop {
            if let Some(end) = self.came.windows(4).position(|four| four == b"\r\n\r\n") {
                break self.came.drain(..end + 4).collect::<Vec<_>>();
            }
            if self.came.len() > MAX_HEAD_BYTES {
                return Err(self.no_answer());
            }
            self.fill().await?;
        };
        let mut answer = Answer::of_head(&head)
            .ok_or_else(|| WireError::NoAnswer(String::from_utf8_lossy(&head).into_owned()))?;
        let bodiless = to == "HEAD" || matches!(answer.status, 100..=199 | 204 | 304);
        let length = if bodiless {
            Some(0)
        } else {
            answer.field("content-length").parse().ok()
        };
        let Some(length) = length else {
            return Err(self.no_answer());
        };
        while self.came.len() < length {
            self.fill().await.map_err(|error| match error {
                WireError::Closed(_) => WireError::Closed(true),
                other => other,
            })?;
        }
        answer.body = self.came.drain(..length).collect();
        Ok(answer)
    }

    fn no_answer(&self) -> WireError {
        let shown = &self.came[..self.came.len().min(200)];
        WireError::NoAnswer(String::from_utf8_lossy(shown).into_owned())
    }

    async fn fill(&mut self) -> Result<(), WireError> {
        match self.stream.read_buf(&mut self.came).await {
            Ok(1..) => Ok(()),
            Ok(0) => Err(WireError::Closed(!self.came.is_empty())),
            Err(_) => Err(WireError::Reset),
        }
    }
}

impl Answer {
    fn of_head(head: &[u8]) -> Option<Self> {
        let head = std::str::from_utf8(head).ok()?;
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next()?.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok()?;
        let fields = lines
            .map(|line| {
                let (name, value) = line.split_once(':')?;
                Some((name.to_ascii_lowercase(), value.trim().to_owned()))
            })
            .collect::<Option<_>>()?;
        Some(Self {
            status,
            fields,
            body: Vec::new(),
        })
    }

    /// A field's value; empty when it is missing.
    #[must_use]
    pub fn field(&self, name: &str) -> &str {
        self.fields
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value)
    }

    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// What is wrong with a refusal: every one is a problem document that names the request.
    ///
    /// # Errors
    /// Says what.
    pub fn check(&self) -> Result<(), String> {
        let id = self.field("x-request-id");
        if id.is_empty() {
            return Err(format!("the {} has no x-request-id", self.status));
        }
        if self.status < 400 {
            return Ok(());
        }
        let (kind, problem) = (self.field("content-type"), self.json());
        if kind != "application/problem+json" {
            return Err(format!("the {} is of type {kind:?}", self.status));
        }
        if self.status == 503 && self.field("retry-after").is_empty() {
            return Err("the 503 has no retry-after".to_owned());
        }
        if problem["status"] != self.status || problem["request_id"] != id || !problem["code"].is_string() {
            return Err(format!("the {} says {problem}", self.status));
        }
        Ok(())
    }
}
