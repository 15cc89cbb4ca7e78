//! One run of a program, and what it did.

use std::{
    ffi::OsStr,
    fmt::Debug,
    process::{Command, Output, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Child,
};

use crate::{Folder, server_program};

/// Far beyond what a run of a test takes.
const PATIENCE: Duration = Duration::from_secs(120);
/// What would change what a program says, and where.
const OF_THE_CALLER: [&str; 4] = [
    "CANDIDATE_FILE",
    "GITHUB_ACTIONS",
    "GITHUB_STEP_SUMMARY",
    "NO_COLOR",
];

/// One run of a program, in a directory of its own so that it finds no file of the repository.
#[derive(Debug)]
pub struct Run {
    /// Where it runs.
    pub dir: Folder,
    command: Command,
}

/// What it did.
#[derive(Debug)]
pub struct Ran {
    /// Where it ran.
    pub dir: Folder,
    /// Its exit code; -1 when a signal ended it.
    pub code: i32,
    /// All of its standard output.
    pub stdout: String,
    /// All of its standard error.
    pub stderr: String,
}

impl Run {
    /// A run in a new directory.
    #[must_use]
    pub fn of(program: &str, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        Self::within(&Folder::new(), program, args)
    }

    /// A run in this directory.
    #[must_use]
    pub fn within(dir: &Folder, program: &str, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let mut command = Command::new(program);
        command.args(args).current_dir(dir.path());
        for name in OF_THE_CALLER {
            command.env_remove(name);
        }
        let dir = dir.clone();
        Self { dir, command }
    }

    /// With further arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// With the flag that names the reference server's program.
    #[must_use]
    pub fn with_server(self) -> Self {
        self.args(["--server-bin".into(), server_program()])
    }

    /// With a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// With a file in its directory.
    #[must_use]
    pub fn with_file(self, name: &str, text: &str) -> Self {
        self.dir.write(name, text);
        self
    }

    /// Runs it to its end, in a test without a runtime.
    #[must_use]
    pub fn waited(mut self) -> Ran {
        let output = self.command.output().unwrap();
        Ran::new(self.dir, output)
    }

    /// Runs it to its end.
    pub async fn ran(self) -> Ran {
        let mut command = tokio::process::Command::from(self.command);
        let output = tokio::time::timeout(PATIENCE, command.kill_on_drop(true).output()).await;
        Ran::new(self.dir, output.expect("the program ends").unwrap())
    }

    /// Starts it, for a test that looks at it while it runs. Dropping the child kills it.
    #[must_use]
    pub fn spawned(self) -> (Folder, Child) {
        let child = tokio::process::Command::from(self.command)
            .kill_on_drop(true)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        (self.dir, child.unwrap())
    }

    /// Starts it, does something to it once it has said its first line on standard error, and waits for its end.
    pub async fn disturbed(self, disturb: impl AsyncFnOnce(Pid)) -> Ran {
        let mut child = tokio::process::Command::from(self.command)
            .kill_on_drop(true)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut stderr = lines.next_line().await.unwrap().unwrap();
        disturb(Pid::from_raw(child.id().unwrap().try_into().unwrap()).unwrap()).await;
        let rest = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                stderr.push('\n');
                stderr.push_str(&line);
            }
            child.wait_with_output().await.unwrap()
        };
        let output = tokio::time::timeout(PATIENCE, rest)
            .await
            .expect("the program ends");
        Ran {
            stderr,
            ..Ran::new(self.dir, output)
        }
    }

    /// Starts it, sends `signal` a moment after it said that it began, and waits for its end.
    pub async fn signaled(self, signal: Signal) -> Ran {
        self.disturbed(async |pid| {
            tokio::time::sleep(Duration::from_millis(200)).await;
            kill_process(pid, signal).unwrap();
        })
        .await
    }
}

impl Ran {
    fn new(dir: Folder, output: Output) -> Self {
        Self {
            dir,
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// All that it said, for the message of a test that fails.
    #[must_use]
    pub fn said(&self) -> String {
        let Self {
            code, stdout, stderr, ..
        } = self;
        format!("exit code {code}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }

    /// It must have ended with this code.
    #[track_caller]
    pub fn exited(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "{}", self.said());
        self
    }

    /// It must have said this.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(self.said().contains(text), "{text:?} is not in\n{}", self.said());
        self
    }

    /// A result that it wrote, read strictly; the process must have ended with the result's code.
    #[track_caller]
    pub fn stored<T, E: Debug>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
        code: impl FnOnce(&T) -> u8,
    ) -> T {
        let text = std::fs::read_to_string(self.dir.join(name));
        let result = read(&text.unwrap_or_else(|error| panic!("{name}: {error}\n{}", self.said()))).unwrap();
        assert_eq!(
            i32::from(code(&result)),
            self.code,
            "file and process agree\n{}",
            self.said()
        );
        result
    }
}
