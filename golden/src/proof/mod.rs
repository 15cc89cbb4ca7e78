//! The proof that the suite can fail.
//!
//! Under one fault ([`Proof`]): exactly the timed tests whose path the fault's stage lies on go red, the others stay green,
//! nothing breaks, and the fault did fire. Over the whole [`Grid`] of faults ([`prove`]): which test notices which fault
//! of which size by which rule, how often a rule goes red without one, and which faults nobody notices.

mod blind_spots;
mod breakage;
mod breaking;
mod conduct;
mod findings;
mod grid;
mod lines;
mod narrator;
mod noticing;
mod place;
mod prove;
mod report;
mod schema;
mod search;
mod slow_cell;
mod slowing;
mod stage_search;
mod thresholds;
mod verdict;

pub use blind_spots::{Asked, BlindSpots, BlindSpotsError, EntryError, USUAL_LIST};
pub use grid::{Grid, GridFault, KindName, MAGNITUDES, Wanted, time_in_words};
pub use narrator::Narrator;
pub use prove::{GridWishes, PROOF_PAIRS, prove};
pub use report::write_words;
pub use schema::proof_schema;
pub use search::Search;
pub use verdict::{PROOF_SCHEMA_VERSION, Proof, RedTest};
