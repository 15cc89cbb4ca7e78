//! Large audio, which the system sends from a memory file by itself: the bytes are the same as by any other way.

use abuse::wire::Wire;
use tokio::io::AsyncReadExt as _;

use crate::harness::{Job, Server, body_of, encoded, large, narrow, script};

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
    let routed = encoded(&job.id, &job.path("/audio.ogg"));
    assert!(server.get(&routed).await.body == whole, "another way");
    let mut wire = Wire::connect(&server.address()).await.expect("connected");
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
    let (job, whole) = large(&server, "leaving").await;
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
    assert!(
        body_of(&mut stream, came, whole.len()).await == whole,
        "other bytes"
    );
}
