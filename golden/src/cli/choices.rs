//! Values of flags that are one of a few words.

use clap::ValueEnum;
use perf_guard::CacheState;

/// In which cache states to time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CacheChoice {
    /// Texts that are new to the server
    Cold,
    /// Texts that it knows
    Warm,
    /// Each text first cold, then warm
    Both,
}

impl CacheChoice {
    pub(super) fn states(self) -> Vec<CacheState> {
        match self {
            Self::Cold => vec![CacheState::Cold],
            Self::Warm => vec![CacheState::Warm],
            Self::Both => CacheState::ALL.to_vec(),
        }
    }
}

/// What to write to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people.
    Table,
    /// The same as `golden.json`.
    Json,
    /// JUnit XML.
    Junit,
    /// Markdown.
    Markdown,
}
