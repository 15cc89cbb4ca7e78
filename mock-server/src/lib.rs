//! The reference audio-job server.
//!
//! One way through: [`http`] accepts a job, [`text`] splits it into segments, the [`engine`] stores the job and queues
//! them, a [`worker`] leases a segment, asks the [`voice`] for samples, has [`audio`] encode them, puts the bytes into
//! [`blobs`] and completes the lease; then [`http`] serves the segment, the playlist, and what [`merge`] makes of it.

pub mod blobs;
pub mod cli;
pub mod config;
mod content_key;
mod descriptors;
pub mod engine;
pub mod faults;
mod healthcheck;
pub mod http;
mod injection;
pub mod merge;
pub mod metrics;
pub mod representation;
mod server;
mod stored_audio;
pub mod text;
pub mod voice_cost;
pub mod worker;

pub use speech_audio::{audio, voice};

pub use server::{Server, StartError, listen, serve};
