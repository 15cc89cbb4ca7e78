//! The generator: one thread a core, each with its own runtime, users and record; nothing is shared while it runs.

mod closed;
mod collector;
mod open;
mod thread;
mod watch;

use std::{
    num::NonZeroUsize,
    sync::{Arc, mpsc},
    thread as threads,
    time::{Duration, Instant, SystemTime},
};

use tokio_util::sync::CancellationToken;

pub use collector::{Control, Observer, Quiet, Window};
pub use watch::{Doubt, Limits, ThreadUse};

use crate::{
    catalogue::Catalogue,
    descriptors::{DescriptorError, raise},
    http::Target,
    load::Load,
    record::Record,
    user::Journey,
};

/// What a run is to be.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The server.
    pub target: Target,
    /// What load.
    pub load: Load,
    /// What decides every random choice.
    pub seed: u64,
    /// Threads to generate on; see [`Plan::DEFAULT_THREADS`].
    pub threads: NonZeroUsize,
    /// The longest that a request may take.
    pub request_timeout: Duration,
    /// How long journeys may go on when the load is over, or a user of a closed one leaves.
    pub graceful: Duration,
    /// The length of a window of the time series.
    pub window: Duration,
    /// Connections of one user, at most.
    pub lanes: usize,
}

impl Plan {
    /// One thread carries tens of thousands of requests a second; more than one takes cores from a server on the same machine.
    pub const DEFAULT_THREADS: NonZeroUsize = NonZeroUsize::MIN;
}

/// What ends a run early.
pub type StopSignal = CancellationToken;

/// What came of a run.
#[derive(Debug, Clone)]
pub struct LoadRun {
    /// Everything recorded.
    pub record: Record,
    /// When the first request was due.
    pub started_at: SystemTime,
    /// From then to the end of the last request.
    pub lasted: Duration,
    /// How busy each thread was.
    pub threads: Vec<ThreadUse>,
    /// Whether it was ended early.
    pub stopped: bool,
}

/// Why there was no run.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Too few descriptors.
    #[error(transparent)]
    Descriptors(#[from] DescriptorError),
    /// The system gave no thread, runtime or timer.
    #[error("start a generator thread")]
    Thread(#[source] std::io::Error),
    /// A thread ended by a panic.
    #[error("a generator thread panicked")]
    Panicked,
    /// No connection could be opened before the start.
    #[error("no connection to {address} could be opened")]
    Unreachable {
        /// The server's.
        address: std::net::SocketAddr,
    },
}

/// Descriptors of the process besides those of connections.
const OTHER_DESCRIPTORS: usize = 64;
/// Between the word to start and the first due time, so that every thread has heard it.
const RUN_UP: Duration = Duration::from_millis(20);

/// Runs a load to its end. It takes the calling thread, in which it tells `observer` of every window.
///
/// # Errors
/// When the process may open too few descriptors, a thread cannot be had, or the server cannot be reached at all.
pub fn run<J: Journey>(
    plan: &Plan,
    (journey, catalogue): (J, Catalogue),
    observer: &mut dyn Observer,
    stop: &StopSignal,
) -> Result<LoadRun, LoadError> {
    raise((plan.load.most_users() * plan.lanes + OTHER_DESCRIPTORS) as u64)?;
    let (journey, catalogue) = (Arc::new(journey), Arc::new(catalogue));
    let (tell, heard) = mpsc::sync_channel(collector::QUEUE);
    // However it ends, no thread goes on.
    let stop = stop.child_token();
    let _at_the_end = stop.clone().drop_guard();
    let mut starters = Vec::new();
    let mut handles = Vec::new();
    for shard in 0..plan.threads.get() {
        let (starter, started) = tokio::sync::oneshot::channel();
        let work = thread::Work {
            plan: plan.clone(),
            shard,
            journey: journey.clone(),
            catalogue: catalogue.clone(),
            tell: tell.clone(),
            started,
            stop: stop.clone(),
        };
        let named = threads::Builder::new().name(format!("load-{shard}"));
        handles.push(named.spawn(move || work.run()).map_err(LoadError::Thread)?);
        starters.push(starter);
    }
    drop(tell);
    let mut collector = collector::Collector::new(plan, catalogue, heard);
    if !collector.await_ready()? {
        return Err(LoadError::Unreachable {
            address: plan.target.address,
        });
    }
    let start = Instant::now() + RUN_UP;
    let started_at = SystemTime::now() + RUN_UP;
    for starter in starters {
        // A thread that is gone is found when it is joined.
        let _ = starter.send(start);
    }
    collector.collect(observer, &stop)?;
    let lasted = start.elapsed();
    for handle in handles {
        handle.join().map_err(|_| LoadError::Panicked)?;
    }
    Ok(LoadRun {
        stopped: stop.is_cancelled(),
        lasted,
        started_at,
        ..collector.into_run()
    })
}

/// Seeds of journeys, told apart by who makes them and how often (the finalizer of SplitMix64; Steele, Lea, Flood: "Fast
/// Splittable Pseudorandom Number Generators", OOPSLA 2014).
fn seed_of(seed: u64, who: u64, which: u64) -> u64 {
    let mut mixed = seed
        .wrapping_add(who.wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .wrapping_add(which.wrapping_mul(0xd1b5_4a32_d192_ed03));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
