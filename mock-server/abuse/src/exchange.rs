//! What a client sends in one piece, and what must come back: rows of a table.

use crate::wire::{Answer, Wire, WireError};

/// What the requests are about.
#[derive(Debug, Clone)]
pub struct Target {
    /// `ADDRESS:PORT`.
    pub address: String,
    /// A job that is complete and of one segment.
    pub job: String,
    /// The token of the fault routes.
    pub admin_token: String,
}

/// One exchange.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// What is sent, in words.
    pub name: String,
    /// What is sent.
    pub bytes: Vec<u8>,
    /// The method, as far as it matters for reading the answers.
    pub method: &'static str,
    /// The statuses of the answers, in their order.
    pub expected: Vec<u16>,
    /// What becomes of the connection.
    pub after: After,
    /// The most bytes that the body of an answer may have.
    pub max_body_bytes: usize,
}

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// It serves the next request.
    Open,
    /// The server closes it.
    Closed,
}

impl Exchange {
    /// Bytes that are to be answered with `expected`, on a connection that then serves on.
    #[must_use]
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>, expected: &[u16]) -> Self {
        Self {
            name: name.into(),
            bytes: bytes.into(),
            method: "GET",
            expected: expected.to_vec(),
            after: After::Open,
            max_body_bytes: 1 << 20,
        }
    }

    /// The same, on a connection that the server closes.
    #[must_use]
    pub fn closing(self) -> Self {
        Self {
            after: After::Closed,
            ..self
        }
    }

    /// The same, with answers no larger than this.
    #[must_use]
    pub fn at_most(self, max_body_bytes: usize) -> Self {
        Self {
            max_body_bytes,
            ..self
        }
    }

    /// Sends it and compares.
    ///
    /// # Errors
    /// Says what is not as expected.
    pub async fn run(&self, address: &str) -> Result<(), String> {
        let mut wire = Wire::connect(address).await.map_err(|error| error.to_string())?;
        let mut statuses = Vec::new();
        wire.send(&self.bytes).await;
        for _ in &self.expected {
            match wire.answer(self.method).await {
                Ok(answer) => {
                    self.check(&answer)?;
                    statuses.push(answer.status);
                }
                Err(error) => return Err(self.differs(&statuses, &error.to_string())),
            }
        }
        if statuses != self.expected {
            return Err(self.differs(&statuses, "no more was read"));
        }
        match self.after {
            After::Closed => match wire.answer(self.method).await {
                Err(WireError::Closed(false)) => Ok(()),
                Ok(answer) => Err(format!("one answer too many: {}", answer.status)),
                Err(error) => Err(format!("not closed: {error}")),
            },
            After::Open => {
                let health = format!("GET /health HTTP/1.1\r\nhost: {address}\r\n\r\n");
                wire.send(health.as_bytes()).await;
                match wire.answer("GET").await {
                    Ok(answer) if answer.status == 200 => Ok(()),
                    Ok(answer) => Err(format!("the next request was answered with {}", answer.status)),
                    Err(error) => Err(format!("the next request was not answered: {error}")),
                }
            }
        }
    }

    fn check(&self, answer: &Answer) -> Result<(), String> {
        answer.check()?;
        if answer.body.len() > self.max_body_bytes {
            return Err(format!(
                "an answer of {} bytes; at most {} are expected",
                answer.body.len(),
                self.max_body_bytes
            ));
        }
        match answer.fields.iter().find(|(name, _)| name == "set-cookie") {
            Some(injected) => Err(format!("a field was injected: {injected:?}")),
            None => Ok(()),
        }
    }

    fn differs(&self, statuses: &[u16], then: &str) -> String {
        format!("answered {statuses:?}, then {then}; expected {:?}", self.expected)
    }
}
