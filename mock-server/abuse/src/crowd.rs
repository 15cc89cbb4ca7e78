//! Many clients at once, and what they got, counted.

use std::{collections::BTreeMap, fmt, sync::Arc};

use tokio::task::JoinSet;

use crate::wire::{Wire, WireError};

/// What one client got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Got {
    /// An answer of this status.
    Status(u16),
    /// The connection was closed without an answer.
    Closed,
    /// The client ended by itself.
    Left,
    /// No connection, nothing in time, or nonsense.
    Nothing,
}

/// How many clients got what.
#[derive(Debug, Default)]
pub struct Counts(BTreeMap<Got, usize>);

impl Counts {
    /// Counts one.
    pub fn add(&mut self, got: Got) {
        *self.0.entry(got).or_default() += 1;
    }

    /// How many got this.
    #[must_use]
    pub fn of(&self, got: Got) -> usize {
        self.0.get(&got).copied().unwrap_or_default()
    }

    /// The counts in words, if nobody got anything but this, and somebody the first of it.
    ///
    /// # Errors
    /// The counts in words.
    pub fn only(&self, expected: &[Got]) -> Result<String, String> {
        let legal = self.0.keys().all(|got| expected.contains(got));
        let first = expected.first().is_none_or(|first| self.of(*first) > 0);
        if legal && first {
            Ok(self.to_string())
        } else {
            Err(format!("got {self}"))
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (got, count)) in self.0.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            match got {
                Got::Status(status) => write!(f, "{comma}{count} × {status}")?,
                Got::Closed => write!(f, "{comma}{count} closed")?,
                Got::Left => write!(f, "{comma}{count} done")?,
                Got::Nothing => write!(f, "{comma}{count} NOTHING")?,
            }
        }
        Ok(())
    }
}

/// What the next answer on a connection is. A refusal that is no proper one counts as nothing.
pub async fn got(wire: &mut Wire, method: &str) -> Got {
    match wire.answer(method).await {
        Ok(answer) if answer.check().is_ok() => Got::Status(answer.status),
        Err(WireError::Closed(_) | WireError::Reset) => Got::Closed,
        Ok(_) | Err(_) => Got::Nothing,
    }
}

/// Runs `count` clients, at most `at_once` of them at a time.
pub async fn crowd<F>(count: usize, at_once: usize, client: impl Fn(usize) -> F) -> Counts
where
    F: Future<Output = Vec<Got>> + Send + 'static,
{
    let mut counts = Counts::default();
    let mut running = JoinSet::new();
    for index in 0..count {
        if running.len() >= at_once {
            take(&mut counts, running.join_next().await);
        }
        running.spawn(client(index));
    }
    while !running.is_empty() {
        take(&mut counts, running.join_next().await);
    }
    counts
}

/// `clients` at once, each of which says the same and then waits for so many answers.
pub async fn saying(address: &str, clients: usize, says: impl Into<Arc<[u8]>>, answers: usize) -> Counts {
    let (address, says): (Arc<str>, Arc<[u8]>) = (address.into(), says.into());
    crowd(clients, clients, |_| {
        let (address, says) = (address.clone(), says.clone());
        async move {
            let Ok(mut wire) = Wire::connect(&address).await else {
                return vec![Got::Nothing];
            };
            wire.send(&says).await;
            let mut all = Vec::new();
            for _ in 0..answers {
                all.push(got(&mut wire, "GET").await);
            }
            all
        }
    })
    .await
}

fn take(counts: &mut Counts, ended: Option<Result<Vec<Got>, tokio::task::JoinError>>) {
    match ended {
        Some(Ok(all)) => all.into_iter().for_each(|got| counts.add(got)),
        Some(Err(_)) => counts.add(Got::Nothing),
        None => {}
    }
}
