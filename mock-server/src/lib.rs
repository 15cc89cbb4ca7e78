//! The reference audio-job server.

pub mod audio;
pub mod engine;
pub mod faults;
pub mod representation;
pub mod text;
pub mod voice;
