//! Tables of texts in many scripts, and properties over arbitrary ones.

mod packing;
mod properties;
mod sentences;
