//! Speech as audio: the deterministic [`voice`] makes samples of a text, [`audio`] encodes them and merges segments.
//!
//! Pure computation, and the only heavy one of the server: a crate of its own, so that test builds can optimise it alone.

pub mod audio;
pub mod voice;
