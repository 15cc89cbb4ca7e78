//! A server that runs: where it is, whether it still lives, and how it is stopped.

use std::{fmt, io, process::ExitStatus, time::Duration};

use tokio::{process::Child, task::JoinHandle, time};

use crate::{LogTail, group::Group, launch::SHOWN_LINES};

/// The task that reads standard error.
pub(crate) type LogTask = Option<JoinHandle<()>>;

/// How long the last words of a dead server may take to arrive.
pub(crate) const LAST_WORDS_WITHIN: Duration = Duration::from_millis(500);

/// A running server. Dropping it kills the child, and whatever the child started.
#[derive(Debug)]
pub struct ServerProcess {
    program: String,
    child: Child,
    group: Group,
    pid: u32,
    base_url: String,
    log: LogTail,
    /// The task that fills the log; `None` once it is known to have ended.
    reading: Option<JoinHandle<()>>,
}

/// How a server ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    status: ExitStatus,
    last_lines: Vec<String>,
}

/// How a server was brought to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It had ended before it was asked to.
    Already,
    /// It ended when asked to, within the grace.
    Gracefully,
    /// The grace passed, and it was killed.
    Killed,
}

/// Why a server could not be stopped.
#[derive(Debug, thiserror::Error)]
#[error("stop {program} (process {pid})")]
pub struct StopError {
    program: String,
    pid: u32,
    #[source]
    source: io::Error,
}

impl ServerProcess {
    pub(crate) fn new(
        program: String,
        (child, group): (Child, Group),
        base_url: String,
        (log, reading): (LogTail, LogTask),
    ) -> Self {
        let pid = child.id().unwrap_or_default();
        Self {
            program,
            child,
            group,
            pid,
            base_url,
            log,
            reading,
        }
    }

    /// `http://ADDRESS:PORT` as the server announced it, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The child's process id.
    #[must_use]
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// Its last lines on standard error; the handle stays good after the end.
    #[must_use]
    pub const fn log(&self) -> &LogTail {
        &self.log
    }

    /// How it ended; `None` while it runs.
    pub fn exited(&mut self) -> Option<Exit> {
        let status = self.child.try_wait().ok()??;
        self.group.leader_has_ended();
        Some(Exit::new(status, self.log.last(SHOWN_LINES)))
    }

    /// Waits for its end. Cancel safe, so it can stand in a `select!` beside the work that needs the server.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub async fn wait(&mut self) -> io::Result<Exit> {
        let status = self.child.wait().await?;
        self.group.leader_has_ended();
        self.read_to_the_end().await;
        Ok(Exit::new(status, self.log.last(SHOWN_LINES)))
    }

    /// Asks it to end (SIGTERM to its whole process group), waits `grace`, and kills it if it still runs then. What it
    /// started and left behind is killed in any case.
    ///
    /// # Errors
    /// When the system refuses to signal or to wait.
    pub async fn stop(mut self, grace: Duration) -> Result<(Exit, Manner), StopError> {
        self.stop_inner(grace).await.map_err(|source| StopError {
            program: self.program.clone(),
            pid: self.pid,
            source,
        })
    }

    async fn stop_inner(&mut self, grace: Duration) -> io::Result<(Exit, Manner)> {
        if let Some(exit) = self.exited() {
            return Ok((exit, Manner::Already));
        }
        self.ask_to_end()?;
        let manner = match time::timeout(grace, self.child.wait()).await {
            Ok(status) => {
                status?;
                Manner::Gracefully
            }
            Err(_) => {
                self.group.kill();
                self.child.kill().await?;
                Manner::Killed
            }
        };
        Ok((self.wait().await?, manner))
    }

    /// The pipe may still hold its last words. A grandchild may hold the pipe open, so this is bounded.
    async fn read_to_the_end(&mut self) {
        if let Some(task) = &mut self.reading
            && time::timeout(LAST_WORDS_WITHIN, task).await.is_ok()
        {
            self.reading = None;
        }
    }

    #[cfg(unix)]
    fn ask_to_end(&self) -> io::Result<()> {
        // The child is not reaped yet, `exited` has just said so; hence the id is still its own.
        self.group.ask_to_end()
    }

    #[cfg(not(unix))]
    fn ask_to_end(&mut self) -> io::Result<()> {
        // No signal asks politely here.
        self.child.start_kill()
    }
}

impl Exit {
    pub(crate) const fn new(status: ExitStatus, last_lines: Vec<String>) -> Self {
        Self { status, last_lines }
    }

    /// What the system says.
    #[must_use]
    pub const fn status(&self) -> ExitStatus {
        self.status
    }

    /// Its last lines on standard error, oldest first.
    #[must_use]
    pub fn last_lines(&self) -> &[String] {
        &self.last_lines
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if self.last_lines.is_empty() {
            return f.write_str(", without a word on standard error");
        }
        write!(f, "; its last lines:\n{}", self.last_lines.join("\n"))
    }
}
