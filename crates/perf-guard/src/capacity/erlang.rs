//! Waiting for one of several workers (A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in
//! automatic telephone exchanges", 1917).

/// The most workers that are reckoned with.
pub const MOST_WORKERS: u32 = 100_000;

/// A queue in front of equal workers: M/M/c.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Queue {
    arrivals_per_s: f64,
    service_s: f64,
    workers: u32,
}

/// Why figures are no queue, or none that ever empties.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum QueueError {
    /// None, negative, or no number.
    #[error("{0} arrivals per second; legal: above 0 and at most 1e9")]
    Arrivals(f64),
    /// Likewise.
    #[error("a service time of {0} s; legal: above 0 and at most 86400")]
    Service(f64),
    /// None, or absurdly many.
    #[error("{0} workers; legal: 1 to {MOST_WORKERS}")]
    Workers(u32),
    /// More comes than can be done.
    #[error(
        "{load:.2} workers are kept busy by what arrives, and there are {workers}: the queue grows without end"
    )]
    Overloaded {
        /// Erlangs.
        load: f64,
        /// The workers.
        workers: u32,
    },
    /// No number of workers is enough.
    #[error("not even {MOST_WORKERS} workers hold the target")]
    Unreachable,
    /// A target that is none.
    #[error(
        "a wait of {wait_s} s for the share {share}; legal: at least 0 s, and a share above 0 and below 1"
    )]
    Target {
        /// The wait.
        wait_s: f64,
        /// The share of arrivals that wait no longer.
        share: f64,
    },
}

impl Queue {
    /// A queue that empties.
    ///
    /// # Errors
    /// When a figure is out of its range, or more comes than can be done.
    pub fn new(arrivals_per_s: f64, service_s: f64, workers: u32) -> Result<Self, QueueError> {
        let load = erlangs(arrivals_per_s, service_s)?;
        if !(1..=MOST_WORKERS).contains(&workers) {
            return Err(QueueError::Workers(workers));
        }
        if load >= f64::from(workers) {
            return Err(QueueError::Overloaded { load, workers });
        }
        Ok(Self {
            arrivals_per_s,
            service_s,
            workers,
        })
    }

    /// Workers that are busy on average: arrivals per second times the time of each (Little's law).
    #[must_use]
    pub fn load(self) -> f64 {
        self.arrivals_per_s * self.service_s
    }

    /// The share of its time that a worker is busy, 0 to 1.
    #[must_use]
    pub fn utilisation(self) -> f64 {
        self.load() / f64::from(self.workers)
    }

    /// How many workers there are.
    #[must_use]
    pub const fn workers(self) -> u32 {
        self.workers
    }

    /// The share of arrivals that find all workers busy: Erlang's C formula, from his B formula by
    /// `C = B / (1 - ρ (1 - B))`.
    #[must_use]
    pub fn waits(self) -> f64 {
        let blocked = blocked(self.load(), self.workers);
        blocked / (1.0 - self.utilisation() * (1.0 - blocked))
    }

    /// The mean wait of all arrivals, in seconds.
    #[must_use]
    pub fn mean_wait_s(self) -> f64 {
        self.waits() / self.emptying_per_s()
    }

    /// The share of arrivals that wait longer than `wait_s` seconds: `C e^(-(c μ - λ) t)`.
    #[must_use]
    pub fn waits_longer_than(self, wait_s: f64) -> f64 {
        self.waits() * (-self.emptying_per_s() * wait_s.max(0.0)).exp()
    }

    /// The wait that the share `share` of arrivals does not exceed, in seconds.
    #[must_use]
    pub fn wait_quantile_s(self, share: f64) -> f64 {
        let beyond = 1.0 - share.clamp(0.0, 1.0);
        let waits = self.waits();
        if beyond >= waits {
            return 0.0;
        }
        (waits / beyond).ln() / self.emptying_per_s()
    }

    /// How much faster work is done than it comes while all workers are busy: `c μ - λ`.
    fn emptying_per_s(self) -> f64 {
        f64::from(self.workers) / self.service_s - self.arrivals_per_s
    }
}

