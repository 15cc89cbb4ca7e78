//! The OpenAPI document: what it says is what API and server are, and it is well-formed.

mod answers;
mod form;
mod outline;
mod promises;
mod routes;
mod schemas;
