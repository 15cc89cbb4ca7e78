//! The suite: which tests there are, what they may use, in which order they run, and what came of them.

mod board;
mod completeness;
mod context;
mod demand;
mod event;
mod fixed;
mod ledger;
mod probe;
mod registry;
mod schedule;
mod settle_down;
mod stop;

pub use board::Board;
pub use completeness::{cached_share, is_complete};
pub use context::{Context, ContextParts, RunLimits, Sharing};
pub use demand::Demand;
pub use event::{Event, Progress, Silent};
pub use fixed::FixedAudio;
pub use ledger::Ledger;
pub use probe::Probe;
pub use registry::{Lane, ProofPart, TestSpec, all as registry};
pub use schedule::{run_checks, selected};
pub use settle_down::{Rest, settle_down, snapshot};
pub use stop::Stop;
pub(crate) use stop::ensure;
