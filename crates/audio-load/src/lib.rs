//! What load over the audio-job API is made of.
//!
//! A [`Workload`] says what users do: [`Action`]s with weights. [`AudioJourney`] does it, carrying what one step learns to the
//! next: submit, look until it is ready, playlist, random parts of random segments, merged audio, regenerate, cancel, delete.
//! [`engine_target`] turns a target that was reached into the engine's, [`Library`] holds the jobs that readers ask for, and a
//! [`Watcher`] samples the server meanwhile. It prints nothing and judges nothing.

mod action;
mod endpoint;
mod journey;
mod library;
mod series;
mod target;
mod text;
mod watcher;
mod workload;

pub use action::Action;
pub use endpoint::{Endpoint, OVERVIEW};
pub use journey::{AudioJourney, UserMemory, check, trend};
pub use library::{KnownJob, KnownSegment, Library, PrepareError};
pub use series::{Series, Timed};
pub use target::{EngineTargetError, engine_target};
pub use text::Texts;
pub use watcher::{ServerSample, Watched, Watcher, WatcherError};
pub use workload::{JobSettings, Order, Share, Workload, WorkloadError};
