//! Base against head: two servers, their timed tests run pair by pair, and what the statistics say of the pairs.
//!
//! One way through: [`inputs`] reads what is to be run, [`sides`] starts and stops the servers, [`conduct`] has the runs made and
//! runs what is red once more, [`pairs`] makes them and looks at them as planned, [`outcome`] puts all of it into the result.
//! [`calibrate`] compares one server with itself, again and again.

mod calibrate;
mod command;
mod conduct;
mod inputs;
mod outcome;
mod pairs;
mod runs;
mod self_check;
mod sides;

pub(crate) use calibrate::run as run_calibrate;
pub(crate) use command::run as run_compare;
