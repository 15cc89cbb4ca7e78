//! Audio as a listener gets it: decoded, by a decoder that is not the server's, and merged audio held to its segments.

mod decode;
mod merged;

pub use decode::{AudioError, Decoded, decode};
