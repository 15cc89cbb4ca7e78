//! The real binary on a real socket: started, asked, waited for, stopped.
//!
//! Each test starts a server of its own, so that counters and faults are its own as well. Bodies stay raw JSON, because
//! shared types would hide a rename from a round trip.

mod answer;
mod audio;
pub(crate) mod contract;
mod job;
pub(crate) mod schema;
mod script;
mod server;
mod waiting;
mod wire;

pub(crate) use answer::{Answer, members};
pub(crate) use audio::decode;
pub(crate) use job::{Job, encoded, large};
pub(crate) use script::script;
pub(crate) use server::{ADMIN, Server, binary};
pub(crate) use waiting::{eventually, within};
pub(crate) use wire::{RawAnswer, body_of, exchange, narrow};
