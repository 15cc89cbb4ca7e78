//! Large audio, which the system sends from a memory file by itself: the bytes are the same as by any other way.

use abuse::wire::Wire;
use tokio::io::AsyncReadExt as _;

use crate::harness::{Job, Server, narrow, script, within};

fn request(job: &Job<'_>, range: &str) -> String {
    format!(
        "GET {} HTTP/1.1\r\nhost: a\r\n{range}\r\n",
        job.path("/audio.ogg")
    )
}

#[tokio::test]
async fn every_range_of_large_audio_is_its_bytes() {
    let server = Server::start(&[]).await;
    let job = server.submit(&script("ranges", 12)).await;
    job.complete().await;
    let whole = job.merged().await.body;
    assert!(whole.len() > 1 << 20, "{} bytes", whole.len());
    let routed = job
        .path("/audio.ogg")
        .replace(&job.id, &job.id.replacen('-', "%2D", 1));
    assert!(server.get(&routed).await.body == whole, "another way");
    let mut wire = Wire::connect(&server.url("").replace("http://", ""))
        .await
        .expect("connected");
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..200 {
        // From few bytes, which are copied, to more than a socket takes at once.
        let len = 1_usize << random.u32(0..20);
        let len = random.usize(1..=len);
        let first = random.usize(..whole.len() - len);
        let end = first + len;
        let range = format!("range: bytes={first}-{}\r\n", end - 1);
        wire.send(request(&job, &range).as_bytes()).await;
        let answer = wire.answer("GET").await.expect("an answer");
        assert_eq!(answer.status, 206);
        assert!(answer.body == whole[first..end], "{first}-{end}");
    }
}

#[tokio::test]
async fn audio_that_is_evicted_while_a_client_reads_it_still_comes_whole() {
    let server = Server::start(&["--cache-bytes", "16MiB"]).await;
    let job = server.submit(&script("leaving", 45)).await;
    job.complete().await;
    let whole = job.merged().await.body;
    // More than the system takes for two sockets.
    assert!(whole.len() > 6 << 20, "{} bytes", whole.len());
    let mut stream = narrow(&server).await;
    let says = request(&job, "");
    assert_eq!(stream.try_write(says.as_bytes()).expect("written"), says.len());
    let mut came = vec![0; 100_000];
    stream.read_exact(&mut came).await.expect("a beginning");
    for topic in ["coming", "following"] {
        server.submit(&script(topic, 45)).await.complete().await;
    }
    let merges = async || server.status().await["merge_lock_contention"]["acquisitions"].as_u64();
    let before = merges().await;
    // What is still there is not merged again.
    let gone = job.merged().await.status == 410 || merges().await > before;
    assert!(gone, "not evicted");
    let head = came
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("a head")
        + 4;
    let mut rest = vec![0; head + whole.len() - came.len()];
    let (read, _) = within("all of it comes", stream.read_exact(&mut rest)).await;
    read.expect("the rest");
    came.extend_from_slice(&rest);
    assert!(came[head..] == whole, "other bytes");
}
