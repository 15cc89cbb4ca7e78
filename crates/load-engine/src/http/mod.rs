//! HTTP/1.1 as cheaply as a generator needs it: one connection a user, requests made beforehand, no redirects, no pool.

mod connection;
mod deadline;
mod request;
mod target;

pub(crate) use connection::{Connection, SendError, Sent};
pub(crate) use deadline::Deadline;
pub use request::{Keep, Request};
pub use target::{Target, TargetError};
