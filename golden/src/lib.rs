//! The golden regression suite over the audio-job API, with its performance guard.
//!
//! One way through it: [`cli`] says what is wanted, [`run`] reads the inputs and conducts the run on a [`target`], with
//! the tests of [`suite`] and [`timed`]; [`guard`] holds the times against the baseline, [`output`] publishes the result,
//! and [`proof`] judges a run that was made under a fault. A comparison of two servers makes runs of [`timed`] in pairs.

pub mod audio;
pub mod cases;
mod checks;
pub mod cli;
mod command;
mod compare;
pub mod flake;
pub mod guard;
pub mod output;
pub mod progress;
pub mod proof;
pub mod provenance;
mod report;
pub mod run;
pub mod suite;
pub mod target;
pub mod timed;

pub use command::run as run_command;
