//! The limit of open descriptors: raised, named, and no more promised than it holds.

use std::process::Stdio;

use crate::harness::{binary, eventually};

/// `mock-server serve` with these flags under a limit of the shell's.
fn limited(limit: &str, flags: &str) -> tokio::process::Command {
    let mut command = tokio::process::Command::new("sh");
    let serve = format!("{limit} && exec \"$0\" serve --listen 127.0.0.1:0 {flags}");
    command
        .args(["-c", &serve])
        .arg(binary())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

#[tokio::test]
async fn more_connections_than_descriptors_hold_are_refused_by_name() {
    let done = limited("ulimit -n 512", "--max-connections 5000")
        .output()
        .await
        .expect("run");
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(4), "{said}");
    for word in ["--max-connections is 5000", "512", "ulimit -Hn"] {
        assert!(said.contains(word), "{word} is not in {said}");
    }
}

#[tokio::test]
async fn the_default_is_what_descriptors_hold_and_the_log_names_both() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("log");
    let log = std::fs::File::create(&path).expect("a file");
    // The soft limit is lower than the hard one, and raised.
    let mut child = limited("ulimit -Sn 64 && ulimit -Hn 1000", "--log info")
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("started");
    let said = eventually("the log names the limit", async || {
        let said = std::fs::read_to_string(&path).expect("a log");
        said.contains("descriptor_limit").then_some(said)
    })
    .await;
    child.kill().await.expect("killed");
    assert!(said.contains("descriptor_limit=1000"), "{said}");
    assert!(said.contains("max_connections=872"), "{said}");
}
