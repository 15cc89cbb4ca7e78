//! What the cycles write down: how long requests took, what failed, what was checked, what was broken. Bounded, however
//! long the run: histograms, counts, and the first failures.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use audio_api::{JobId, SegmentId};
use load_engine::record::Latency;
use run_report::{Invariant, InvariantTally, SoakHistogram, SoakTally, Violation};

/// No more failures than this are told one by one.
const MAX_FAILURES: usize = 200;
/// Canceled jobs that are looked at again; a window rarely has more.
const MAX_CANCELED: usize = 256;

/// What all cycles write down.
#[derive(Debug)]
pub(super) struct Ledger {
    began: Instant,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    window: WindowBook,
    total: SoakTally,
    cycles: u64,
    times: BTreeMap<&'static str, Latency>,
    checks: BTreeMap<Invariant, (u64, u64)>,
    failures: Vec<Violation>,
    failures_left_out: u64,
    canceled: VecDeque<Canceled>,
}

/// What was written down since the last quiet point.
#[derive(Debug, Default)]
pub(super) struct WindowBook {
    pub(super) tally: SoakTally,
    pub(super) cycles: u64,
    pub(super) requests: Latency,
    /// From submit to ready, of new texts.
    pub(super) ready: Latency,
    /// What failed last.
    pub(super) last_error: Option<String>,
    pub(super) broken: BTreeSet<Invariant>,
}

/// A job that was canceled, to be looked at again.
#[derive(Debug, Clone)]
pub(super) struct Canceled {
    pub(super) cycle: u64,
    pub(super) job: JobId,
    /// Segments that were ready right after the cancel.
    pub(super) ready: BTreeSet<SegmentId>,
}

