//! The timed tests: what is timed, by which stages its time passes, the repeats on one target, and the pairs on two.

mod early;
mod job_run;
mod paired;
mod path;
mod plan;
mod run_once;
mod schedule;
mod session;
mod stages;

pub use early::{Decided, Repeating};
pub use job_run::{Run, Sample};
pub use paired::{Arms, Failure, PairedRun, PairedRuns, PairedTrack, Pairing, Standing, Texts, paired_test};
pub use path::{KNOWN_METRICS, key_of, metric_of, stages_on_path};
pub use plan::{TimedPlan, TimedTest};
pub use run_once::{FailedRun, Timed, run_once};
pub use schedule::{Interleaving, Step, first_arm, steps};
pub use session::{Session, run_timed};
pub(crate) use stages::sum as sum_counters;
