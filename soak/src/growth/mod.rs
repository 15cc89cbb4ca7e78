//! Whether a server grows over a run: when it has warmed up, what its figures may grow by, and the verdict on each. Soaks and load
//! profiles judge by these same rules; how they look at the server is theirs.

mod heap;
mod judge;
mod warm_up;

pub(crate) use heap::{tidy_heap, told};
pub(crate) use judge::{FDS_PER_HOUR, RSS_MIB_PER_HOUR, Seen, THREADS_PER_HOUR, judge, rule};
pub(crate) use warm_up::{RetainJobsError, WarmUp, WarmUpRule};

/// In bytes; figures of memory are judged and told in MiB.
pub(crate) const MIB: f64 = 1_048_576.0;
