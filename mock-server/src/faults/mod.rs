//! The decision of fault rules: what matches, and what strikes.
//!
//! Pure: time is handed in as the age of the rule, and chance is a hash, so that the same arrivals under the same seed
//! are struck in the same way in whatever order they come. Keeping the rules, and telling somebody that one was
//! removed, is the engine's; doing what a strike says is the pipeline's.

mod chance;
mod decision;
mod draw;
mod extent;
#[cfg(test)]
pub(crate) mod flag_property;
mod matching;

pub use chance::ChanceOf;
pub use decision::{Decision, RuleProgress};
pub use draw::Draw;
pub use matching::matches;

/// The most rules that may stand at once: each arrival at a stage looks at all of them.
pub const MAX_RULES: usize = 100;
