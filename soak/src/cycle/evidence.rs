//! What is kept of the first broken invariant: the exchanges of its job, the server's figures before and after, the server's
//! log. It is taken as soon as it is known, for the tape and the log go on.

use std::{
    collections::VecDeque,
    io,
    path::{Path, PathBuf},
};

use audio_client::Tape;
use jiff::Timestamp;
use run_context::{Evidence, ServerFigures, dir_beside, write_whole};
use run_report::Violation;
use serde::Serialize;
use server_process::LogTail;

use super::{look, steps::Cycle};

/// Looks that are kept from before a violation.
const BEFORE: usize = 10;
/// Looks that are kept from after it.
const AFTER: usize = 5;
/// The violation with the server's figures around it.
const VIOLATION: &str = "violation.json";

/// Waits for the first broken invariant and keeps what was around it.
#[derive(Debug)]
pub(super) struct Keeper {
    dir: PathBuf,
    tape: Tape,
    log: Option<LogTail>,
    before: VecDeque<Sight>,
    found: Option<Found>,
}

/// The server at one moment.
#[derive(Debug, Clone, Serialize)]
struct Sight {
    at: Timestamp,
    status: audio_api::StatusSnapshot,
    metrics: std::collections::BTreeMap<String, f64>,
}

#[derive(Debug, Serialize)]
struct Found {
    violation: Violation,
    before: Vec<Sight>,
    after: Vec<Sight>,
}

impl Keeper {
    /// Beside the result; what an earlier run left there is removed.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn beside(out_json: &Path, tape: Tape, log: Option<LogTail>) -> io::Result<Self> {
        let dir = dir_beside(out_json);
        Self::clear(&dir)?;
        Ok(Self {
            dir,
            tape,
            log,
            before: VecDeque::new(),
            found: None,
        })
    }

    /// Removes what an earlier run left, and nothing else.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn clear(dir: &Path) -> io::Result<()> {
        match std::fs::remove_file(dir.join(VIOLATION)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Evidence::remove(dir)
    }

    /// Takes a look at the server.
    ///
    /// # Errors
    /// What the system says when evidence cannot be written.
    pub(super) fn look(&mut self, figures: &ServerFigures) -> io::Result<()> {
        let sight = Sight {
            at: Timestamp::now(),
            status: figures.status.clone(),
            metrics: figures.metrics.clone(),
        };
        match &mut self.found {
            Some(found) if found.after.len() < AFTER => {
                found.after.push(sight);
                self.write()
            }
            Some(_) => Ok(()),
            None => {
                self.before.push_back(sight);
                if self.before.len() > BEFORE {
                    self.before.pop_front();
                }
                Ok(())
            }
        }
    }

    /// Keeps what was around the first violation, once there is one.
    ///
    /// # Errors
    /// What the system says when it cannot be written.
    pub(super) fn first(&mut self, violation: Option<Violation>) -> io::Result<()> {
        let (None, Some(violation)) = (&self.found, violation) else {
            return Ok(());
        };
        let part = violation.cycle.map_or_else(|| look::PART.to_owned(), Cycle::part);
        let evidence = Evidence {
            tape: self.tape.of_part(&part),
            server_log: self.log.clone(),
        };
        evidence.write(&self.dir)?;
        self.found = Some(Found {
            violation,
            before: self.before.drain(..).collect(),
            after: Vec::new(),
        });
        self.write()
    }

    /// Where it lies; `None` when there is none.
    pub(super) fn kept(&self) -> Option<String> {
        self.found.is_some().then(|| self.dir.display().to_string())
    }

    fn write(&self) -> io::Result<()> {
        let text = serde_json::to_string_pretty(&self.found)?;
        write_whole(
            &self.dir.join(VIOLATION),
            self.tape.without_secrets(&text).as_bytes(),
        )
    }
}
