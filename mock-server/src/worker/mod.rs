//! The workers: lease, synthesise, encode, store, complete.

mod attempt;
mod pool;

pub use pool::{WorkerPool, WorkerSettings};
