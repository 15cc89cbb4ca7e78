//! The server under abuse: the real binary, what it holds, and whether it is well.

use std::{fs, path::Path, time::Duration};

use procfs::process::Process;
use serde_json::{Value, json};
use server_process::{Launch, LaunchError, ServerProcess};
use tokio::time::{self, Instant};

use crate::{
    exchange::Target,
    wire::{Answer, PATIENCE, Wire},
};

const ADMIN_TOKEN: &str = "abuse-admin-token";

/// A running server; it dies with this value.
#[derive(Debug)]
pub struct Subject {
    process: ServerProcess,
    figures: Process,
    /// What it is asked for.
    pub target: Target,
    /// Descriptors that it had open when it had nothing to do.
    idle_descriptors: usize,
}

/// Why there is nothing to abuse.
#[derive(Debug, thiserror::Error)]
pub enum SubjectError {
    /// The server did not start.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// Its figures cannot be read.
    #[error("read the server's figures under /proc")]
    Figures(#[from] procfs::ProcError),
    /// It does not do what a quiet server does.
    #[error("the quiet server: {0}")]
    Quiet(String),
}

impl Subject {
    /// A server with these flags, a finished job, and nothing to do.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start(binary: &Path, flags: &[&str]) -> Result<Self, SubjectError> {
        let process = Launch::new(binary)
            .arg("serve")
            .args(flags)
            .env("MOCK_SERVER_LISTEN", "127.0.0.1:0")
            .env("MOCK_SERVER_VOICE_COST", "zero")
            .env("MOCK_SERVER_ADMIN_TOKEN", ADMIN_TOKEN)
            .env("MOCK_SERVER_LOG", "warn")
            .start()
            .await?;
        let address = process.base_url().trim_start_matches("http://").to_owned();
        let figures = Process::new(i32::try_from(process.pid()).unwrap_or_default())?;
        let mut this = Self {
            process,
            figures,
            target: Target {
                address,
                job: String::new(),
                admin_token: ADMIN_TOKEN.to_owned(),
            },
            idle_descriptors: 0,
        };
        this.target.job = this
            .finished_job("A quiet sentence.")
            .await
            .map_err(SubjectError::Quiet)?;
        // The first requests open what stays open.
        time::sleep(Duration::from_millis(50)).await;
        this.idle_descriptors = this.descriptors().map_err(SubjectError::Quiet)?;
        Ok(this)
    }

    /// The id of a job of this text that is complete.
    ///
    /// # Errors
    /// When it is refused, or does not end as complete.
    pub async fn finished_job(&self, text: &str) -> Result<String, String> {
        let job = self.submit(text).await?;
        let path = format!("/v1/tts/jobs/{job}");
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = self.get(&path).await?.json()["manifest"]["status"].take();
            match status.as_str() {
                Some("complete") => return Ok(job),
                Some("queued" | "in_progress") if Instant::now() < deadline => {
                    time::sleep(Duration::from_millis(20)).await;
                }
                _ => return Err(format!("a job ended as {status}")),
            }
        }
    }

    /// The id of an accepted job of this text.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn submit(&self, text: &str) -> Result<String, String> {
        let answer = self
            .send("POST", "/v1/tts/jobs", Some(json!({ "text": text })))
            .await?;
        let id = answer.json()["job_id"].take();
        id.as_str()
            .map(str::to_owned)
            .ok_or_else(|| format!("a submit was answered with {}", answer.status))
    }

    /// One GET on a connection of its own.
    ///
    /// # Errors
    /// When it is not answered.
    pub async fn get(&self, path: &str) -> Result<Answer, String> {
        self.send("GET", path, None).await
    }

    /// One request on a connection of its own.
    ///
    /// # Errors
    /// When it is not answered.
    pub async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Result<Answer, String> {
        let mut wire = self.connect().await?;
        wire.send(&self.request(method, path, body.as_ref())).await;
        wire.answer(method)
            .await
            .map_err(|error| format!("{method} {path}: {error}"))
    }

    /// The bytes of a request.
    #[must_use]
    pub fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Vec<u8> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let host = &self.target.address;
        format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }

    /// A connection.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn connect(&self) -> Result<Wire, String> {
        Wire::connect(&self.target.address)
            .await
            .map_err(|error| format!("connect: {error}"))
    }

    /// Resident memory now, in bytes.
    ///
    /// # Errors
    /// When the system does not tell, as of a server that died.
    pub fn resident_bytes(&self) -> Result<u64, String> {
        let kib = self.figures.status().map(|status| status.vmrss);
        match kib {
            Ok(Some(kib)) => Ok(kib << 10),
            other => Err(format!("the server's memory cannot be read: {other:?}")),
        }
    }

    /// The most resident memory since [`Self::forget_peak`], in bytes.
    ///
    /// # Errors
    /// When the system does not tell, as of a server that died.
    pub fn peak_bytes(&self) -> Result<u64, String> {
        let kib = self.figures.status().map(|status| status.vmhwm);
        match kib {
            Ok(Some(kib)) => Ok(kib << 10),
            other => Err(format!("the server's memory cannot be read: {other:?}")),
        }
    }

    /// Has the system count the peak anew (`proc_pid_clear_refs(5)`).
    pub fn forget_peak(&self) {
        // Where it is not allowed the peak is one since the start, which is only stricter.
        let _ = fs::write(format!("/proc/{}/clear_refs", self.process.pid()), "5");
    }

    fn descriptors(&self) -> Result<usize, String> {
        let count = self.figures.fd_count();
        count.map_err(|error| format!("the server's descriptors cannot be counted: {error}"))
    }

    /// Waits until the server has nothing left of what was done to it.
    ///
    /// # Errors
    /// Says what is left, or that it died.
    pub async fn settled(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(exit) = self.process.exited() {
                return Err(format!("the server died: {exit}"));
            }
            let left = self.left().await;
            if left.is_ok() || Instant::now() > deadline {
                return left;
            }
            time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn left(&self) -> Result<(), String> {
        let status = self.get("/v1/admin/status").await?.json();
        let active = status["active_jobs"]
            .as_u64()
            .ok_or("no active_jobs in the status")?;
        if active != 0 {
            return Err(format!("{active} jobs are still active"));
        }
        // The connection of that question has to go first.
        time::sleep(Duration::from_millis(20)).await;
        let open = self.descriptors()?;
        if open > self.idle_descriptors {
            return Err(format!(
                "{open} descriptors are open, {} were",
                self.idle_descriptors
            ));
        }
        Ok(())
    }
}
