//! How many descriptors this process may have open, and how many connections and files that holds.

use std::fmt;

#[cfg(unix)]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{config::DEFAULT_MAX_CONNECTIONS, http::MAX_REFUSING};

/// What is not a served connection: the listener, standard streams, the runtime's own, files being read and written,
/// and connections that are being refused.
const RESERVED: u64 = 64 + MAX_REFUSING as u64;

/// The most files of audio that are open to be sent at a time; further ones are read at once.
const MAX_OPEN_FILES: u64 = 4_096;

/// The limit of open descriptors; `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Descriptors(Option<u64>);

/// More connections are asked for than descriptors can be had.
#[derive(Debug, thiserror::Error)]
#[error(
    "--max-connections is {given}; the limit of open descriptors is {limit}, which holds {held} connections: lower the \
     one, or raise the other (ulimit -Hn)"
)]
pub(crate) struct TooFewDescriptors {
    given: u64,
    limit: u64,
    held: u64,
}

impl Descriptors {
    /// Raises the soft limit to the hard one, and answers what holds then.
    #[cfg(unix)]
    #[must_use]
    pub(crate) fn raised() -> Self {
        let found = getrlimit(Resource::Nofile);
        let wanted = Rlimit {
            current: found.maximum,
            maximum: found.maximum,
        };
        // Some systems have a lower bound of their own than the hard limit says; what was there stays then.
        let _ = setrlimit(Resource::Nofile, wanted);
        Self(getrlimit(Resource::Nofile).current)
    }

    /// There is no such limit here.
    #[cfg(not(unix))]
    #[must_use]
    pub(crate) const fn raised() -> Self {
        Self(None)
    }

    /// How many connections are to be served: as `asked`, or else the default or what the limit holds.
    ///
    /// # Errors
    /// When what is asked for cannot be held.
    pub(crate) fn connections(self, asked: Option<u64>) -> Result<u64, TooFewDescriptors> {
        let held = self
            .0
            .map_or(u64::MAX, |limit| limit.saturating_sub(RESERVED).max(1));
        match asked {
            Some(given) if given > held => Err(TooFewDescriptors {
                given,
                limit: self.0.unwrap_or(u64::MAX),
                held,
            }),
            Some(given) => Ok(given),
            None => Ok(DEFAULT_MAX_CONNECTIONS.min(held)),
        }
    }

    /// How many files may be open to be sent: what is left beside so many connections.
    #[must_use]
    pub(crate) fn open_files(self, connections: u64) -> usize {
        let left = self
            .0
            .map_or(u64::MAX, |limit| limit.saturating_sub(RESERVED + connections));
        usize::try_from(left.min(MAX_OPEN_FILES)).unwrap_or(usize::MAX)
    }
}

impl fmt::Display for Descriptors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(limit) => write!(f, "{limit}"),
            None => f.write_str("unlimited"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_bounds_the_default_and_refuses_what_is_asked_beyond_it() {
        let few = Descriptors(Some(1_024));
        assert_eq!(few.connections(None).expect("a default"), 1_024 - RESERVED);
        assert_eq!(few.connections(Some(500)).expect("held"), 500);
        let error = few.connections(Some(2_000)).expect_err("too many").to_string();
        assert!(error.contains("2000") && error.contains("1024"), "{error}");
        assert_eq!(
            Descriptors(None).connections(None).expect("a default"),
            DEFAULT_MAX_CONNECTIONS
        );
    }

    #[test]
    fn files_get_the_descriptors_that_connections_leave() {
        let limit = 10 + RESERVED + 500;
        assert_eq!(Descriptors(Some(limit)).open_files(500), 10);
        assert_eq!(Descriptors(Some(limit)).open_files(511), 0);
        assert_eq!(Descriptors(Some(1 << 20)).open_files(500) as u64, MAX_OPEN_FILES);
        assert_eq!(Descriptors(None).open_files(500) as u64, MAX_OPEN_FILES);
    }

    #[cfg(unix)]
    #[test]
    fn raising_leaves_the_soft_limit_at_the_hard_one() {
        let raised = Descriptors::raised();
        let limits = getrlimit(Resource::Nofile);
        assert_eq!((raised.0, limits.current), (limits.current, limits.maximum));
    }
}