fn erlangs(arrivals_per_s: f64, service_s: f64) -> Result<f64, QueueError> {
    if !(arrivals_per_s > 0.0 && arrivals_per_s <= 1e9) {
        return Err(QueueError::Arrivals(arrivals_per_s));
    }
    if !(service_s > 0.0 && service_s <= super::SECONDS_A_DAY) {
        return Err(QueueError::Service(service_s));
    }
    Ok(arrivals_per_s * service_s)
}

/// Erlang's B formula by its recurrence `B(0) = 1, B(k) = a B(k-1) / (k + a B(k-1))`: no factorial, no power, nothing that
/// overflows.
fn blocked(load: f64, workers: u32) -> f64 {
    (1..=workers).fold(1.0, |before, k| load * before / (f64::from(k) + load * before))
}

/// The fewest workers with which the share `share` of arrivals waits at most `wait_s` seconds.
///
/// # Errors
/// When a figure is out of its range, or no number of workers is enough.
pub fn workers_for(
    arrivals_per_s: f64,
    service_s: f64,
    (wait_s, share): (f64, f64),
) -> Result<Queue, QueueError> {
    let load = erlangs(arrivals_per_s, service_s)?;
    if !(wait_s >= 0.0 && share > 0.0 && share < 1.0) {
        return Err(QueueError::Target { wait_s, share });
    }
    if load >= f64::from(MOST_WORKERS) {
        return Err(QueueError::Unreachable);
    }
    let queue = |workers| Queue {
        arrivals_per_s,
        service_s,
        workers,
    };
    let holds = |workers| queue(workers).waits_longer_than(wait_s) <= 1.0 - share;
    // Fewer than these would never empty the queue. More workers never wait longer, so halving finds the fewest.
    let (mut least, mut most) = (load.floor() as u32 + 1, MOST_WORKERS);
    if !holds(most) {
        return Err(QueueError::Unreachable);
    }
    while least < most {
        let middle = least + (most - least) / 2;
        if holds(middle) {
            most = middle;
        } else {
            least = middle + 1;
        }
    }
    Ok(queue(least))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    /// `a` erlangs on `c` workers.
    fn queue(a: f64, c: u32) -> Queue {
        Queue::new(a, 1.0, c).unwrap()
    }

    /// By sums of `a^k / k!`, as the formulas stand in books; fit for small numbers only.
    fn by_definition(a: f64, c: u32) -> (f64, f64) {
        let mut term = 1.0;
        let mut below = 0.0;
        for k in 0..c {
            below += term;
            term *= a / f64::from(k + 1);
        }
        let last = term * f64::from(c) / (f64::from(c) - a);
        (term / (below + term), last / (below + last))
    }

    #[rstest]
    // One worker: the share that waits is the utilisation itself.
    #[case::one(0.5, 1, 0.5)]
    // Two workers: ρ = a/2, C = 2ρ²/(1+ρ).
    #[case::two(1.0, 2, 1.0 / 3.0)]
    #[case::two_busier(1.6, 2, 2.0 * 0.64 / 1.8)]
    // Three at 2 erlangs: 4/9, in every text book.
    #[case::three(2.0, 3, 4.0 / 9.0)]
    // 10 erlangs on 11 and on 14 workers, from tables.
    #[case::eleven(10.0, 11, 0.6821)]
    #[case::fourteen(10.0, 14, 0.1741)]
    fn the_share_that_waits_is_that_of_the_tables(#[case] a: f64, #[case] c: u32, #[case] waits: f64) {
        let found = queue(a, c).waits();
        assert!((found - waits).abs() < 5e-5, "{found} for {waits}");
    }

    #[rstest]
    // Erlang's B at 10 erlangs: 0.2146 of calls are lost on 10 lines, 0.0365 on 15.
    #[case(10.0, 10, 0.2146)]
    #[case(10.0, 15, 0.0365)]
    #[case(1.0, 1, 0.5)]
    fn the_share_that_is_blocked_is_that_of_the_tables(#[case] a: f64, #[case] c: u32, #[case] lost: f64) {
        let found = blocked(a, c);
        assert!((found - lost).abs() < 5e-5, "{found} for {lost}");
    }

    #[test]
    fn one_worker_waits_as_one_queue_does() {
        // M/M/1 at λ = 0.5, μ = 1: W = ρ/(μ-λ) = 1 s; 95 % wait at most ln(0.5/0.05)/0.5 s.
        let queue = Queue::new(0.5, 1.0, 1).unwrap();
        assert!((queue.mean_wait_s() - 1.0).abs() < 1e-12);
        assert!((queue.wait_quantile_s(0.95) - 10_f64.ln() / 0.5).abs() < 1e-12);
        assert!(
            (queue.wait_quantile_s(0.5)).abs() < 1e-12,
            "half of them do not wait at all"
        );
    }

    #[rstest]
    #[case::no_arrivals(0.0, 1.0, 1)]
    #[case::no_service(1.0, 0.0, 2)]
    #[case::no_workers(1.0, 1.0, 0)]
    #[case::as_much_as_can_be_done(2.0, 1.0, 2)]
    #[case::no_number(f64::NAN, 1.0, 2)]
    fn what_is_no_queue_is_refused(#[case] arrivals: f64, #[case] service: f64, #[case] workers: u32) {
        assert!(Queue::new(arrivals, service, workers).is_err());
    }

    #[test]
    fn a_target_that_is_none_is_refused() {
        for target in [
            (1.0, 1.0),
            (1.0, 0.0),
            (-1.0, 0.5),
            (f64::NAN, 0.5),
            (1.0, f64::NAN),
        ] {
            assert!(workers_for(1.0, 1.0, target).is_err(), "{target:?}");
        }
        assert_eq!(workers_for(1e6, 1.0, (1.0, 0.9)), Err(QueueError::Unreachable));
    }

    proptest! {
        #[test]
        fn the_recurrence_is_the_definition(c in 1_u32..60, share in 0.01..0.99_f64) {
            let a = f64::from(c) * share;
            let (b, waits) = by_definition(a, c);
            prop_assert!((blocked(a, c) - b).abs() < 1e-9);
            prop_assert!((queue(a, c).waits() - waits).abs() < 1e-9);
        }

        #[test]
        fn the_fewest_workers_hold_the_target_and_one_fewer_does_not(
            arrivals in 0.01..200.0_f64, service in 0.01..5.0_f64, wait in 0.0..10.0_f64, share in 0.5..0.999_f64,
        ) {
            let found = workers_for(arrivals, service, (wait, share)).unwrap();
            prop_assert!(found.waits_longer_than(wait) <= 1.0 - share);
            prop_assert!(found.wait_quantile_s(share) <= wait + 1e-9);
            if let Ok(fewer) = Queue::new(arrivals, service, found.workers() - 1) {
                prop_assert!(fewer.waits_longer_than(wait) > 1.0 - share);
            }
        }

        #[test]
        fn more_load_waits_longer_and_more_workers_shorter(
            c in 1_u32..200, share in 0.01..0.9_f64, more in 1.001..1.1_f64,
        ) {
            let a = f64::from(c) * share;
            let (one, busier, wider) = (queue(a, c), queue(a * more, c), queue(a, c + 1));
            prop_assert!(busier.mean_wait_s() >= one.mean_wait_s());
            prop_assert!(wider.mean_wait_s() <= one.mean_wait_s());
            prop_assert!((0.0..=1.0).contains(&one.waits()));
        }

        #[test]
        fn the_quantile_of_a_wait_is_its_inverse(c in 1_u32..50, share in 0.5..0.99_f64, at in 0.01..0.99_f64) {
            let one = queue(f64::from(c) * share, c);
            let wait = one.wait_quantile_s(at);
            let beyond = one.waits_longer_than(wait);
            prop_assert!((beyond - (1.0 - at)).abs() < 1e-9 || (wait == 0.0 && beyond <= 1.0 - at));
        }
    }
}
