//! The golden regression suite over the audio-job API, with its performance guard.

pub mod audio;
pub mod cases;
mod checks;
pub mod suite;
pub mod timed;
