//! What every engine has to do, written over a factory, so that each engine is put through the same tests.
//!
//! Real time, small durations and tolerant waits: an engine may keep its state elsewhere, where no clock can be paused.

mod admission;
mod cancel;
mod faults;
mod harness;
mod leases;
mod lifecycle;
mod listing;
mod merge_lock;
mod model;
mod queue;
mod races;
mod retention;
mod retries;
mod snapshot;
mod suite;
mod workers;

use std::sync::Arc;

use mock_server::engine::{EmbeddedEngine, EngineConfig, SharedEngine};

async fn make_embedded(config: EngineConfig) -> SharedEngine {
    Arc::new(EmbeddedEngine::new(config))
}

suite::whole_contract!(embedded, crate::engine_contract::make_embedded);
