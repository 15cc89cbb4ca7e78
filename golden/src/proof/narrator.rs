//! What people see while a proof runs: a bar on a terminal, a line a cell elsewhere, and how long it may still take.

use run_context::Surroundings;
use std::{
    io::{self, Write as _},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The sorts of work whose cost differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// A slowdown at one magnitude, or a control of the timed tests.
    Timed,
    /// A fault that breaks, or a control of the tests of correctness.
    Checked,
}

/// How much is left of each sort, and what one of it took so far.
#[derive(Debug, Clone, Copy)]
struct Tally {
    left: usize,
    done: usize,
    spent: Duration,
    /// What one takes as long as none has been seen.
    guess: Duration,
}

impl Tally {
    const fn guessed(guess: Duration) -> Self {
        Self {
            left: 0,
            done: 0,
            spent: Duration::ZERO,
            guess,
        }
    }

    fn remaining(&self) -> Duration {
        let each = u32::try_from(self.done)
            .ok()
            .and_then(|done| self.spent.checked_div(done))
            .unwrap_or(self.guess);
        each.saturating_mul(u32::try_from(self.left).unwrap_or(u32::MAX))
    }
}

/// The work of a proof: what is done and what is left.
#[derive(Debug, Clone, Copy)]
struct Ledger {
    timed: Tally,
    checked: Tally,
}

impl Ledger {
    const fn new() -> Self {
        Self {
            timed: Tally::guessed(Duration::from_secs(6)),
            checked: Tally::guessed(Duration::from_secs(1)),
        }
    }

    const fn of(&mut self, work: Work) -> &mut Tally {
        match work {
            Work::Timed => &mut self.timed,
            Work::Checked => &mut self.checked,
        }
    }

    fn remaining(&self) -> Duration {
        self.timed.remaining() + self.checked.remaining()
    }

    const fn done(&self) -> usize {
        self.timed.done + self.checked.done
    }

    const fn all(&self) -> usize {
        self.done() + self.timed.left + self.checked.left
    }
}

/// Tells what happens.
#[derive(Debug)]
pub struct Narrator {
    bar: Option<ProgressBar>,
    ledger: Mutex<Ledger>,
    began: Instant,
}

impl Narrator {
    /// The one that fits standard error.
    #[must_use]
    pub fn for_surroundings(around: &Surroundings) -> Self {
        let bar = (around.stderr_is_terminal && around.get("CI").is_none()).then(bar);
        Self {
            bar,
            ledger: Mutex::new(Ledger::new()),
            began: Instant::now(),
        }
    }

    /// More is to be done.
    pub(super) fn plan(&self, work: Work, cells: usize) {
        self.change(|ledger| ledger.of(work).left += cells);
    }

    /// Some of it need not be done after all.
    pub(super) fn spare(&self, work: Work, cells: usize) {
        self.change(|ledger| {
            let tally = ledger.of(work);
            tally.left = tally.left.saturating_sub(cells);
        });
    }

    /// Something begins.
    pub(super) fn begin(&self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(what.to_owned());
        }
    }

    /// Something ended: what it was, and what came of it. Of work that is done side by side, `took` is its share of the time.
    pub(super) fn end(&self, work: Work, took: Duration, line: &str) {
        self.change(|ledger| {
            let tally = ledger.of(work);
            tally.left = tally.left.saturating_sub(1);
            tally.done += 1;
            tally.spent += took;
        });
        let ledger = *self.locked();
        let left = in_words(ledger.remaining());
        match &self.bar {
            Some(bar) => {
                bar.set_length(ledger.all() as u64);
                bar.set_position(ledger.done() as u64);
                bar.set_prefix(left);
                bar.println(line);
            }
            None => {
                let (done, all) = (ledger.done(), ledger.all());
                // A reader that went away must not end the proof.
                let _ = writeln!(io::stderr().lock(), "[{done:>3}/{all}, {left} left] {line}");
            }
        }
    }

    /// Something to know.
    pub(super) fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            None => {
                let _ = writeln!(io::stderr().lock(), "{line}");
            }
        }
    }

    /// Since the beginning.
    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn change(&self, change: impl FnOnce(&mut Ledger)) {
        change(&mut self.locked());
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Narrator {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    if let Ok(style) =
        ProgressStyle::with_template("{bar:30} {pos:>3}/{len} {elapsed:>4}, {prefix} left, {wide_msg}")
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// In minutes, or in seconds when it is less than two minutes.
fn in_words(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_follows_from_what_one_of_its_sort_took() {
        let mut ledger = Ledger::new();
        ledger.of(Work::Timed).left = 10;
        ledger.of(Work::Checked).left = 4;
        assert_eq!(ledger.remaining(), Duration::from_secs(64), "as guessed");
        let timed = ledger.of(Work::Timed);
        (timed.left, timed.done, timed.spent) = (8, 2, Duration::from_secs(4));
        assert_eq!(ledger.remaining(), Duration::from_secs(8 * 2 + 4));
        assert_eq!((ledger.done(), ledger.all()), (2, 14));
    }

    #[test]
    fn a_time_is_given_in_a_unit_that_fits() {
        assert_eq!(in_words(Duration::from_secs(119)), "119 s");
        assert_eq!(in_words(Duration::from_secs(121)), "3 min");
    }
}
