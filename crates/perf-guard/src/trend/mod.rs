//! Trends of a long run: does a figure of the server grow with time?
//!
//! A [`Series`] is judged by a [`Rule`]: the slope of Theil and Sen with its interval is held against a limit per hour, over
//! the whole series and over its later half by itself, so that what only warms up and then levels off is no leak. Of a
//! figure that rises and is let go again, as the memory of a process is, only the troughs count ([`Shape::SawTooth`]).

mod judge;
mod kendall;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod published;
#[cfg(test)]
mod recorded;
mod series;
#[cfg(test)]
mod simulated;
mod slope;
mod troughs;

pub use judge::{Judgement, Limit, Rule, Shape, TrendVerdict};
pub use series::{Point, Series};
pub use slope::{Confidence, Slope, theil_sen};
pub use troughs::troughs;
