//! The timed tests: what is timed, by which stages its time passes, and the repeats.

mod early;
mod job_run;
mod path;
mod plan;
mod session;
mod stages;

pub use early::{Decided, Repeating};
pub use job_run::{Run, Sample};
pub use path::{KNOWN_METRICS, key_of, metric_of, stages_on_path};
pub use plan::{TimedPlan, TimedTest};
pub use session::{Session, run_timed};
