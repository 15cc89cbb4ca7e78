//! Runs counted.

use perf_guard::{CacheState, upper_bound_95};

use super::{Flake, FlakeRun, MAX_FAILURES, Phase, PhaseResult, Rate, Subject};
use crate::{GoldenRun, ReasonKind, RunExit, TestStatus, words};

/// What became of something in one run.
struct Seen {
    name: String,
    cache: Option<CacheState>,
    subject: Subject,
    status: TestStatus,
    reason: String,
    share_of_threshold: Option<f64>,
}

impl FlakeRun {
    /// Counts a settled run, the `number`th of its phase, and says whether anything failed in it. Of one that was
    /// interrupted, only the tests that had ended by then count. `evidence` is where it is kept, if anything failed.
    pub fn enter(&mut self, (phase, number): (Phase, u32), run: &GoldenRun, evidence: Option<&str>) -> bool {
        let seen = all(run);
        let mut failed = false;
        for seen in seen.iter().filter(|seen| seen.status == TestStatus::Failed) {
            failed = true;
            if self.failures.len() == MAX_FAILURES {
                self.failures_left_out += 1;
                continue;
            }
            self.failures.push(Flake {
                phase,
                run: number,
                name: label(seen),
                subject: seen.subject,
                reason: seen.reason.clone(),
                evidence: evidence.map(ToOwned::to_owned),
            });
        }
        for doubt in doubts(run) {
            if !self.doubts.contains(&doubt) {
                self.doubts.push(doubt);
            }
        }
        if let Some(result) = self.phases.iter_mut().find(|result| result.phase == phase) {
            result.count(&seen, run, failed);
        }
        failed
    }

    /// Notes how many processes kept the cores busy during a run, and what is to be doubted about that.
    pub fn note_load(&mut self, phase: Phase, busy_processes: u32, doubt: Option<&str>) {
        if let Some(result) = self.phases.iter_mut().find(|result| result.phase == phase) {
            result.busy_processes = result.busy_processes.max(busy_processes);
        }
        let Some(doubt) = doubt.map(ToOwned::to_owned) else {
            return;
        };
        if !self.doubts.contains(&doubt) {
            self.doubts.push(doubt);
        }
    }
}

impl PhaseResult {
    fn count(&mut self, seen: &[Seen], run: &GoldenRun, failed: bool) {
        if run.exit_code != RunExit::Interrupted {
            self.runs += 1;
            self.runs_s.extend(run.timing_total_s);
        }
        // A failure counts even if the run was cut after it.
        self.runs_failed += u32::from(failed);
        self.runs = self.runs.max(self.runs_failed);
        self.failed_rate_upper_95 = bound(self.runs_failed, self.runs);
        for seen in seen {
            self.rate(seen).count(seen);
        }
    }

    fn rate(&mut self, seen: &Seen) -> &mut Rate {
        let is_it =
            |rate: &Rate| rate.subject == seen.subject && rate.name == seen.name && rate.cache == seen.cache;
        let place = self.rates.iter().position(is_it).unwrap_or_else(|| {
            self.rates.push(Rate {
                name: seen.name.clone(),
                cache: seen.cache,
                subject: seen.subject,
                passed: 0,
                failed: 0,
                skipped: 0,
                pass_rate: None,
                flake_rate_upper_95: 1.0,
                nearest_to_threshold: None,
            });
            self.rates.len() - 1
        });
        &mut self.rates[place]
    }
}

impl Rate {
    fn count(&mut self, seen: &Seen) {
        match seen.status {
            TestStatus::Passed => self.passed += 1,
            TestStatus::Failed => self.failed += 1,
            TestStatus::Skipped => self.skipped += 1,
        }
        let counted = self.counted();
        self.pass_rate = (counted > 0).then(|| rounded(f64::from(self.passed) / f64::from(counted)));
        self.flake_rate_upper_95 = bound(self.failed, counted);
        self.nearest_to_threshold = match (self.nearest_to_threshold, seen.share_of_threshold) {
            (Some(a), Some(b)) => Some(f64::max(a, b)),
            (a, b) => a.or(b),
        };
    }
}

fn bound(failed: u32, of: u32) -> f64 {
    rounded(upper_bound_95(failed as usize, of as usize))
}

/// Finer digits are noise, and do not all survive a file.
fn rounded(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}

fn all(run: &GoldenRun) -> Vec<Seen> {
    let tests = run.tests.iter().map(|test| Seen {
        name: test.name.clone(),
        cache: test.cache,
        subject: Subject::Test,
        status: test.status,
        reason: test.reason.clone().unwrap_or_default(),
        share_of_threshold: None,
    });
    tests.chain(times(run)).chain(itself(run)).collect()
}

fn times(run: &GoldenRun) -> impl Iterator<Item = Seen> {
    run.perf_checks.iter().map(|check| {
        let failure = run
            .perf_failures
            .iter()
            .find(|failure| failure.name == check.name && failure.cache == check.cache);
        Seen {
            name: check.name.clone(),
            cache: Some(check.cache),
            subject: Subject::Time,
            status: failure.map_or(TestStatus::Passed, |_| TestStatus::Failed),
            reason: failure.map(words::failure).unwrap_or_default(),
            share_of_threshold: Some(rounded(
                check.measured_s.as_secs_f64() / check.threshold_s.as_secs_f64(),
            )),
        }
    })
}

/// The run beside its tests and times; of one that was interrupted nothing can be said.
fn itself(run: &GoldenRun) -> Option<Seen> {
    if run.exit_code == RunExit::Interrupted {
        return None;
    }
    let own = run.verdict_reasons.iter().filter(|reason| {
        !matches!(reason.kind, ReasonKind::Tests | ReasonKind::Slower)
            && matches!(reason.exit_code, RunExit::Failed | RunExit::CouldNotRun)
    });
    let reasons: Vec<&str> = own.map(|reason| reason.text.as_str()).collect();
    Some(Seen {
        name: "the run itself".to_owned(),
        cache: None,
        subject: Subject::Run,
        status: if reasons.is_empty() {
            TestStatus::Passed
        } else {
            TestStatus::Failed
        },
        reason: reasons.join("; "),
        share_of_threshold: None,
    })
}

/// What left the run without a verdict. A run that timed nothing has no times to judge.
fn doubts(run: &GoldenRun) -> impl Iterator<Item = String> {
    let timed = run
        .tests
        .iter()
        .any(|test| test.cache.is_some() && test.status == TestStatus::Passed);
    run.verdict_reasons
        .iter()
        .filter(move |reason| {
            reason.exit_code == RunExit::Inconclusive && (timed || reason.kind != ReasonKind::NothingChecked)
        })
        .map(|reason| reason.text.clone())
}

fn label(seen: &Seen) -> String {
    seen.cache
        .map_or_else(|| seen.name.clone(), |cache| format!("{} ({cache})", seen.name))
}
