//! Loads against a server on a real socket.
#![expect(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod closed;
mod honest;
mod open;
mod outcomes;
mod server;
mod walk;
