//! Contenders that are asked in turns of some milliseconds, over connections that stay open.
//!
//! How long a machine takes to wake whoever waits, and how much of it the host gives to others, goes up and down by a factor
//! of two or three from one second to the next. So a load of a second for each contender, one after the other, says little;
//! turns as short as these fall on the same moments for all of them.

mod answer;
mod contender;

use std::time::Duration;

use self::contender::Contender;
use crate::rig::{Unmeasured, again, cores::Pinning, object::Part};

/// What everybody is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted<'a> {
    /// Where the object is.
    pub(crate) path: &'a str,
    /// What of it.
    pub(crate) part: Part,
    /// Over how many connections to each contender.
    pub(crate) connections: u32,
    /// For how long each contender, all its turns together.
    pub(crate) time: Duration,
}

/// What came of one contender's turns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turns {
    /// Requests that were answered.
    pub(crate) requests: u64,
    /// Requests a second.
    pub(crate) per_s: f64,
}

/// Asks the servers at these addresses (`http://HOST:PORT`) in turn, from a process of its own. A single answer that is not
/// as it should be makes it no measurement.
pub(crate) fn take<const N: usize>(
    pinning: &Pinning,
    bases: [&str; N],
    wanted: &Wanted,
) -> Result<[Turns; N], Unmeasured> {
    let (len, of) = match wanted.part {
        Part::Whole => (0, 0),
        Part::Ranges { len, of } => (len, of),
    };
    let Wanted {
        path,
        connections,
        time,
        ..
    } = wanted;
    let told = format!(
        "{path} {len} {of} {connections} {} {}",
        time.as_millis(),
        bases.join(" ")
    );
    let numbers = again::run(pinning, &told)?;
    let turns: Vec<_> = numbers
        .chunks_exact(2)
        .map(|numbers| Turns {
            requests: numbers[0],
            per_s: numbers[0] as f64 * 1e6 / numbers[1] as f64,
        })
        .collect();
    turns
        .try_into()
        .map_err(|_| Unmeasured(format!("the client reported {numbers:?} of {N} contenders")))
}

/// Does what [`take`] asks for, in the process that it starts: for each contender the requests that were answered and the
/// microseconds that they took.
pub(crate) fn taken(told: &str) -> Result<(), Unmeasured> {
    let words: Vec<&str> = told.split(' ').collect();
    let [path, len, of, connections, millis, bases @ ..] = words.as_slice() else {
        return Err(Unmeasured(format!("was told {told:?}")));
    };
    let wanted = Wanted {
        path,
        part: match (len.parse()?, of.parse()?) {
            (0, _) => Part::Whole,
            (len, of) => Part::Ranges { len, of },
        },
        connections: connections.parse()?,
        time: Duration::from_millis(millis.parse()?),
    };
    let mut contenders = Vec::new();
    for base in bases {
        contenders.push(Contender::meet(base, &wanted)?);
    }
    let turn = turn(wanted.connections);
    for _ in 0..wanted.time.as_micros().div_ceil(2 * turn.as_micros()) {
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
