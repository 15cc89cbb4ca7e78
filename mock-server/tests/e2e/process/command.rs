//! The command run to its end.

use std::process::Stdio;

use tokio::process::Command;

use crate::harness::{binary, within};

/// How a command ended and what it said.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Runs the command without anything of ours in its environment.
pub(super) async fn run(args: &[&str], env: &[(&str, &str)]) -> Done {
    let mut command = Command::new(binary());
    command
        .args(args)
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let (output, _) = within("the command ends", command.output()).await;
    let output = output.expect("started");
    Done {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}
