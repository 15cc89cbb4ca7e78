//! One case: what is done to a server, and whether the server withstands it.

use std::{fmt, path::Path, pin::Pin, time::Duration};

use tokio::time::{self, Instant};

use crate::{
    bystander::{Asks, Bystander, Latency},
    subject::{Subject, SubjectError},
};

/// What a case does. Says what it got, or what is not as it should be.
pub type Doing<'a> = Pin<Box<dyn Future<Output = Result<String, String>> + 'a>>;

/// One row of the table.
pub struct Case {
    /// Its name.
    pub name: String,
    /// What is sent.
    pub sends: String,
    /// What must come back.
    pub expects: String,
    /// The server's flags.
    pub flags: Vec<String>,
    /// What the server may come to hold.
    pub memory: Memory,
    /// What the bystander asks for.
    pub asks: Asks,
    /// Does it.
    pub run: Box<dyn for<'a> Fn(&'a Subject) -> Doing<'a>>,
}

/// How much memory a case may cost, from the limits that hold in it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    /// Connections that are open at a time.
    pub connections: u64,
    /// What one connection may hold beyond what every one does.
    pub each_bytes: u64,
    /// What all of them together may make the server keep.
    pub kept_bytes: u64,
}

/// Every connection: its task, its buffers for reading and writing, and its socket's share.
const CONNECTION_BYTES: u64 = 24 << 10;
/// What the allocator may hold on to, whatever is done.
const SLACK_BYTES: u64 = 24 << 20;

/// What a bystander may be slowed down to: so many times its quiet p99, and a second more. The abuse and the server
/// share this machine's cores, perhaps with others, and a thread that has to wait for a core for some hundred milliseconds
/// says nothing of the server. A server that lets the bystander wait for those who misbehave, for one of its deadlines
/// or for a queue of thousands, is beyond that.
const SLOWER: u32 = 20;
const SLOWER_BY: Duration = Duration::from_secs(1);

/// How long the quiet bystander is listened to.
const QUIET: Duration = Duration::from_millis(500);

/// What came of a case.
#[derive(Debug)]
pub struct Outcome {
    /// The case's name.
    pub name: String,
    /// What was sent.
    pub sends: String,
    /// What must come back.
    pub expects: String,
    /// What came back.
    pub got: String,
    /// Resident memory before, at its peak and after, and the most that the peak may be above the first, in bytes.
    pub memory_bytes: [u64; 4],
    /// The bystander before and during it; `None` when it failed.
    pub bystander: Option<[Latency; 2]>,
    /// What is not as it should be.
    pub failures: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

impl Memory {
    /// The most that a case may add to the server's memory, in bytes.
    #[must_use]
    pub const fn bound_bytes(self) -> u64 {
        SLACK_BYTES + self.connections * (CONNECTION_BYTES + self.each_bytes) + self.kept_bytes
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Case {
    /// The same case, beside a bystander that asks for this.
    #[must_use]
    pub fn beside(self, asks: Asks) -> Self {
        Self { asks, ..self }
    }

    /// Runs the case against a server of its own.
    ///
    /// # Errors
    /// When there is no server to run it against.
    pub async fn run(&self, binary: &Path) -> Result<Outcome, SubjectError> {
        let flags: Vec<&str> = self.flags.iter().map(String::as_str).collect();
        let mut subject = Subject::start(binary, &flags).await?;
        let quiet = Bystander::start(&subject.target, self.asks).map_err(SubjectError::Quiet)?;
        time::sleep(QUIET).await;
        let quiet = tokio::task::block_in_place(|| quiet.stop()).map_err(SubjectError::Quiet)?;
        let start = Instant::now();
        let before = subject.resident_bytes().map_err(SubjectError::Quiet)?;
        subject.forget_peak();
        let bystander = Bystander::start(&subject.target, self.asks).map_err(SubjectError::Quiet)?;
        let done = (self.run)(&subject).await;
        let during = tokio::task::block_in_place(|| bystander.stop());
        let settled = subject.settled().await;
        let bound = self.memory.bound_bytes();
        let mut failures = Vec::new();
        let after = subject
            .peak_bytes()
            .and_then(|peak| Ok([peak, subject.resident_bytes()?]));
        let [peak, left] = after.unwrap_or_else(|error| {
            failures.push(error);
            [0; 2]
        });
        let memory_bytes = [before, peak, left, bound];
        if peak > before + bound {
            failures.push("memory beyond its bound".to_owned());
        }
        failures.extend(settled.err());
        match &during {
            Ok(during) if during.p99 > quiet.p99 * SLOWER + SLOWER_BY => {
                failures.push(format!("the bystander's p99 was {:?}", during.p99));
            }
            Ok(_) => {}
            Err(error) => failures.push(error.clone()),
        }
        let got = done.unwrap_or_else(|error| {
            failures.insert(0, error);
            "not as expected".to_owned()
        });
        Ok(Outcome {
            name: self.name.clone(),
            sends: self.sends.clone(),
            expects: self.expects.clone(),
            got,
            memory_bytes,
            bystander: during.ok().map(|during| [quiet, during]),
            failures,
            took: start.elapsed(),
        })
    }
}
