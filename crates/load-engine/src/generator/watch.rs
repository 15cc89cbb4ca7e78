//! The generator watches itself: a saturated one measures itself and not the server.

use std::{fmt, time::Duration};

use super::LoadRun;

/// How busy a generator thread was.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ThreadUse {
    /// Processor time used.
    pub cpu: Duration,
    /// Over this time.
    pub lasted: Duration,
}

impl ThreadUse {
    /// The share of one core, 0 to 1.
    #[must_use]
    pub fn share(self) -> f64 {
        if self.lasted.is_zero() {
            return 0.0;
        }
        (self.cpu.as_secs_f64() / self.lasted.as_secs_f64()).min(1.0)
    }
}

/// What a generator may do and still be trusted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// The 99th percentile of the send lag.
    pub send_lag_p99: Duration,
    /// The share of its core that the busiest thread may use, 0 to 1.
    pub cpu_share: f64,
    /// The share of due journeys that have to be begun or dropped for want of a free connection, 0 to 1.
    pub achieved: f64,
}

impl Default for Limits {
    /// A lag of 5 ms, nine tenths of a core, 99 % of the schedule.
    fn default() -> Self {
        Self {
            send_lag_p99: Duration::from_millis(5),
            cpu_share: 0.9,
            achieved: 0.99,
        }
    }
}

/// Why the figures of a run are not to be trusted, with what to change.
#[derive(Debug, Clone, PartialEq)]
pub enum Doubt {
    /// Requests went out later than they were due though their connection was free.
    SendLag {
        /// The 99th percentile.
        p99: Duration,
        /// What it may be.
        limit: Duration,
    },
    /// A thread had no time left.
    Cpu {
        /// The share of a core, 0 to 1.
        share: f64,
        /// What it may be.
        limit: f64,
    },
    /// Not all of the schedule was carried out.
    Behind {
        /// Journeys that were accounted for.
        accounted: u64,
        /// Journeys that were due.
        due: u64,
    },
    /// There was nothing.
    Nothing,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SendLag { p99, limit } => write!(
                f,
                "the generator sent late: send lag p99 {:.1} ms, at most {:.1} ms may be; lower the rate, give it more threads or \
                 a quieter machine",
                p99.as_secs_f64() * 1e3,
                limit.as_secs_f64() * 1e3,
            ),
            Self::Cpu { share, limit } => write!(
                f,
                "the generator was saturated: its busiest thread used {:.0} % of a core, at most {:.0} % may be; give it more \
                 threads, fewer users or a lower rate",
                share * 100.0,
                limit * 100.0,
            ),
            Self::Behind { accounted, due } => write!(
                f,
                "the generator fell behind its schedule: {accounted} of {due} due journeys were begun or counted as dropped; \
                 lower the rate or give it more threads"
            ),
            Self::Nothing => write!(f, "not one request was made; let it last longer"),
        }
    }
}

impl LoadRun {
    /// The share of a core of the busiest thread, 0 to 1.
    #[must_use]
    pub fn cpu_share(&self) -> f64 {
        self.threads
            .iter()
            .map(|thread| thread.share())
            .fold(0.0, f64::max)
    }

    /// Why its figures are not to be trusted; empty when they are. `scheduled` is how many journeys an open load brings by the
    /// time at which the run ended.
    #[must_use]
    pub fn doubts(&self, limits: &Limits, scheduled: Option<u64>) -> Vec<Doubt> {
        if self.record.total() == 0 {
            return vec![Doubt::Nothing];
        }
        let lag = self
            .record
            .send_lag
            .quantile(0.99)
            .filter(|p99| *p99 > limits.send_lag_p99);
        let lag = lag.map(|p99| Doubt::SendLag {
            p99,
            limit: limits.send_lag_p99,
        });
        let share = self.cpu_share();
        let cpu = (share > limits.cpu_share).then_some(Doubt::Cpu {
            share,
            limit: limits.cpu_share,
        });
        let journeys = &self.record.journeys;
        let accounted = journeys.begun + journeys.dropped;
        let behind = scheduled.filter(|due| (accounted as f64) < *due as f64 * limits.achieved);
        let behind = behind.map(|due| Doubt::Behind { accounted, due });
        [lag, cpu, behind].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::SystemTime};

    use super::*;
    use crate::{
        catalogue::Catalogue,
        record::{Exchange, Outcome, Record},
    };

    fn run(requests: u64, cpu_ms: u64, lag_ms: u64) -> LoadRun {
        let mut catalogue = Catalogue::default();
        let step = catalogue.step("status", "/v1/admin/status");
        let mut record = Record::new(Arc::new(catalogue));
        for _ in 0..requests {
            record.exchange(
                step,
                &Exchange {
                    outcome: Outcome::Ok,
                    response: Duration::from_millis(1),
                    service: Duration::from_millis(1),
                    first_byte: None,
                    bytes: 1,
                },
            );
            record.send_lag.record(Duration::from_millis(lag_ms));
        }
        record.journeys.begun = requests;
        let threads = [10, cpu_ms].map(|cpu| ThreadUse {
            cpu: Duration::from_millis(cpu),
            lasted: Duration::from_secs(1),
        });
        LoadRun {
            record,
            started_at: SystemTime::UNIX_EPOCH,
            lasted: Duration::from_secs(1),
            threads: threads.to_vec(),
            stopped: false,
        }
    }

    #[test]
    fn a_generator_at_ease_is_trusted() {
        assert_eq!(run(100, 500, 1).doubts(&Limits::default(), Some(100)), []);
    }

    #[test]
    fn each_kind_of_saturation_is_named() {
        let limits = Limits::default();
        let only = |run: LoadRun, scheduled| {
            let doubts = run.doubts(&limits, scheduled);
            assert_eq!(doubts.len(), 1, "{doubts:?}");
            doubts[0].to_string()
        };
        assert!(only(run(100, 950, 1), None).contains("95 % of a core"));
        assert!(only(run(100, 500, 20), None).contains("send lag p99 20.0 ms"));
        assert!(only(run(98, 500, 1), Some(100)).contains("98 of 100 due"));
        assert!(only(run(0, 500, 1), None).contains("not one request"));
    }
}
