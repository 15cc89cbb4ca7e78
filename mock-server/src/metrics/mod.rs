//! What the process measures, and how it is exposed.
//!
//! Names follow the Prometheus rules: base units, `_total` on counters, labels by route template and stage, never by
//! an id. Every field of the status snapshot has a metric of the same meaning.

mod exposition;
mod process;
mod recorded;
mod snapshot;

pub use exposition::{Exposition, Format};
pub use recorded::{Metrics, RequestLabels};
