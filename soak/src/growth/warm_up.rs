//! When warm-up is over: until then memory grows because it has not been used yet, and no leak can be told from that.

use std::time::Duration;

use audio_api::JobCounts;

/// The bounds are full after some time; allocators have settled after so many times that, as recorded runs show.
const SETTLED_AFTER: u32 = 5;

/// When warm-up is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WarmUpRule {
    /// When the cache has evicted and so many jobs have ended, and then four times as long again: allocators settle
    /// later than what they hold.
    Full {
        /// How many ended jobs the server keeps.
        retain_jobs: u64,
    },
    /// After this time.
    After(Duration),
    /// Nobody knows.
    Unknown,
}

/// A number of kept jobs that is none.
#[derive(Debug, thiserror::Error)]
#[error("--server-arg --retain-jobs {0:?}: legal is a whole number")]
pub(crate) struct RetainJobsError(String);

/// Watches for it.
#[derive(Debug)]
pub(crate) struct WarmUp {
    rule: WarmUpRule,
    ended_after: Option<Duration>,
}

impl WarmUp {
    pub(crate) const fn new(rule: WarmUpRule) -> Self {
        Self {
            rule,
            ended_after: None,
        }
    }

    /// Takes a look at the server, so long after the load began: its jobs, and what its cache has let go, where it says.
    pub(crate) fn look(&mut self, at: Duration, jobs: &JobCounts, evictions: Option<f64>) {
        if self.ended_after.is_some() {
            return;
        }
        self.ended_after = match self.rule {
            WarmUpRule::Full { retain_jobs } => {
                let ended = jobs.complete + jobs.complete_with_errors + jobs.error + jobs.canceled;
                let evicts = evictions.is_some_and(|count| count > 0.0);
                (ended >= retain_jobs && evicts).then(|| at * SETTLED_AFTER)
            }
            WarmUpRule::After(time) => Some(time),
            WarmUpRule::Unknown => None,
        };
    }

    /// When it was over, or will be; `None` as long as that is not known.
    pub(crate) const fn ends_after(&self) -> Option<Duration> {
        self.ended_after
    }

    /// When it was over, of a run that lasted so long.
    pub(crate) fn ended_within(&self, lasted: Duration) -> Option<Duration> {
        self.ended_after.filter(|over| *over <= lasted)
    }
}

impl WarmUpRule {
    /// What is known of a server that was started with these arguments, or, without any, of one of others; what `--warm-up` says
    /// stands.
    ///
    /// # Errors
    /// A number of kept jobs that is none.
    pub(crate) fn of(args: &[String], said: Option<Duration>) -> Result<Self, RetainJobsError> {
        if let Some(after) = said {
            return Ok(Self::After(after));
        }
        let Some(at) = args
            .iter()
            .rposition(|arg| arg.split('=').next() == Some("--retain-jobs"))
        else {
            return Ok(Self::Unknown);
        };
        let value = match args[at].split_once('=') {
            Some((_, value)) => Some(value),
            None => args.get(at + 1).map(String::as_str),
        };
        let value = value.unwrap_or_default();
        let retain_jobs = value.parse().map_err(|_| RetainJobsError(value.to_owned()))?;
        Ok(Self::Full { retain_jobs })
    }

    /// In words.
    pub(crate) fn in_words(self) -> String {
        match self {
            Self::Full { retain_jobs } => format!(
                "the cache has evicted and {retain_jobs} jobs have ended, which is all that the server keeps, and then four times as long again"
            ),
            Self::After(time) => format!("{time:?}, as was said"),
            Self::Unknown => {
                "the bounds of the target are not known, so only --warm-up could say when it is over"
                    .to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(jobs: u64) -> JobCounts {
        JobCounts {
            complete: jobs - 1,
            canceled: 1,
            ..JobCounts::default()
        }
    }

    #[test]
    fn both_bounds_have_to_be_full_and_then_it_takes_four_times_as_long_again() {
        let mut warm_up = WarmUp::new(WarmUpRule::Full { retain_jobs: 200 });
        let s = Duration::from_secs;
        warm_up.look(s(10), &ended(300), Some(0.0));
        warm_up.look(s(15), &ended(300), None);
        warm_up.look(s(20), &ended(199), Some(5.0));
        assert_eq!(warm_up.ends_after(), None);
        warm_up.look(s(30), &ended(200), Some(5.0));
        warm_up.look(s(40), &ended(220), Some(6.0));
        assert_eq!(warm_up.ends_after(), Some(s(150)));
        assert_eq!(warm_up.ended_within(s(149)), None);
        assert_eq!(warm_up.ended_within(s(150)), Some(s(150)));
    }

    #[test]
    fn what_is_not_known_is_never_over() {
        let mut warm_up = WarmUp::new(WarmUpRule::Unknown);
        warm_up.look(Duration::from_secs(9_999), &ended(10_000), Some(99.0));
        assert_eq!(warm_up.ends_after(), None);
    }
}
