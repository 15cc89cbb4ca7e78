//! Every kind of fault at every stage.
//!
//! A pair of a stage and a kind is either refused, with the reason, or it is shown to fire: where it says and nowhere
//! else, as often as its counters say, and no more once its rule is gone. [`fault`] is the table of the pairs,
//! [`arrival`] knows how a stage is passed, [`cells`] puts one pair to the test, [`conditions`] what `match` and `when`
//! ask at each stage, and [`seeds`] that chance is the seed's.

mod arrival;
mod cells;
mod conditions;
mod counted;
mod document;
mod fault;
mod seeds;
mod struck;
mod untouched;
