//! HTTP/1.1 as cheaply as a generator needs it: one connection a user, requests written out beforehand, answers looked into
//! only as far as somebody asks, no redirects, no pool.

mod answer;
mod connection;
mod deadline;
mod exchange;
mod request;
mod stream;
mod target;

pub use answer::Headers;
pub(crate) use connection::Connection;
pub(crate) use deadline::Deadline;
pub(crate) use exchange::Exchanged;
pub use request::{Keep, Request};
pub use target::{Target, TargetError};
