//! Audio as a listener gets it: decoded by a decoder that is not the server's, and measured.

mod measure;

pub use decoded_audio::{AudioError, Decoded, decode};
pub(crate) use measure::hex;
pub use measure::{Figures, SILENCE_DBFS, digest_of, figures};
