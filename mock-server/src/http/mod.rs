//! The HTTP side: routes, refusals, answers. State lives behind the engine, audio in the blob store.

mod admin;
mod app;
mod auth;
mod body;
mod connection;
mod faults;
mod front;
mod jobs;
mod media;
mod message;
mod observe;
mod openapi;
#[cfg(feature = "api-page")]
mod page;
mod paths;
mod pieces;
mod plain;
mod playlist;
mod problem;
mod request;
mod router;
mod routes;
mod submit;

pub use app::{App, Parts};
pub use body::BodyLimits;
pub use connection::{ConnectionLimits, MAX_REFUSING, accept};
pub use front::Front;
pub use openapi::document;
