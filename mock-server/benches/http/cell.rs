//! What is asked for, over how many connections, and what is demanded of the answer.

use crate::rig::load::Part;

/// One kind of load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    /// Of which object what is asked for.
    pub(crate) ask: Ask,
    /// Over how many connections.
    pub(crate) connections: u32,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// 1 KiB, whole: a segment.
    Small,
    /// 256 KiB, whole: a segment.
    Large,
    /// Ranges of 64 KiB of 4 MiB: a merged file.
    Ranges,
}

impl Ask {
    /// In the order of the table.
    pub(crate) const ALL: [Self; 3] = [Self::Small, Self::Large, Self::Ranges];

    /// The object's size in bytes; a merged file's is about this.
    pub(crate) const fn len(self) -> u64 {
        match self {
            Self::Small => 1 << 10,
            Self::Large => 256 << 10,
            Self::Ranges => 4 << 20,
        }
    }

    /// What of an object of `of` bytes.
    pub(crate) const fn part(self, of: u64) -> Part {
        match self {
            Self::Small | Self::Large => Part::Whole,
            Self::Ranges => Part::Ranges { len: 64 << 10, of },
        }
    }

    /// For the table.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Small => "1 KiB",
            Self::Large => "256 KiB",
            Self::Ranges => "64 KiB of 4 MiB",
        }
    }

    /// The least ratio of requests a second to nginx's.
    pub(crate) const fn demanded(self) -> f64 {
        match self {
            Self::Small => 0.9,
            Self::Large | Self::Ranges => 1.0,
        }
    }
}

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = Cell> {
    Ask::ALL
        .into_iter()
        .flat_map(|ask| [1, 32, 1_000].map(|connections| Cell { ask, connections }))
}
