//! The program under test, and the reference server beside it.

use std::{ffi::OsStr, path::PathBuf, process::Output, time::Duration};

use run_report::{GoldenRun, TestResult};
use server_process::{Launch, ServerProcess, find_binary};
use tempfile::TempDir;
use tokio::process::Command;

pub(crate) const ADMIN_TOKEN: &str = "an-admin-token";
pub(crate) const API_TOKEN: &str = "an-api-token";

/// The reference server's program. `cargo test --workspace` builds it; a test of this crate alone does not.
pub(crate) fn server_program() -> PathBuf {
    match find_binary(None, "mock-server") {
        Ok(program) => program,
        Err(error) => panic!("{error}\nrun `cargo build -p mock-server` first, or `cargo test --workspace`"),
    }
}

/// A reference server that answers fast.
pub(crate) async fn server(args: &[&str]) -> ServerProcess {
    let launch = Launch::new(server_program())
        .args(["serve", "--listen", "127.0.0.1:0", "--voice-cost", "fast"])
        .args(args)
        .env("MOCK_SERVER_ADMIN_TOKEN", ADMIN_TOKEN);
    launch.start().await.unwrap()
}

/// One run of the program, in a directory of its own so that no baseline or case of the repository is found.
pub(crate) struct Golden {
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

impl Golden {
    pub(crate) fn new(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_golden"));
        command.args(args).current_dir(dir.path()).kill_on_drop(true);
        for name in ["GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "NO_COLOR"] {
            command.env_remove(name);
        }
        Self { dir, command }
    }

    /// Puts this repository's cases, and what is expected of them, into `cases` of its directory.
    pub(crate) fn copy_cases(&self) -> PathBuf {
        let to = self.dir.path().join("cases");
        std::fs::create_dir_all(to.join("expected")).unwrap();
        for dir in ["", "expected"] {
            let from = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("cases").join(dir);
            for entry in std::fs::read_dir(from).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    std::fs::copy(&path, to.join(dir).join(path.file_name().unwrap())).unwrap();
                }
            }
        }
        to
    }

    /// Against a server that this run starts.
    pub(crate) fn own(args: &[&str]) -> Self {
        let mut golden = Self::new(["run", "--server-arg=--voice-cost=fast"]);
        golden
            .command
            .arg("--server-bin")
            .arg(server_program())
            .args(args);
        golden
    }

    /// Against a server that runs already.
    pub(crate) fn at(base: &str, args: &[&str]) -> Self {
        let mut golden = Self::new(["run", "--api-base", base]);
        golden.command.args(args);
        golden
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) async fn ran(mut self) -> Ran {
        let output = tokio::time::timeout(Duration::from_secs(120), self.command.output()).await;
        Ran::new(self.dir, output.expect("the program ends").unwrap())
    }

    /// Starts it, for a test that looks at it while it runs. Dropping the child kills it.
    pub(crate) fn spawned(&mut self) -> tokio::process::Child {
        use std::process::Stdio;
        self.command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Starts it, sends `signal` once it says that it began, and waits for its end.
    pub(crate) async fn signaled(mut self, signal: rustix::process::Signal) -> Ran {
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
        let pid = rustix::process::Pid::from_raw(child.id().unwrap().try_into().unwrap()).unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        rustix::process::kill_process(pid, signal).unwrap();
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

    /// The result that it wrote, read strictly.
    pub(crate) fn result(&self) -> GoldenRun {
        let path = self.dir.path().join("artifacts/golden.json");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}\n{}", self.said()));
        let result = GoldenRun::from_json(&text).unwrap();
        assert_eq!(
            i32::from(result.exit_code.code()),
            self.code,
            "file and process agree\n{}",
            self.said()
        );
        result
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

pub(crate) fn test<'a>(result: &'a GoldenRun, name: &str) -> &'a TestResult {
    result
        .tests
        .iter()
        .find(|test| test.name == name)
        .unwrap_or_else(|| panic!("no test {name} in {:?}", result.tests))
}
