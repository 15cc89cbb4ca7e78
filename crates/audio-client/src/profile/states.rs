//! What a target calls its states.

use std::{collections::BTreeMap, fmt::Display, str::FromStr};

use serde::{Deserialize, Deserializer, de::Error as _};

/// The target's name of each state, and the state that it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateNames<S>(BTreeMap<String, S>);

impl<S: Copy + Ord> StateNames<S> {
    /// The state that the target's name means.
    #[must_use]
    pub fn canonical(&self, name: &str) -> Option<S> {
        self.0.get(name).copied()
    }

    /// The target's name of a state; the first by the alphabet when it has several.
    #[must_use]
    pub fn of(&self, state: S) -> Option<&str> {
        self.0
            .iter()
            .find(|(_, s)| **s == state)
            .map(|(name, _)| name.as_str())
    }

    /// All of the target's names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Which states there are, so that a profile that cannot name one is noticed.
trait AllStates: Sized + 'static {
    const ALL: &'static [Self];
}

impl AllStates for audio_api::JobStatus {
    const ALL: &'static [Self] = &Self::ALL;
}

impl AllStates for audio_api::SegmentStatus {
    const ALL: &'static [Self] = &Self::ALL;
}

impl<'de, S> Deserialize<'de> for StateNames<S>
where
    S: AllStates + FromStr<Err: Display> + PartialEq + Display,
{
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let names = BTreeMap::<String, String>::deserialize(from)?;
        let states: BTreeMap<String, S> = names
            .into_iter()
            .map(|(name, state)| Ok((name, state.parse().map_err(D::Error::custom)?)))
            .collect::<Result<_, D::Error>>()?;
        match S::ALL
            .iter()
            .find(|state| !states.values().any(|known| known == *state))
        {
            Some(state) => Err(D::Error::custom(format!("no name for the state {state}"))),
            None => Ok(Self(states)),
        }
    }
}
