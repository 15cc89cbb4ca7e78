//! What a server may grow by under a profile that asks.

use run_report::SoakFigure;
use serde::Deserialize;

use super::{Problem, file::Span};
use crate::growth;

/// What a server may grow by in an hour after warm-up, by the slope's whole 99 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::load) struct Leaks {
    /// When warm-up is over; else when the bounds of the server that is started are full, and four times as long again.
    pub(in crate::load) warm_up: Option<Span>,
    /// Resident memory, in MiB.
    pub(in crate::load) rss_mib_per_hour: f64,
    /// Open descriptors.
    pub(in crate::load) fds_per_hour: f64,
    /// Threads.
    pub(in crate::load) threads_per_hour: f64,
}

/// Those of `soak run`.
impl Default for Leaks {
    fn default() -> Self {
        Self {
            warm_up: None,
            rss_mib_per_hour: growth::RSS_MIB_PER_HOUR,
            fds_per_hour: growth::FDS_PER_HOUR,
            threads_per_hour: growth::THREADS_PER_HOUR,
        }
    }
}

impl Leaks {
    /// Each figure with its limit, in the order of reports.
    pub(in crate::load) const fn limits(&self) -> [(SoakFigure, f64); 3] {
        [
            (SoakFigure::Rss, self.rss_mib_per_hour),
            (SoakFigure::Fds, self.fds_per_hour),
            (SoakFigure::Threads, self.threads_per_hour),
        ]
    }

    pub(super) fn check(self) -> Result<Self, Problem> {
        let keys = [
            ("leaks.rss_mib_per_hour", self.rss_mib_per_hour),
            ("leaks.fds_per_hour", self.fds_per_hour),
            ("leaks.threads_per_hour", self.threads_per_hour),
        ];
        let wrong = keys
            .into_iter()
            .find(|(_, limit)| !(limit.is_finite() && *limit > 0.0));
        match wrong {
            None => Ok(self),
            Some((key, limit)) => Err(Problem::Value {
                key,
                given: limit.to_string(),
                legal: "a finite number above 0",
            }),
        }
    }
}
