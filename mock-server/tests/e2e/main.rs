//! End-to-end tests of the reference server.

mod ffmpeg;
