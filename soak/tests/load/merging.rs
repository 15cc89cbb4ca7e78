//! `soak merge`.

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use load_engine::record::{Latency, Tagged, read_hlog, write_hlog};

use test_support::Ran;

use crate::harness::soak;

fn latency(ms: impl IntoIterator<Item = u64>) -> Latency {
    let mut latency = Latency::default();
    ms.into_iter()
        .for_each(|ms| latency.record(Duration::from_millis(ms)));
    latency
}

fn log(dir: &Path, name: &str, tags: &[(&str, Latency)]) {
    let tagged: Tagged = tags
        .iter()
        .map(|(tag, latency)| ((*tag).to_owned(), latency.clone()))
        .collect();
    let mut log = Vec::new();
    write_hlog(&mut log, &tagged, SystemTime::UNIX_EPOCH, Duration::from_secs(1)).unwrap();
    std::fs::write(dir.join(name), log).unwrap();
}

async fn merge(args: &[&str]) -> Ran {
    let soak = soak([&["merge"], args].concat());
    let dir = soak.dir.path();
    log(
        dir,
        "a.hlog",
        &[("list|ok|response", latency(1..=90)), ("send_lag", latency([1]))],
    );
    log(
        dir,
        "b.hlog",
        &[
            ("list|ok|response", latency(1000..1010)),
            ("list|rate_limited|response", latency([3])),
            ("send_lag", latency([2])),
        ],
    );
    log(
        dir,
        "other.hlog",
        &[("merged|ok|response", latency([1])), ("send_lag", latency([1]))],
    );
    std::fs::write(dir.join("none.hlog"), "{}").unwrap();
    soak.ran().await
}

#[tokio::test]
async fn logs_of_two_generators_add_up_exactly_and_can_be_read_again() {
    let ran = merge(&["a.hlog", "b.hlog", "--out=sum.hlog"]).await;
    ran.exited(0);
    let sum = read_hlog(&std::fs::read(ran.dir.path().join("sum.hlog")).unwrap()).unwrap();
    let mut expected = latency(1..=90);
    expected.add(&latency(1000..1010));
    assert_eq!(sum["list|ok|response"].micros(), expected.micros());
    assert_eq!(sum["list|rate_limited|response"].count(), 1);
    assert!(ran.stdout.contains("list|ok|response"), "{}", ran.said());
    // Of 100 times the 95th is one of the second log: no average of two percentiles says that.
    assert!(
        ran.stdout.contains("1004 ms") || ran.stdout.contains("1005 ms"),
        "{}",
        ran.said()
    );
}

#[tokio::test]
async fn logs_that_do_not_fit_are_refused() {
    let cases: [(&[&str], &str); 4] = [
        (
            &["a.hlog", "other.hlog"],
            "a.hlog and other.hlog are not of one scenario: list is in one of them only",
        ),
        (
            &["a.hlog", "none.hlog"],
            "none.hlog: line 1 is no line of an HdrHistogram log",
        ),
        (&["a.hlog", "gone.hlog"], "read gone.hlog"),
        (&["a.hlog", "./a.hlog"], "given twice"),
    ];
    for (args, says) in cases {
        let ran = merge(args).await;
        ran.exited(4);
        assert!(ran.stderr.contains(says), "{}", ran.said());
    }
    merge(&["a.hlog"]).await.exited(2);
}
