//! Running the suite many times under the same conditions: cold, warm, and on busy cores. Nothing is retried; whatever
//! fails once is reported, with everything that was seen of it.

mod busy;
mod campaign;
mod keep;
mod lane;
mod progress;
mod publish;
mod warm;

pub use busy::burn;
pub use campaign::run;
