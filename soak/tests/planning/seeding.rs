//! `soak seed` into a real server.

use std::time::Duration;

use server_process::ServerProcess;
use test_support::{Ran, Run, server_program};

use crate::program::Soak;

async fn server(args: &[&str]) -> ServerProcess {
    test_support::server(&[&["--voice-cost", "zero"], args].concat()).await
}

/// Two organisations of two users into a server that runs already.
async fn seed(base: &str, more: &[&str]) -> Ran {
    let mut args = vec!["seed", "--api-base", base, "--orgs=2", "--users=2"];
    if !more.iter().any(|arg| arg.starts_with("--retains")) {
        args.push("--retains=1000");
    }
    args.extend(more);
    Run::of(env!("CARGO_BIN_EXE_soak"), args).ran().await
}

/// What is there is told by the second in which it came.
async fn next_second() {
    tokio::time::sleep(Duration::from_millis(1_100)).await;
}

#[tokio::test]
async fn what_is_there_is_found_and_what_is_missing_is_made() {
    let server = server(&[]).await;
    let base = server.base_url();
    seed(base, &["--recordings=3"])
        .await
        .exited(0)
        .says("has 6 jobs: 6 created, 0 found");
    next_second().await;
    seed(base, &["--recordings=3"])
        .await
        .exited(0)
        .says("has 6 jobs: 0 created, 6 found");
    // What was cut short, or scaled down, goes on.
    seed(base, &["--recordings=5"])
        .await
        .exited(0)
        .says("has 10 jobs: 4 created, 6 found");
    next_second().await;
    seed(base, &["--recordings=3", "--seed=2"])
        .await
        .exited(0)
        .says("has 6 jobs: 6 created, 0 found");
}

#[tokio::test]
async fn a_busy_server_is_waited_for() {
    let slow = ["--max-active-jobs=1", "--fault=synth:sleep=100ms"];
    let server = server(&slow).await;
    let ran = seed(server.base_url(), &["--recordings=2", "--concurrency=4"]).await;
    ran.exited(0).says("has 4 jobs: 4 created");
    assert!(!ran.stdout.contains("; 0 times told to wait"), "{}", ran.stdout);
    let impatient = [
        "--recordings=4",
        "--seed=2",
        "--concurrency=4",
        "--patience=100ms",
    ];
    seed(server.base_url(), &impatient)
        .await
        .exited(4)
        .says("run it again to go on");
}

#[tokio::test]
async fn a_server_that_keeps_fewer_is_refused_and_found_out() {
    let server = server(&["--retain-jobs=2"]).await;
    let base = server.base_url();
    seed(base, &["--recordings=3", "--retains=5"])
        .await
        .exited(4)
        .says("--retains 5: the server keeps fewer jobs than the 6");
    seed(base, &["--recordings=3", "--retains=6"])
        .await
        .exited(1)
        .says("the server kept fewer jobs than were loaded");
}

#[test]
fn a_server_that_is_started_is_given_enough_room() {
    let soak = Soak::new();
    let server = server_program();
    let server = format!("--server-bin={}", server.display());
    let small = ["seed", "--orgs=2", "--recordings=2", server.as_str()];
    soak.run(&small).exited(0).says("has 4 jobs: 4 created, 0 found");
    soak.run(&[small.as_slice(), &["--server-arg=--retain-jobs=3"]].concat())
        .exited(4)
        .says("--retain-jobs 3: the server keeps fewer jobs than the 4");
}

#[test]
fn what_cannot_be_meant_or_reached_says_why() {
    let soak = Soak::new();
    soak.run(&["seed", "--api-base", "http://127.0.0.1:1"])
        .exited(4)
        .says("--retains N");
    soak.run(&[
        "seed",
        "--api-base",
        "http://127.0.0.1:1",
        "--retains=20000",
        "--timeout-health=100ms",
    ])
    .exited(4)
    .says("http://127.0.0.1:1");
    soak.run(&["seed", "--orgs=0"]).exited(2).says("--orgs");
    soak.run(&["seed", "--retains=5"]).exited(2);
}
