//! End-to-end tests of the reference server.

mod engine_contract;
mod ffmpeg;
