//! Waiting for what must happen, no longer than a test has patience.

use std::time::Duration;

use tokio::time::{self, Instant};

/// Far beyond what anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks until there is an answer.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        time::sleep(Duration::from_millis(5)).await;
    }
}

/// What comes of it, and how long it took; fails when it takes longer than a test has patience.
pub(crate) async fn within<T>(what: &str, work: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    let done = time::timeout(PATIENCE, work).await;
    let done = done.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"));
    (done, start.elapsed())
}
