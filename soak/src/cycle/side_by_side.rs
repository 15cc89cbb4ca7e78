//! Cycles side by side, until a quiet point has them pause.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
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
        let cycle = Cycle {
            number,
            client: &shared.client,
            ledger: &shared.ledger,
            text: shared.texts.of_cycle(number),
            cancels: every > 0 && number % every == every - 1,
            job_deadline: shared.job_deadline,
        };
        let went_well = cycle.run(&mut draws(shared.seed, number ^ (1 << 63))).await;
        drop(turn);
        if !went_well {
            tokio::time::sleep(AFTER_FAILURE).await;
        }
    }
}
