//! What is kept of a run that went wrong: every exchange with the target, and what the server logged. All of it is
//! bounded, and secrets are hidden before they are written.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use audio_client::Tape;
use server_process::LogTail;

use crate::write_whole;

/// One JSON object a line: a request and its answer, oldest first.
const EXCHANGES: &str = "exchanges.jsonl";
/// The server's last lines.
const SERVER_LOG: &str = "server.log";
/// The most bytes of exchanges that are written.
const MAX_EXCHANGES_BYTES: usize = 24 << 20;

/// What was seen of a target, in memory.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Requests and answers.
    pub tape: Tape,
    /// What the server logged, where this run started it.
    pub server_log: Option<LogTail>,
}

/// Where the evidence of a run lies: `golden.json` → `golden-evidence/`.
#[must_use]
pub fn dir_beside(out_json: &Path) -> PathBuf {
    let stem = out_json.file_stem().unwrap_or_default().to_string_lossy();
    out_json.with_file_name(format!("{stem}-evidence"))
}

impl Evidence {
    /// Writes it into a directory, which is made if need be.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        write_whole(&dir.join(EXCHANGES), self.exchanges()?.as_bytes())?;
        match &self.server_log {
            Some(log) => write_whole(&dir.join(SERVER_LOG), self.log(log).as_bytes()),
            None => Ok(()),
        }
    }

    /// Removes what an earlier run left there, and nothing else.
    ///
    /// # Errors
    /// What the system says, unless it says that there is nothing.
    pub fn remove(dir: &Path) -> io::Result<()> {
        for name in [EXCHANGES, SERVER_LOG] {
            match fs::remove_file(dir.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        // It may hold what others put there, and then it stays.
        let _ = fs::remove_dir(dir);
        Ok(())
    }

    fn exchanges(&self) -> io::Result<String> {
        let lines: Vec<String> = self
            .tape
            .exchanges()
            .iter()
            .map(serde_json::to_string)
            .collect::<Result<_, _>>()?;
        let mut room = MAX_EXCHANGES_BYTES;
        let fits = |line: &&String| {
            let before = room;
            room = room.saturating_sub(line.len() + 1);
            before > line.len()
        };
        let kept = lines.iter().rev().take_while(fits).count();
        let forgotten = self.tape.forgotten() + (lines.len() - kept) as u64;
        let mut text = String::new();
        if forgotten > 0 {
            text += &format!("{{\"forgotten\":{forgotten}}}\n");
        }
        for line in &lines[lines.len() - kept..] {
            text += line;
            text.push('\n');
        }
        Ok(text)
    }

    fn log(&self, log: &LogTail) -> String {
        let mut text = match log.forgotten() {
            0 => String::new(),
            n => format!("({n} older lines were let go)\n"),
        };
        for line in log.lines() {
            text += &self.tape.without_secrets(&line);
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_removed_and_nothing_else_is() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("kept");
        let evidence = Evidence {
            server_log: Some(LogTail::default()),
            ..Evidence::default()
        };
        evidence.write(&dir).unwrap();
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 2);
        fs::write(dir.join("mine"), "").unwrap();
        Evidence::remove(&dir).unwrap();
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
        fs::remove_file(dir.join("mine")).unwrap();
        Evidence::remove(&dir).unwrap();
        assert!(!dir.exists());
        Evidence::remove(&dir).unwrap();
    }
}
