//! `--data-dir`: audio outlives the process, and what was damaged meanwhile is made anew.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rstest::rstest;

use crate::harness::{Server, decode, script};

/// Every file below a directory.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir)
        .expect("readable")
        .map(|entry| entry.expect("readable").path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

async fn serving(dir: &Path) -> Server {
    Server::start(&["--data-dir", &dir.display().to_string()]).await
}

#[tokio::test]
async fn audio_is_still_there_after_a_restart() {
    let dir = tempfile::tempdir().expect("a directory");
    let text = script("tomorrow", 2);
    let server = serving(dir.path()).await;
    let job = server.submit(&text).await;
    let before = job.complete().await;
    let (segment, merged) = (job.segment(1).await.body, job.merged().await.body);
    server.stop().await;
    let server = serving(dir.path()).await;
    let job = server.submit(&text).await;
    let after = job.complete().await;
    for index in 0..2 {
        let (before, after) = (&before["segments"][index], &after["segments"][index]);
        assert_eq!(after["cached"], true);
        for same in ["cache_key", "duration_ms", "size_bytes"] {
            assert_eq!(before[same], after[same], "{same}");
        }
    }
    assert!(
        job.segment(1).await.body == segment && job.merged().await.body == merged,
        "other bytes"
    );
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_made() {
    let dir = tempfile::tempdir().expect("a directory");
    let deep = dir.path().join("not/yet");
    let server = serving(&deep).await;
    server.submit("First.").await.complete().await;
    assert_eq!(files(&deep).len(), 1);
}

#[rstest]
#[case::emptied(|_: &[u8]| Vec::new())]
#[case::cut_short(|bytes: &[u8]| bytes[..bytes.len() / 2].to_vec())]
#[case::overwritten(|_: &[u8]| b"not audio at all".to_vec())]
#[case::a_bit_in_the_head(|bytes: &[u8]| [&[bytes[0] ^ 1], &bytes[1..]].concat())]
#[case::a_bit_in_the_middle(|bytes: &[u8]| {
    let mut bytes = bytes.to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    bytes
})]
#[tokio::test]
async fn a_damaged_file_is_made_anew(#[case] damage: fn(&[u8]) -> Vec<u8>) {
    let dir = tempfile::tempdir().expect("a directory");
    let text = script("damage", 2);
    let server = serving(dir.path()).await;
    let job = server.submit(&text).await;
    job.complete().await;
    let (segment, merged) = (job.segment(1).await.body, job.merged().await.body);
    server.stop().await;
    let files = files(dir.path());
    assert_eq!(files.len(), 3, "two segments and what was merged of them");
    for file in &files {
        let bytes = fs::read(file).expect("readable");
        fs::write(file, damage(&bytes)).expect("written");
    }
    let server = serving(dir.path()).await;
    let job = server.submit(&text).await;
    let manifest = job.complete().await;
    assert!(job.segment(1).await.body == segment, "other bytes than before");
    assert!(
        job.merged().await.body == merged,
        "other merged bytes than before"
    );
    decode(&merged);
    for index in 0..2 {
        assert_eq!(manifest["segments"][index]["cached"], false, "segment {index}");
    }
}

#[tokio::test]
async fn a_file_that_is_removed_while_the_server_runs_is_evicted_audio() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = serving(dir.path()).await;
    let job = server.submit("Gone.").await;
    job.complete().await;
    for file in files(dir.path()) {
        fs::remove_file(file).expect("removed");
    }
    job.segment(0).await.problem(410, "evicted");
    let again = server.submit("Gone.").await;
    assert_eq!(again.complete().await["segments"][0]["cached"], false);
    assert_eq!(again.segment(0).await.status, 200);
}

/// What the process has read so far, from files.
#[cfg(target_os = "linux")]
fn read_bytes(server: &Server) -> u64 {
    let io = fs::read_to_string(format!("/proc/{}/io", server.process.pid())).expect("readable");
    let line = io.lines().find_map(|line| line.strip_prefix("rchar: "));
    line.expect("a line").parse().expect("a number")
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_range_of_a_large_file_costs_its_range() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = serving(dir.path()).await;
    let job = server.submit(&script("a large file", 10)).await;
    job.complete().await;
    let whole = job.merged().await.body;
    assert!(whole.len() > 1 << 20, "{} bytes", whole.len());
    let before = read_bytes(&server);
    for (range, first, end) in [
        ("bytes=1000-1999", 1_000, 2_000),
        ("bytes=-1000", whole.len() - 1_000, whole.len()),
    ] {
        let asked = server
            .request(reqwest::Method::GET, &job.path("/audio.ogg"))
            .header("range", range);
        let answer = crate::harness::Answer::to(asked).await;
        assert_eq!(answer.status, 206);
        assert!(answer.body == whole[first..end], "{range}");
    }
    // Two ranges, and the process's own accounts.
    let read = read_bytes(&server) - before;
    assert!((2_000..200_000).contains(&read), "{read} bytes were read");
}

#[tokio::test]
async fn a_file_that_is_removed_while_it_is_sent_is_sent_whole() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = serving(dir.path()).await;
    let job = server.submit(&script("an answer that waits", 45)).await;
    job.complete().await;
    let whole = job.merged().await.body;
    assert!(whole.len() > 6 << 20, "more than two sockets take");
    let mut answer = server
        .http
        .get(server.url(&job.path("/audio.ogg")))
        .send()
        .await
        .expect("answered");
    for file in files(dir.path()) {
        fs::remove_file(file).expect("removed");
    }
    let mut came = Vec::new();
    while let Some(piece) = answer.chunk().await.expect("no end before the end") {
        came.extend_from_slice(&piece);
    }
    assert!(came == whole, "{} bytes of {}", came.len(), whole.len());
    job.merged().await.problem(410, "evicted");
}

#[tokio::test]
async fn a_directory_that_cannot_be_used_is_named() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().display().to_string();
    let done = super::command::run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", &path], &[]).await;
    assert_eq!(done.code, Some(4), "{done:?}");
    assert!(done.stderr.contains(&path), "{done:?}");
    assert_eq!(done.stdout, "", "it said that it listens");
}
