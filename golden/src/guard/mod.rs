//! The performance guard at work: the baseline's file, and times held against it.

mod advice;
mod baseline_file;
mod judge;
mod record;

pub use advice::advice;
pub use baseline_file::{BaselineError, BaselineFile, USUAL, find, write};
pub use judge::{judge, refuse_unfireable, thresholds};
pub use record::{RecordError, record};
