//! Load with latency that can be trusted.
//!
//! A [`Journey`] says what a user does, a [`Load`](load::Load) how many come and when, and [`run`] does it.
//! Latency counts from the moment a request was *due*, not from when a busy generator got round to it (Tene's "coordinated
//! omission"); both are kept. Nothing is ever made up to fill gaps. The generator watches its own lag and processor time,
//! because a saturated one measures itself ([`LoadRun::doubts`]).
//!
//! It knows nothing of the audio-job API, prints nothing, and reads no file.

mod catalogue;
mod descriptors;
mod generator;
mod http;
pub mod load;
pub mod record;
pub mod threshold;
mod timer;
mod user;

pub use catalogue::{Catalogue, CheckId, Step, StepId, StepKind, TrendId};
pub use descriptors::{DescriptorError, raise};
pub use generator::{
    Control, Doubt, Limits, LoadError, LoadRun, Observer, Plan, Quiet, StopSignal, ThreadUse, Window, run,
};
pub use http::{Headers, Keep, Request, Target, TargetError};
pub use user::{Answer, Journey, User};
