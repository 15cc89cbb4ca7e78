//! Contenders that are asked in turns of some milliseconds, over connections that stay open.
//!
//! How long a machine takes to wake whoever waits, and how much of it the host gives to others, goes up and down by a factor
//! of two or three from one second to the next. So a load of a second for each contender, one after the other, says little;
//! turns as short as these fall on the same moments for all of them.

mod answer;
mod contender;

use std::time::Duration;

use self::contender::Contender;
use crate::rig::{
    Unmeasured, again,
    cores::Pinning,
    load::{Load, Report},
};

/// Asks the servers at these addresses (`http://HOST:PORT`) in turn for the same, each for the time of the load, from a process of its own. A single answer that is not
/// as it should be makes it no measurement.
pub(crate) fn take<const N: usize>(
    pinning: &Pinning,
    bases: [&str; N],
    path: &str,
    load: &Load,
) -> Result<[Report; N], Unmeasured> {
    let numbers = again::run(pinning, &format!("{path} {load} {}", bases.join(" ")))?;
    let reports: Option<Vec<_>> = numbers
        .chunks_exact(2)
        .map(|numbers| Report::of(numbers[0], numbers[1]))
        .collect();
    let reports = reports.and_then(|reports| reports.try_into().ok());
    reports.ok_or_else(|| Unmeasured(format!("the client reported {numbers:?} of {N} contenders")))
}

/// Does what [`take`] asks for, in the process that it starts: for each contender the requests that were answered and the
/// microseconds that they took.
pub(crate) fn taken(told: &str) -> Result<(), Unmeasured> {
    let words: Vec<&str> = told.split(' ').collect();
    let [path, len, of, connections, millis, bases @ ..] = words.as_slice() else {
        return Err(Unmeasured(format!("was told {told:?}")));
    };
    let load = Load::of_words([len, of, connections, millis])?;
    let mut contenders = Vec::new();
    for base in bases {
        contenders.push(Contender::meet(base, path, &load)?);
    }
    let turn = turn(load.connections);
    for _ in 0..load.time.as_micros().div_ceil(2 * turn.as_micros()) {
        // There and back, so that nobody always comes after the same one.
        for contender in &mut contenders {
            contender.turn(turn)?;
        }
        for contender in contenders.iter_mut().rev() {
            contender.turn(turn)?;
        }
    }
    let numbers = contenders
        .iter()
        .flat_map(|contender| [contender.answered(), contender.took().as_micros() as u64]);
    again::report(&numbers.collect::<Vec<_>>());
    Ok(())
}

/// Long enough for the beginning and the end of a turn, when not all connections wait for an answer, to matter little.
fn turn(connections: u32) -> Duration {
    Duration::from_millis(20) + Duration::from_micros(200) * connections
}
