//! How much a deployment can carry: arrivals, workers, and the knee of a measured curve. Pure: figures in, figures out.
//!
//! Queueing here is M/M/c: arrivals independent of each other, service times exponential, one queue, `c` equal workers. Real service
//! times scatter less, so that real waits are shorter; bursts that follow each other make them longer.

mod demand;
mod erlang;
mod knee;

pub use demand::{Demand, DemandError, SECONDS_A_DAY};
pub use erlang::{MOST_WORKERS, Queue, QueueError, workers_for};
pub use knee::{Knee, KneeError, LoadPoint, knee};
