//! The table of cases.

mod crowds;
mod exchanged;
mod floods;
mod leaving;
mod readers;
mod slow;

use crate::{
    bystander::Asks,
    case::{Case, Doing, Memory},
    subject::Subject,
};

/// How much of everything is done.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Idle connections at a time.
    pub idle_connections: usize,
}

/// Every case.
#[must_use]
pub fn all(scale: Scale) -> Vec<Case> {
    [
        exchanged::cases(),
        slow::cases(),
        readers::cases(),
        crowds::cases(scale),
        leaving::cases(),
        floods::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Deadlines that a case can wait for.
const SHORT: [&str; 8] = [
    "--head-timeout-ms",
    "1500",
    "--body-timeout-ms",
    "1500",
    "--idle-timeout-ms",
    "1500",
    "--drain-timeout-ms",
    "1500",
];

/// A row: what it is called, sends and expects; the server's flags; what it may cost; what is done.
fn case(
    [name, sends, expects]: [&str; 3],
    flags: &[&str],
    memory: Memory,
    run: impl for<'a> Fn(&'a Subject) -> Doing<'a> + 'static,
) -> Case {
    Case {
        name: name.to_owned(),
        sends: sends.to_owned(),
        expects: expects.to_owned(),
        flags: flags.iter().map(|&flag| flag.to_owned()).collect(),
        memory,
        asks: Asks::SegmentAndHealth,
        run: Box::new(run),
    }
}

/// So many connections, each of which may make the server hold so much.
const fn holding(connections: u64, each_bytes: u64) -> Memory {
    Memory {
        connections,
        each_bytes,
        kept_bytes: 0,
    }
}

/// The default `--max-head-bytes`.
const HEAD_BYTES: u64 = 32 << 10;
/// The most that a body may have, and what is made of it while it is read.
const BODY_BYTES: u64 = 2 * (384 << 10);
