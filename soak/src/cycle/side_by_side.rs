//! Cycles side by side, until a quiet point has them pause.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use audio_client::{Capability, Client};
use tokio::sync::RwLock;
use uuid::Uuid;

use super::{
    args::CycleArgs,
    ledger::Ledger,
    steps::Cycle,
    text::{Texts, draws},
};

/// Of so many cycles one has several clients fetch the merged audio at once, and never more often than this: what they wait for each
/// other is held to a bound on the run's time, so a fast soak must not bring more of it than a slow one.
const CONTENDS_EVERY: u64 = 4;
const CONTENDS_AGAIN_AFTER: Duration = Duration::from_secs(2);
/// After a cycle that failed, so that a target that refuses everything is not run down.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// What all cycles share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) client: Client,
    pub(super) ledger: Ledger,
    texts: Texts,
    seed: u64,
    cancel_every: u64,
    job_deadline: Duration,
    next: AtomicU64,
    contention: Pace,
    /// Cycles hold it for reading; a quiet point takes it for writing.
    pub(super) gate: Arc<RwLock<()>>,
}

impl Shared {
    pub(super) fn new(cycles: &CycleArgs, client: Client) -> Self {
        let can_cancel = client.profile().can(Capability::Cancel);
        let nonce = Uuid::now_v7().simple().to_string().split_off(20);
        Self {
            client,
            ledger: Ledger::new(),
            texts: Texts::new(cycles.seed, nonce),
            seed: cycles.seed,
            cancel_every: if can_cancel { cycles.cancel_every } else { 0 },
            job_deadline: cycles.job_deadline,
            next: AtomicU64::new(0),
            contention: Pace::new(CONTENDS_AGAIN_AFTER),
            gate: Arc::default(),
        }
    }
}

/// One cycle after the other, for as long as it is let.
pub(super) async fn work(shared: Arc<Shared>) {
    loop {
        let turn = shared.gate.read().await;
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        let every = shared.cancel_every;
        let cancels = every > 0 && number % every == every - 1;
        let contends =
            !cancels && number.is_multiple_of(CONTENDS_EVERY) && shared.contention.due(Instant::now());
        let cycle = Cycle {
            number,
            client: &shared.client,
            ledger: &shared.ledger,
            text: shared.texts.of_cycle(number),
            cancels,
            contends,
            job_deadline: shared.job_deadline,
        };
        let went_well = cycle.run(&mut draws(shared.seed, number ^ (1 << 63))).await;
        drop(turn);
        if !went_well {
            tokio::time::sleep(AFTER_FAILURE).await;
        }
    }
}

/// Lets something be done now and then, whoever asks.
#[derive(Debug)]
struct Pace {
    after: Duration,
    last: Mutex<Option<Instant>>,
}

impl Pace {
    const fn new(after: Duration) -> Self {
        Self {
            after,
            last: Mutex::new(None),
        }
    }

    /// Whether it is time again; whoever is told so does it.
    fn due(&self, now: Instant) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| now.saturating_duration_since(last) >= self.after);
        if is_due {
            *last = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_often_it_is_asked_it_is_due_at_once_and_then_after_its_time() {
        let pace = Pace::new(Duration::from_secs(2));
        let start = Instant::now();
        let due: Vec<u64> = (0..60)
            .filter(|tenth| pace.due(start + Duration::from_millis(100 * tenth)))
            .collect();
        assert_eq!(due, [0, 20, 40]);
    }
}
