//! One run, from its settings to its result.

mod conduct;
mod expected;
mod inputs;
mod result;

pub(crate) use conduct::chain;
pub use conduct::{Conducted, conduct};
pub use expected::{UpdateExpectedError, update_expected};
pub use inputs::{InputError, Inputs};
pub(crate) use result::hold_against;
pub use result::{head, into_result};
