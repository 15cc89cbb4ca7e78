//! Servers that come up, that do not, that die, and that refuse to stop. A shell plays the server.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot read its evidence fails")]

use std::time::Duration;

use server_process::{Launch, LaunchError, Manner, ServerProcess};

const GRACE: Duration = Duration::from_secs(5);

fn shell(script: &str) -> Launch {
    Launch::new("/bin/sh")
        .args(["-c", script])
        .ready_within(Duration::from_secs(5))
}

async fn started(script: &str) -> ServerProcess {
    shell(script).start().await.expect("it listens")
}

fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // A zombie waits for nobody but its parent.
    !stat.is_empty() && !stat.contains(") Z ")
}

/// proc(5): the fifth field of `stat`, two behind the bracketed name.
fn process_group(pid: u32) -> u32 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit(") ")
        .next()
        .unwrap()
        .split(' ')
        .nth(2)
        .unwrap()
        .parse()
        .unwrap()
}

#[tokio::test]
async fn a_server_is_known_by_the_line_that_it_prints_among_others() {
    let script = "echo starting; echo 'listening on nothing yet'; echo 'listening on http://127.0.0.1:4711'; exec sleep 60";
    let server = started(script).await;
    assert_eq!(server.base_url(), "http://127.0.0.1:4711");
    assert!(is_alive(server.pid()));
    assert_eq!(
        process_group(server.pid()),
        server.pid(),
        "an interrupt at the terminal must not reach it"
    );
    let pid = server.pid();
    let (exit, manner) = server.stop(GRACE).await.unwrap();
    assert_eq!(manner, Manner::Gracefully);
    assert!(!exit.status().success(), "sleep ends by the signal");
    assert!(!is_alive(pid));
}

#[tokio::test]
async fn a_server_that_heeds_the_signal_ends_with_its_own_status() {
    // The whole group is asked, and a shell reports the end of a child; so this one waits without any.
    let script = "trap 'echo bye >&2; exit 7' TERM; echo 'listening on http://h:1'; while :; do :; done";
    let (exit, manner) = started(script).await.stop(GRACE).await.unwrap();
    assert_eq!((exit.status().code(), manner), (Some(7), Manner::Gracefully));
    assert_eq!(exit.last_lines(), ["bye"]);
}

#[tokio::test]
async fn a_server_that_ignores_the_signal_is_killed_after_the_grace() {
    let script = "trap '' TERM; echo 'listening on http://h:1'; while :; do sleep 0.05; done";
    let server = started(script).await;
    let pid = server.pid();
    let (_, manner) = server.stop(Duration::from_millis(200)).await.unwrap();
    assert_eq!(manner, Manner::Killed);
    assert!(!is_alive(pid));
}

#[tokio::test]
async fn a_server_that_dies_early_is_noticed_with_its_status_and_last_words() {
    let mut server = started("echo 'listening on http://h:1'; echo 'out of luck' >&2; exit 3").await;
    let exit = server.wait().await.unwrap();
    assert_eq!(exit.status().code(), Some(3));
    assert!(exit.to_string().ends_with("out of luck"), "{exit}");
    assert_eq!(server.exited().unwrap().status().code(), Some(3));
    let (_, manner) = server.stop(GRACE).await.unwrap();
    assert_eq!(manner, Manner::Already);
}

#[tokio::test]
async fn a_server_that_ends_before_it_listens_is_an_error_with_its_last_words() {
    let error = shell("echo 'port taken' >&2; exit 2").start().await.unwrap_err();
    assert!(matches!(error, LaunchError::Died { .. }));
    let text = error.to_string();
    assert!(
        text.contains("exit status: 2") && text.contains("port taken"),
        "{text}"
    );
}

#[tokio::test]
async fn a_server_that_never_listens_is_given_up_and_killed() {
    let launch = shell("echo $$ >&2; exec sleep 60").ready_within(Duration::from_millis(300));
    let error = launch.start().await.unwrap_err();
    let LaunchError::Silent { log, .. } = &error else {
        panic!("{error}")
    };
    assert!(!is_alive(log.trim().parse().unwrap()));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let error = Launch::new("/nonexistent/server").start().await.unwrap_err();
    assert_eq!(error.to_string(), "start /nonexistent/server");
}

#[tokio::test]
async fn dropping_the_handle_kills_the_server() {
    let server = started("echo 'listening on http://h:1'; exec sleep 60").await;
    let pid = server.pid();
    drop(server);
    for _ in 0..200 {
        if !is_alive(pid) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("process {pid} still runs");
}

#[tokio::test]
async fn a_talkative_server_does_not_block_on_its_own_output() {
    let script = "echo 'listening on http://h:1'; i=0; while [ $i -lt 3000 ]; do echo out-$i-0123456789012345678901234567890123456789; echo err-$i >&2; i=$((i+1)); done; exit 5";
    let mut server = started(script).await;
    let exit = tokio::time::timeout(Duration::from_secs(20), server.wait())
        .await
        .expect("not blocked")
        .unwrap();
    assert_eq!(exit.status().code(), Some(5));
    assert_eq!(server.log().last(1), ["err-2999"]);
    assert_eq!(server.log().forgotten(), 1_000);
}

#[tokio::test]
async fn a_server_that_prints_nothing_is_known_by_the_connection_that_it_accepts() {
    // Somebody else's socket stands in for the server's own, so that no tool is needed to listen.
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let server = shell("exec sleep 60").listens_at(address).start().await.unwrap();
    assert_eq!(server.base_url(), format!("http://{address}"));
    drop(server);
    // Bound and never listening, so that nobody else can take the port and nobody accepts there.
    let deaf = tokio::net::TcpSocket::new_v4().unwrap();
    deaf.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = deaf.local_addr().unwrap();
    let elsewhere = "echo 'listening on http://127.0.0.1:4711'; exec sleep 60";
    let server = shell(elsewhere).listens_at(address).start().await.unwrap();
    assert_eq!(server.base_url(), "http://127.0.0.1:4711", "what it says counts");
    let error = shell("exit 4").listens_at(address).start().await.unwrap_err();
    assert!(
        matches!(&error, LaunchError::Died { exit, .. } if exit.status().code() == Some(4)),
        "{error}"
    );
    let silent = shell("exec sleep 60")
        .listens_at(address)
        .ready_within(Duration::from_millis(100));
    let error = silent.start().await.unwrap_err().to_string();
    assert!(
        error.contains(&format!("or accept a connection at {address}")),
        "{error}"
    );
}

/// The pid that a script's child wrote.
async fn pid_in(file: &std::path::Path) -> u32 {
    loop {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if let Ok(pid) = text.trim().parse() {
            return pid;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn ends(pid: u32) {
    while is_alive(pid) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn what_a_wrapper_started_ends_with_it_however_it_ends() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pid");
    let wrapper = format!(
        "sleep 60 & echo $! >'{}'; echo 'listening on http://h:1'; wait",
        file.display()
    );
    let stopped = started(&wrapper).await;
    let grandchild = pid_in(&file).await;
    stopped.stop(GRACE).await.unwrap();
    ends(grandchild).await;

    std::fs::remove_file(&file).unwrap();
    let dropped = started(&wrapper).await;
    let grandchild = pid_in(&file).await;
    drop(dropped);
    ends(grandchild).await;

    std::fs::remove_file(&file).unwrap();
    let mut died = started(&wrapper.replace("wait", "exit 0")).await;
    let grandchild = pid_in(&file).await;
    died.wait().await.unwrap();
    ends(grandchild).await;
}
