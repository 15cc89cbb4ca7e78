//! Injected faults: at every stage, of every kind, and the routes that manage them.

mod chaos;
mod http;
mod matrix;
mod merge;
mod routes;
mod rules;
mod segments;
mod stages;
mod workers;
