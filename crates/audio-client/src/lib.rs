//! Typed client of the audio-job API; every call is timed.
//!
//! A [`TargetProfile`] says where a target's routes are and what it calls its states; a [`Client`] makes the calls.
//! Answers that the contract foresees, such as "not ready yet" or "gone", are [`Outcome`]s; only what leaves no answer
//! to speak of (no connection, no end, no legal content) is a [`CallError`]. Nothing is retried unless the caller asks
//! for it.

mod audio;
mod call;
mod client;
mod error;
mod jobs;
mod operations;
pub mod profile;
mod secret;
mod settings;
mod states;
mod tape;
mod waiting;

pub use audio::Fetch;
pub use call::{Call, Outcome, Reply, Timed};
pub use client::Client;
pub use error::{CallError, SetupError};
pub use jobs::{ListQuery, SubmitKey};
pub use operations::MetricsFormat;
pub use profile::{Capability, Route, TargetProfile};
pub use secret::Secret;
pub use settings::{ClientSettings, ExtraHeader, HeaderError};
pub use tape::{Answer, Excerpt, Exchange, Tape, on_behalf_of};
pub use waiting::{JobSighting, Patience, PollPace, Until, WaitEnd, WaitedJob};
