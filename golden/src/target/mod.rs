//! The target, with clients for all that the suite asks of it.

mod reach;

pub use reach::{Reached, reach};
