//! How busy the machine is with other things.

use std::{fs, io, num::NonZeroUsize, time::Duration};

use tokio::time::{Instant, sleep};

/// How often the machine is looked at while it comes to rest.
const PAUSE: Duration = Duration::from_secs(1);

/// The average number of processes that ran or wanted to in the last minute (`proc_loadavg(5)`).
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct LoadAverage(pub(super) f64);

/// Why nothing is measured. Exit code 4.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadAverageError {
    #[error(
        "the load average is {found:.2}, at most {limit:.2} may be: other work would be measured with the server; let the machine come \
         to rest, wait for it with --settle, or say --max-load"
    )]
    TooHigh { found: f64, limit: f64 },
    #[error("the load average cannot be read from /proc/loadavg")]
    Unreadable(#[source] io::Error),
}

impl LoadAverage {
    /// Now.
    pub(super) fn now() -> Result<Self, LoadAverageError> {
        let text = fs::read_to_string("/proc/loadavg").map_err(LoadAverageError::Unreadable)?;
        Self::parse(&text).ok_or_else(|| {
            LoadAverageError::Unreadable(io::Error::new(
                io::ErrorKind::InvalidData,
                "its first word is no number",
            ))
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let found: f64 = text.split_whitespace().next()?.parse().ok()?;
        (found.is_finite() && found >= 0.0).then_some(Self(found))
    }

    /// Half of the cores.
    pub(super) fn usual_limit() -> f64 {
        std::thread::available_parallelism().map_or(1, NonZeroUsize::get) as f64 / 2.0
    }

    /// Waits until the machine is at rest, at most `settle`.
    pub(super) async fn at_most(limit: f64, settle: Duration) -> Result<Self, LoadAverageError> {
        let deadline = Instant::now() + settle;
        loop {
            let now = Self::now()?;
            if now.0 <= limit {
                return Ok(now);
            }
            if Instant::now() >= deadline {
                return Err(LoadAverageError::TooHigh { found: now.0, limit });
            }
            sleep(PAUSE).await;
        }
    }
}

impl std::fmt::Display for LoadAverage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_figure_is_that_of_the_last_minute() {
        assert_eq!(
            LoadAverage::parse("0.52 0.58 0.59 1/467 12345\n"),
            Some(LoadAverage(0.52))
        );
        for text in ["", "high 0.1", "NaN 0 0", "-1 0 0"] {
            assert_eq!(LoadAverage::parse(text), None, "{text}");
        }
    }

    #[tokio::test]
    async fn a_busy_machine_is_refused_with_its_figure() {
        let error = LoadAverage::at_most(-1.0, Duration::ZERO).await.unwrap_err();
        assert!(error.to_string().contains("at most -1.00 may be"), "{error}");
        LoadAverage::at_most(1e9, Duration::ZERO).await.unwrap();
    }
}
