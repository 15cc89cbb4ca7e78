//! The program under test, and the reference server beside it.

use std::{path::PathBuf, process::Output, time::Duration};

use run_report::{Invariant, SoakRun};
use server_process::{Launch, ServerProcess, find_binary};
use tempfile::TempDir;
use tokio::process::Command;

/// The reference server's program. `cargo test --workspace` builds it; a test of this crate alone does not.
pub(crate) fn server_program() -> PathBuf {
    match find_binary(None, "mock-server") {
        Ok(program) => program,
        Err(error) => panic!("{error}\nrun `cargo build -p mock-server` first, or `cargo test --workspace`"),
    }
}

/// A reference server that somebody else started.
pub(crate) async fn server(args: &[&str]) -> ServerProcess {
    let launch = Launch::new(server_program())
        .args(["serve", "--listen", "127.0.0.1:0", "--voice-cost", "fast"])
        .args(args);
    launch.start().await.unwrap()
}

/// One run of the program, in a directory of its own.
pub(crate) struct Soak {
    pub(crate) dir: TempDir,
    command: Command,
}

/// What it did.
pub(crate) struct Ran {
    pub(crate) dir: TempDir,
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Soak {
    pub(crate) fn new(args: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_soak"));
        command.args(args).current_dir(dir.path()).kill_on_drop(true);
        for name in ["GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "NO_COLOR"] {
            command.env_remove(name);
        }
        Self { dir, command }
    }

    /// A short soak of a server that it starts, judged by its invariants.
    pub(crate) fn short(args: &[&str]) -> Self {
        let mut soak = Self::new(&["run", "--server-arg=--voice-cost=fast"]);
        soak.command.arg("--server-bin").arg(server_program());
        soak.command.args([
            "--duration=2s",
            "--window=700ms",
            "--cancel-every=2",
            "--accept-insufficient-leak-check",
        ]);
        soak.command.args(args);
        soak
    }

    pub(crate) async fn ran(mut self) -> Ran {
        let output = tokio::time::timeout(Duration::from_secs(120), self.command.output()).await;
        Ran::new(self.dir, output.expect("the program ends").unwrap())
    }

    /// Starts it, does something once it has told its first window, and waits for its end.
    pub(crate) async fn disturbed(mut self, disturb: impl FnOnce(u32)) -> Ran {
        use std::process::Stdio;
        use tokio::io::{AsyncBufReadExt, BufReader};

        let mut child = self
            .command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut stderr = lines.next_line().await.unwrap().unwrap();
        disturb(child.id().unwrap());
        while let Some(line) = lines.next_line().await.unwrap() {
            stderr = stderr + "\n" + &line;
        }
        let mut ran = Ran::new(self.dir, child.wait_with_output().await.unwrap());
        ran.stderr = stderr;
        ran
    }
}

impl Ran {
    fn new(dir: TempDir, output: Output) -> Self {
        Self {
            dir,
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The result that it wrote, read strictly. Its page is there too.
    pub(crate) fn result(&self) -> SoakRun {
        let path = self.dir.path().join("artifacts/soak.json");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}\n{}", self.said()));
        let result = SoakRun::from_json(&text).unwrap();
        assert_eq!(
            i32::from(result.exit_code.code()),
            self.code,
            "file and process agree\n{}",
            self.said()
        );
        assert!(path.with_extension("html").is_file());
        result
    }

    /// A file of the evidence.
    pub(crate) fn evidence(&self, name: &str) -> String {
        let path = self.dir.path().join("artifacts/soak-evidence").join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}\n{}", self.said()))
    }

    pub(crate) fn said(&self) -> String {
        format!(
            "exit code {}\n--- stdout\n{}\n--- stderr\n{}",
            self.code, self.stdout, self.stderr
        )
    }

    #[track_caller]
    pub(crate) fn exited(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "{}", self.said());
        self
    }
}

/// The broken invariants, each once.
pub(crate) fn broken(result: &SoakRun) -> Vec<Invariant> {
    let mut all: Vec<Invariant> = result.failures.iter().map(|failure| failure.invariant).collect();
    all.sort_unstable();
    all.dedup();
    all
}
