//! The runs of one test as logarithms, without the fast-ready ones.

use super::{
    Run,
    fisher::Share,
    outcome::FastReady,
    plan::{Usable, combined},
    ranks::key,
    tails::Tails,
};

/// Which way a difference is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Head is worse.
    Worse,
    /// Head is better.
    Better,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Arms {
    /// Logarithms of base's usable times.
    pub(super) base: Vec<f64>,
    /// Logarithms of head's usable times.
    pub(super) head: Vec<f64>,
    /// Head's logarithm minus base's, of the pairs that are usable on both sides.
    pub(super) differences: Vec<f64>,
    /// What came from a cache.
    pub(super) fast_ready: FastReady,
}

impl Arms {
    pub(super) fn of((base, head): (&[Run], &[Run])) -> Self {
        let both = base
            .iter()
            .zip(head)
            .filter(|(b, h)| b.is_usable() && h.is_usable());
        let differences = both.map(|(b, h)| log(h) - log(b)).collect();
        let usable =
            |arm: &[Run]| -> Vec<f64> { arm.iter().filter(|run| run.is_usable()).map(log).collect() };
        let (base_logs, head_logs) = (usable(base), usable(head));
        let cached = |arm: &[Run]| arm.iter().filter(|run| run.is_cached()).count();
        Self {
            fast_ready: FastReady {
                base: cached(base),
                head: cached(head),
                of: base.len(),
            },
            base: base_logs,
            head: head_logs,
            differences,
        }
    }

    pub(super) fn usable(&self) -> Usable {
        Usable {
            base: self.base.len(),
            head: self.head.len(),
            pairs: self.differences.len(),
        }
    }

    /// The shares of cached runs, base first.
    pub(super) fn shares(&self) -> (Share, Share) {
        let share = |tagged| Share {
            tagged,
            of: self.fast_ready.of,
        };
        (share(self.fast_ready.base), share(self.fast_ready.head))
    }

    /// The combined exact p of "the one arm takes more than `1 + smallest_effect` times as long as the other", by a
    /// shifted null: the logarithms of the arm under suspicion are lowered by that much first.
    pub(super) fn p(&self, direction: Direction, smallest_effect: f64, tails: &mut Tails) -> f64 {
        let shift = smallest_effect.ln_1p();
        // From the least time of all, so that a factor on both arms leaves the keys as they are.
        let least = self
            .base
            .iter()
            .chain(&self.head)
            .fold(f64::INFINITY, |a, &b| a.min(b));
        let (suspect, other, sign) = match direction {
            Direction::Worse => (&self.head, &self.base, 1.0),
            Direction::Better => (&self.base, &self.head, -1.0),
        };
        let suspect: Vec<i64> = suspect.iter().map(|log| key(log - least - shift)).collect();
        let other: Vec<i64> = other.iter().map(|log| key(log - least)).collect();
        let differences: Vec<i64> = self.differences.iter().map(|d| key(sign * d - shift)).collect();
        combined(
            tails.sums.p_greater(&other, &suspect),
            tails.signs.p_greater(&differences),
        )
    }
}

fn log(run: &Run) -> f64 {
    run.time.as_secs_f64().ln()
}
