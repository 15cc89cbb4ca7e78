//! What the end-to-end tests of the programs share: a program run in a directory of its own, and a server beside it.
//!
//! For tests alone, so everything here panics where a test would fail anyway: its surroundings cannot be set up, or a file
//! that must be there is not.
#![expect(
    clippy::unwrap_used,
    reason = "a test whose surroundings cannot be set up fails"
)]

mod folder;
mod http;
mod run;
mod server;

pub use folder::Folder;
pub use http::client;
pub use run::{Ran, Run};
pub use server::{ADMIN_TOKEN, server, server_program};
