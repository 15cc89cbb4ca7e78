//! End-to-end tests of the reference server: its real binary, over a real socket.

mod document;
mod engine_contract;
mod faults;
mod ffmpeg;
mod harness;
mod hostile;
mod lifecycle;
mod observability;
mod process;
mod submit;
