//! What a client asks for and what it found, whichever client it is.

use std::{fmt, ops::RangeInclusive, time::Duration};

use super::Unmeasured;

/// Ranges are drawn from so many.
const RANGES: usize = 4_096;

/// What to ask for, and how hard.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// What of the object.
    pub(crate) part: Part,
    /// Connections that are kept open.
    pub(crate) connections: u32,
    /// For how long.
    pub(crate) time: Duration,
}

/// What of an object is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Whole,
    /// Ranges of `len` bytes at random places of an object of `of` bytes.
    Ranges {
        /// A range's length in bytes.
        len: u64,
        /// The object's length in bytes.
        of: u64,
    },
}

/// What a load found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report {
    /// Requests that were answered.
    pub(crate) requests: u64,
    /// Requests a second.
    pub(crate) per_s: f64,
}

/// As [`Load::of_words`] reads it.
impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (len, of) = match self.part {
            Part::Whole => (0, 0),
            Part::Ranges { len, of } => (len, of),
        };
        write!(f, "{len} {of} {} {}", self.connections, self.time.as_millis())
    }
}

impl Load {
    /// From the words in which it is shown.
    pub(crate) fn of_words([len, of, connections, millis]: [&str; 4]) -> Result<Self, Unmeasured> {
        Ok(Self {
            part: match (len.parse()?, of.parse()?) {
                (0, _) => Part::Whole,
                (len, of) => Part::Ranges { len, of },
            },
            connections: connections.parse()?,
            time: Duration::from_millis(millis.parse()?),
        })
    }
}

impl Part {
    /// The ranges to ask for, in bytes, the same ones whenever they are drawn; none for the whole.
    pub(crate) fn ranges(self) -> Vec<RangeInclusive<u64>> {
        let Self::Ranges { len, of } = self else {
            return Vec::new();
        };
        let mut rng = fastrand::Rng::with_seed(9_110);
        let mut range = || {
            let first = rng.u64(..=of - len);
            first..=first + len - 1
        };
        std::iter::repeat_with(&mut range).take(RANGES).collect()
    }
}

impl Report {
    /// `None` where nothing was answered, or in no time.
    pub(crate) fn of(requests: u64, micros: u64) -> Option<Self> {
        (requests > 0 && micros > 0).then(|| Self {
            requests,
            per_s: requests as f64 * 1e6 / micros as f64,
        })
    }
}
