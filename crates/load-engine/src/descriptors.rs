//! Room for connections: each takes a descriptor, and the usual soft limit is 1,024.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Why the process cannot open enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DescriptorError {
    /// The hard limit is too low.
    #[error(
        "{needed} descriptors are needed and the hard limit (ulimit -Hn) is {hard}; raise it, or use fewer users"
    )]
    HardLimit {
        /// How many are needed.
        needed: u64,
        /// How many there may be.
        hard: u64,
    },
    /// The system refuses.
    #[error("raise the limit of descriptors (ulimit -n) to {needed}: {source}")]
    Refused {
        /// How many are needed.
        needed: u64,
        /// What the system says.
        source: rustix::io::Errno,
    },
}

/// Raises the soft limit to `needed` where it is lower.
///
/// # Errors
/// When the hard limit is lower, or the system refuses.
pub fn raise(needed: u64) -> Result<(), DescriptorError> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|soft| soft >= needed) {
        return Ok(());
    }
    if let Some(hard) = limit.maximum.filter(|hard| *hard < needed) {
        return Err(DescriptorError::HardLimit { needed, hard });
    }
    let raised = Rlimit {
        current: Some(needed),
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, raised).map_err(|source| DescriptorError::Refused { needed, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_hard_limit_is_refused_by_its_name() {
        if let Some(hard) = getrlimit(Resource::Nofile).maximum {
            let error = raise(hard + 1).unwrap_err();
            assert_eq!(
                error,
                DescriptorError::HardLimit {
                    needed: hard + 1,
                    hard
                }
            );
            assert!(error.to_string().contains("ulimit -Hn"));
        }
    }

    #[test]
    fn what_is_there_is_enough() {
        assert_eq!(raise(16), Ok(()));
    }
}
