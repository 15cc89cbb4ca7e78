//! The proof: under a fault exactly the timed tests whose path the fault's stage lies on go red, the others stay green,
//! nothing breaks, and the fault did fire.

mod report;
mod schema;
mod verdict;

pub use report::write_words;
pub use schema::proof_schema;
pub use verdict::{PROOF_SCHEMA_VERSION, Proof, RedTest};
