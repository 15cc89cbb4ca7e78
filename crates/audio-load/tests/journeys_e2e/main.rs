//! Load over the audio-job API, against the reference server.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot start its server or read its evidence fails"
)]

mod encrypted;
mod journeys;
mod place;
mod watching;
