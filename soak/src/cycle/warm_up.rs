//! When warm-up is over: until then memory grows because it has not been used yet, and no leak can be told from that.

use std::time::Duration;

use run_context::ServerFigures;

/// Pieces of audio that the server had to let go.
const EVICTIONS: &str = "touchstone_blob_evictions_total";

/// The bounds are full after some time; allocators have settled after so many times that, as recorded runs show.
const SETTLED_AFTER: u32 = 5;

/// When warm-up is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WarmUpRule {
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

/// Watches for it.
#[derive(Debug)]
pub(super) struct WarmUp {
    rule: WarmUpRule,
    ended_after: Option<Duration>,
}

impl WarmUp {
    pub(super) const fn new(rule: WarmUpRule) -> Self {
        Self {
            rule,
            ended_after: None,
        }
    }

    /// Takes a look at the server, so long after the first cycle.
    pub(super) fn look(&mut self, at: Duration, figures: &ServerFigures) {
        if self.ended_after.is_some() {
            return;
        }
        self.ended_after = match self.rule {
            WarmUpRule::Full { retain_jobs } => {
                let jobs = &figures.status.jobs;
                let ended = jobs.complete + jobs.complete_with_errors + jobs.error + jobs.canceled;
                let evicts = figures.metric(EVICTIONS).is_some_and(|count| count > 0.0);
                (ended >= retain_jobs && evicts).then(|| at * SETTLED_AFTER)
            }
            WarmUpRule::After(time) => Some(time),
            WarmUpRule::Unknown => None,
        };
    }

    /// When it was over, or will be; `None` as long as that is not known.
    pub(super) const fn ends_after(&self) -> Option<Duration> {
        self.ended_after
    }
}

impl WarmUpRule {
    /// In words.
    pub(super) fn in_words(self) -> String {
        match self {
            Self::Full { retain_jobs } => format!(
                "the cache has evicted and {retain_jobs} jobs have ended, which is all that the server keeps, and then four times as long again"
            ),
            Self::After(time) => format!("{time:?}, as --warm-up says"),
            Self::Unknown => {
                "the bounds of the target are not known, so only --warm-up could say when it is over"
                    .to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use audio_api::{JobCounts, StatusSnapshot};

    use super::*;

    fn figures(ended: u64, evictions: f64) -> ServerFigures {
        ServerFigures {
            status: StatusSnapshot {
                jobs: JobCounts {
                    complete: ended - 1,
                    canceled: 1,
                    ..JobCounts::default()
                },
                ..StatusSnapshot::default()
            },
            metrics: [(EVICTIONS.to_owned(), evictions)].into(),
        }
    }

    #[test]
    fn both_bounds_have_to_be_full_and_then_it_takes_four_times_as_long_again() {
        let mut warm_up = WarmUp::new(WarmUpRule::Full { retain_jobs: 200 });
        let s = Duration::from_secs;
        warm_up.look(s(10), &figures(300, 0.0));
        warm_up.look(s(20), &figures(199, 5.0));
        assert_eq!(warm_up.ends_after(), None);
        warm_up.look(s(30), &figures(200, 5.0));
        warm_up.look(s(40), &figures(220, 6.0));
        assert_eq!(warm_up.ends_after(), Some(s(150)));
    }

    #[test]
    fn what_is_not_known_is_never_over() {
        let mut warm_up = WarmUp::new(WarmUpRule::Unknown);
        warm_up.look(Duration::from_secs(9_999), &figures(10_000, 99.0));
        assert_eq!(warm_up.ends_after(), None);
    }
}
