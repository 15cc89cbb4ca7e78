//! One run, from its settings to its result.

mod conduct;
mod expected;
mod inputs;
mod result;

pub use conduct::{Conducted, conduct};
pub(crate) use conduct::{DEATH_NOTICE, HURRIED_DRAIN, STOP_GRACE, cancel_own_jobs};
pub use expected::{UpdateExpectedError, update_expected};
pub use inputs::{InputError, Inputs, profile_and_cases};
pub(crate) use result::hold_against;
pub use result::{head, into_result};
