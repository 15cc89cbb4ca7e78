//! What cannot be meant.

use audio_api::fault::FlagError;
use perf_guard::MIN_REPEATS;
use run_context::ArgError;

/// What cannot be meant. Exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// A fault that is none.
    #[error("--fault {given}: {source}")]
    Fault {
        /// What was given.
        given: String,
        /// What is wrong with it.
        source: FlagError,
    },
    /// A fault by which nothing can be proven.
    #[error("--fault: {0}")]
    Unprovable(String),
    /// What any command's flag cannot mean.
    #[error(transparent)]
    Flag(#[from] ArgError),
    /// Repeats too few for a baseline.
    #[error("--repeat is {0}; legal with --update-baseline: {MIN_REPEATS} or more")]
    Repeats(u32),
    /// A baseline of a part.
    #[error("--update-baseline takes a whole run, without --filter and with --cache both")]
    Narrowed,
    /// Nothing is left.
    #[error("--filter {0}: no test's name contains that")]
    NoTest(String),
    /// More than allowed.
    #[error("this run would submit {planned} characters in {jobs} jobs; --max-characters allows {allowed}")]
    TooManyCharacters {
        /// Characters.
        planned: u64,
        /// Jobs.
        jobs: u64,
        /// What is allowed.
        allowed: u64,
    },
    /// A plan that makes no sense.
    #[error("--{flag}: {source}")]
    Plan {
        /// The flag.
        flag: &'static str,
        /// What is wrong.
        source: perf_guard::ValueError,
    },
    /// A guard that cannot fire.
    #[error(transparent)]
    Unfireable(#[from] perf_guard::CheckError),
    /// A baseline from a tree that nobody can rebuild.
    #[error("--update-baseline: the working tree {0}; commit first, or add --allow-dirty")]
    Dirty(&'static str),
}