impl Ledger {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            book: Mutex::default(),
        }
    }

    /// Since the first cycle.
    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// A request that was answered, or not.
    pub(super) fn request(&self, kind: &'static str, took: Duration) {
        let mut book = self.book();
        book.window.requests.record(took);
        book.window.tally.operations += 1;
        book.times.entry(kind).or_default().record(took);
    }

    /// A time that is no request's.
    pub(super) fn time(&self, kind: &'static str, took: Duration) {
        self.book().times.entry(kind).or_default().record(took);
    }

    /// The last segment of a new text is ready, so long after its submit.
    pub(super) fn ready(&self, took: Duration) {
        self.book().window.ready.record(took);
    }

    /// Adds to the counts.
    pub(super) fn count(&self, add: impl FnOnce(&mut SoakTally)) {
        add(&mut self.book().window.tally);
    }

    /// Something failed.
    pub(super) fn failed(&self, text: String) {
        let mut book = self.book();
        book.window.tally.errors += 1;
        book.window.last_error = Some(text);
    }

    /// A cycle ended.
    pub(super) fn cycle_ended(&self) {
        self.book().window.cycles += 1;
    }

    /// An invariant was looked at, and held.
    pub(super) fn held(&self, invariant: Invariant) {
        self.book().checks.entry(invariant).or_default().0 += 1;
    }

    /// An invariant was looked at, and did not hold.
    pub(super) fn broken(&self, violation: Violation) {
        let mut book = self.book();
        let check = book.checks.entry(violation.invariant).or_default();
        check.0 += 1;
        check.1 += 1;
        book.window.broken.insert(violation.invariant);
        if book.failures.len() < MAX_FAILURES {
            book.failures.push(violation);
        } else {
            book.failures_left_out += 1;
        }
    }

    /// The first failure; `None` as long as there is none.
    pub(super) fn first_failure(&self) -> Option<Violation> {
        self.book().failures.first().cloned()
    }

    /// A job was canceled.
    pub(super) fn canceled(&self, canceled: Canceled) {
        let mut book = self.book();
        book.window.tally.jobs_canceled += 1;
        book.canceled.push_back(canceled);
        if book.canceled.len() > MAX_CANCELED {
            book.canceled.pop_front();
        }
    }

    /// The canceled jobs that have not been looked at again.
    pub(super) fn take_canceled(&self) -> VecDeque<Canceled> {
        std::mem::take(&mut self.book().canceled)
    }

    /// Errors and operations of the whole run so far.
    pub(super) fn so_far(&self) -> SoakTally {
        let book = self.book();
        book.total.plus(book.window.tally)
    }

    /// Errors and operations of the window so far, with what failed last.
    pub(super) fn of_window(&self) -> (SoakTally, Option<String>) {
        let book = self.book();
        (book.window.tally, book.window.last_error.clone())
    }

    /// Ends a window.
    pub(super) fn close_window(&self) -> WindowBook {
        let mut book = self.book();
        let closed = std::mem::take(&mut book.window);
        book.total = book.total.plus(closed.tally);
        book.cycles += closed.cycles;
        closed
    }

    /// All cycles that ended, and all that was done in closed windows and since.
    pub(super) fn totals(&self) -> (u64, SoakTally) {
        let book = self.book();
        (
            book.cycles + book.window.cycles,
            book.total.plus(book.window.tally),
        )
    }

    /// The failures that are told, and how many more there were.
    pub(super) fn failures(&self) -> (Vec<Violation>, u64) {
        let book = self.book();
        (book.failures.clone(), book.failures_left_out)
    }

    /// How often each invariant was looked at; `why_not` says which cannot be on this target.
    pub(super) fn invariants(&self, why_not: impl Fn(Invariant) -> Option<String>) -> Vec<InvariantTally> {
        let book = self.book();
        let tally = |invariant| {
            let (checked, broken) = book.checks.get(&invariant).copied().unwrap_or_default();
            InvariantTally {
                invariant,
                checked,
                broken,
                not_applicable: why_not(invariant),
            }
        };
        Invariant::ALL.into_iter().map(tally).collect()
    }

    /// All times.
    pub(super) fn histograms(&self) -> Vec<SoakHistogram> {
        let book = self.book();
        book.times
            .iter()
            .map(|(name, latency)| histogram(name, latency))
            .collect()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn histogram(name: &str, latency: &Latency) -> SoakHistogram {
    let at = |quantile| in_ms(latency.quantile(quantile).unwrap_or_default());
    SoakHistogram {
        name: name.to_owned(),
        count: latency.count(),
        p50_ms: at(0.50),
        p90_ms: at(0.90),
        p95_ms: at(0.95),
        p99_ms: at(0.99),
        max_ms: at(1.0),
    }
}

/// To the microsecond: finer digits are noise.
pub(super) fn in_ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violation(n: usize) -> Violation {
        Violation {
            invariant: Invariant::Quiet,
            at_seconds: 1.0,
            cycle: None,
            job_id: None,
            text: n.to_string(),
        }
    }

    #[test]
    fn the_first_failures_are_kept_and_all_are_counted() {
        let ledger = Ledger::new();
        ledger.held(Invariant::Quiet);
        (0..MAX_FAILURES + 5).for_each(|n| ledger.broken(violation(n)));
        let (kept, left_out) = ledger.failures();
        assert_eq!(
            (kept.len(), left_out, kept[0].text.as_str()),
            (MAX_FAILURES, 5, "0")
        );
        let all = ledger.invariants(|_| None);
        let quiet = all
            .iter()
            .find(|tally| tally.invariant == Invariant::Quiet)
            .unwrap();
        assert_eq!((quiet.checked, quiet.broken), (206, 205));
        assert_eq!(all.len(), Invariant::ALL.len());
    }

    #[test]
    fn a_closed_window_starts_anew_and_the_totals_go_on() {
        let ledger = Ledger::new();
        for window in 1..=3 {
            ledger.request("job", Duration::from_millis(10));
            ledger.failed("why".to_owned());
            ledger.cycle_ended();
            assert_eq!(ledger.so_far().errors, window);
            let closed = ledger.close_window();
            assert_eq!(
                (closed.tally.operations, closed.tally.errors, closed.cycles),
                (1, 1, 1)
            );
            assert_eq!(closed.requests.count(), 1);
        }
        assert_eq!(ledger.totals().0, 3);
        assert_eq!(ledger.histograms()[0].count, 3);
    }
}
