//! The program under test, and the reference server beside it.

use std::{ffi::OsStr, fs, path::PathBuf, process::Output, time::Duration};

use run_report::load::LoadResult;
use server_process::{Launch, ServerProcess, find_binary};
use tempfile::TempDir;
use tokio::process::Command;

pub(crate) const ADMIN_TOKEN: &str = "an-admin-token";

/// What a slow or busy machine cannot break: how late the generator sends is no matter of these tests.
const PATIENT: &str = "--max-send-lag=60s";

/// The reference server's program. `cargo test --workspace` builds it; a test of this crate alone does not.
pub(crate) fn server_program() -> PathBuf {
    match find_binary(None, "mock-server") {
        Ok(program) => program,
        Err(error) => panic!("{error}\nrun `cargo build -p mock-server` first, or `cargo test --workspace`"),
    }
}

/// A reference server that others run.
pub(crate) async fn server(args: &[&str]) -> ServerProcess {
    let launch = Launch::new(server_program())
        .args(["serve", "--listen", "127.0.0.1:0", "--voice-cost", "fast"])
        .args(args)
        .env("MOCK_SERVER_ADMIN_TOKEN", ADMIN_TOKEN);
    launch.start().await.unwrap()
}

/// A profile for tests: a second, two users, quick jobs. `more` comes before the workload.
pub(crate) fn profile(more: &str, action: &str) -> String {
    format!(
        r#"
name = "mine"
description = "a test"
start = 2
stages = [{{ lasts = "1s", to = 2 }}]
think = ["10ms", "20ms"]
{more}
[server]
voice_cost = "fast"
[workload]
mix = [{{ action = "{action}", weight = 1 }}]
[workload.jobs]
poll = "20ms"
segments = [1, 1]
library = 1
"#
    )
}

/// One run of the program, in a directory of its own.
pub(crate) struct Soak {
    pub(crate) dir: TempDir,
    pub(crate) command: Command,
}

/// What it did.
pub(crate) struct Ran {
    pub(crate) dir: TempDir,
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Soak {
    pub(crate) fn new(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        Self::by(Command::new(env!("CARGO_BIN_EXE_soak")), args)
    }

    pub(crate) fn by(mut command: Command, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        command.args(args).current_dir(dir.path()).kill_on_drop(true);
        for name in ["GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "NO_COLOR"] {
            command.env_remove(name);
        }
        Self { dir, command }
    }

    /// A profile on a server that the program starts.
    pub(crate) fn own(profile: &str, args: &[&str]) -> Self {
        let mut soak = Self::new(["load", profile, PATIENT]);
        soak.command.arg("--server-bin").arg(server_program()).args(args);
        soak
    }

    /// A profile on a server that runs already.
    pub(crate) fn at(base: &str, profile: &str, args: &[&str]) -> Self {
        let mut soak = Self::new(["load", profile, PATIENT, "--api-base", base]);
        soak.command.args(args);
        soak
    }

    /// Puts a file into its directory.
    pub(crate) fn with_file(self, name: &str, text: &str) -> Self {
        fs::write(self.dir.path().join(name), text).unwrap();
        self
    }

    pub(crate) async fn ran(mut self) -> Ran {
        let output = tokio::time::timeout(Duration::from_secs(120), self.command.output()).await;
        Ran::new(self.dir, output.expect("the program ends").unwrap())
    }
}

impl Ran {
    pub(crate) fn new(dir: TempDir, output: Output) -> Self {
        Self {
            dir,
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
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

    /// The result that it wrote, read strictly.
    pub(crate) fn result(&self, profile: &str) -> LoadResult {
        let path = self.dir.path().join(format!("artifacts/load-{profile}.json"));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}\n{}", self.said()));
        let result = LoadResult::from_json(&text).unwrap();
        assert_eq!(
            i32::from(result.exit_code.code()),
            self.code,
            "file and process agree\n{}",
            self.said()
        );
        result
    }
}
