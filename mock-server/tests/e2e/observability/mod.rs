//! What an operator sees: the snapshot, the metrics, and nothing of anybody's text.

mod agreement;
mod exposition;
mod metrics;
mod privacy;
mod status;
mod traffic;
