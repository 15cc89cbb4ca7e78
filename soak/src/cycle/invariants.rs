//! What must hold of a server's figures: pure, over one look and the one before.

use std::time::Duration;

use audio_api::StatusSnapshot;
use run_report::{Invariant, SoakTally};

/// An uptime may lag by this much behind the clock that times the looks.
const UPTIME_SLACK_S: f64 = 1.0;
/// A window with fewer operations says nothing about a rate; the whole run does in the end.
const LEAST_OPERATIONS: u64 = 100;

/// Limits of the waits for the merge lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MergeWaits {
    /// All together, over the run.
    pub(super) total: Duration,
    /// The longest.
    pub(super) longest: Duration,
}

/// An invariant that was looked at, and what is wrong where it does not hold.
pub(super) type Finding = (Invariant, Option<String>);

/// What one look says, held to the first and to the one before.
pub(super) fn of_look(
    first: &StatusSnapshot,
    (before, now): (&StatusSnapshot, &StatusSnapshot),
    waits: MergeWaits,
) -> Vec<Finding> {
    vec![
        (Invariant::CountersMonotonic, fallen(before, now)),
        (Invariant::CountersAddUp, not_adding_up(now)),
        (Invariant::MergeWaitTotal, total_wait(first, now, waits.total)),
        (
            Invariant::MergeWaitLongest,
            longest_wait(first, now, waits.longest),
        ),
        (Invariant::NotRestarted, restarted(before, now)),
    ]
}

/// What the oldest waiting segment says of deadlines.
pub(super) fn queued_too_long(now: &StatusSnapshot, deadline: Duration) -> Option<String> {
    let (age, limit) = (now.oldest_queued_age_s, deadline.as_secs_f64());
    (age > limit)
        .then(|| format!("a segment waits for {age:.1} s, and its job may be active for {limit:.1} s"))
}

/// The share of operations that failed in a window, or over the run.
pub(super) fn error_rate(
    tally: &SoakTally,
    (limit, least): (f64, Least),
    last_error: Option<&str>,
) -> Option<String> {
    if least == Least::OfWindow && tally.operations < LEAST_OPERATIONS {
        return None;
    }
    let rate = tally.error_rate()?;
    (rate > limit).then(|| {
        format!(
            "{} of {} operations failed, {:.2} %, the limit is {:.2} %; the last one: {}",
            tally.errors,
            tally.operations,
            rate * 100.0,
            limit * 100.0,
            last_error.unwrap_or("not kept")
        )
    })
}

/// How many operations a rate needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Least {
    /// Enough for a window.
    OfWindow,
    /// Whatever there is.
    Any,
}

/// Counters by their names in the snapshot.
fn counters(status: &StatusSnapshot) -> [(&'static str, f64); 15] {
    let (jobs, retries, merges) = (&status.jobs, &status.retry_counts, &status.merge_lock_contention);
    #[expect(clippy::cast_precision_loss, reason = "no counter reaches 2^53")]
    let n = |count: u64| count as f64;
    [
        ("jobs.submitted", n(jobs.submitted)),
        ("jobs.complete", n(jobs.complete)),
        ("jobs.complete_with_errors", n(jobs.complete_with_errors)),
        ("jobs.error", n(jobs.error)),
        ("jobs.canceled", n(jobs.canceled)),
        ("dead_letters", n(status.dead_letters)),
        ("retry_counts.segment_retries", n(retries.segment_retries)),
        ("retry_counts.capped_retries", n(retries.capped_retries)),
        ("fallback_model_usage", n(status.fallback_model_usage)),
        ("merge_lock_contention.acquisitions", n(merges.acquisitions)),
        ("merge_lock_contention.wait_count", n(merges.wait_count)),
        ("merge_lock_contention.wait_total_ms", merges.wait_total_ms),
        ("merge_lock_contention.wait_max_ms", merges.wait_max_ms),
        ("stale_queued_cancels", n(status.stale_queued_cancels)),
        ("faults_fired", n(status.faults_fired)),
    ]
}

fn fallen(before: &StatusSnapshot, now: &StatusSnapshot) -> Option<String> {
    // Of a new process all counters start anew; that is another invariant's to tell.
    if restarted(before, now).is_some() {
        return None;
    }
    let fell = |((name, before), (_, now)): ((&str, f64), (&str, f64))| {
        (now < before).then(|| format!("{name} fell from {before} to {now}"))
    };
    counters(before).into_iter().zip(counters(now)).find_map(fell)
}

fn not_adding_up(now: &StatusSnapshot) -> Option<String> {
    let jobs = &now.jobs;
    let sum = jobs.complete + jobs.complete_with_errors + jobs.error + jobs.canceled + now.active_jobs;
    (sum != jobs.submitted).then(|| {
        format!(
            "submitted is {}, and complete {} + complete_with_errors {} + error {} + canceled {} + active {} is {sum}",
            jobs.submitted,
            jobs.complete,
            jobs.complete_with_errors,
            jobs.error,
            jobs.canceled,
            now.active_jobs
        )
    })
}

fn total_wait(first: &StatusSnapshot, now: &StatusSnapshot, limit: Duration) -> Option<String> {
    let (now, first) = (&now.merge_lock_contention, &first.merge_lock_contention);
    let waited = now.wait_total_ms - first.wait_total_ms;
    let waits = now.wait_count.saturating_sub(first.wait_count);
    #[expect(clippy::cast_precision_loss, reason = "nobody waits 2^53 times")]
    let mean = waited / waits.max(1) as f64;
    (waited >= in_ms(limit)).then(|| {
        format!(
            "{waits} requests waited {waited:.0} ms for the merge lock in all, {mean:.1} ms each, the limit is {limit:?}; \
             --max-merge-wait-total says another"
        )
    })
}

fn longest_wait(first: &StatusSnapshot, now: &StatusSnapshot, limit: Duration) -> Option<String> {
    let longest = now.merge_lock_contention.wait_max_ms;
    // What others waited before the run is not its fault.
    let ours = longest > first.merge_lock_contention.wait_max_ms;
    (ours && longest >= in_ms(limit))
        .then(|| format!("a request waited {longest:.0} ms for the merge lock, the limit is {limit:?}"))
}

fn restarted(before: &StatusSnapshot, now: &StatusSnapshot) -> Option<String> {
    (now.uptime_s + UPTIME_SLACK_S < before.uptime_s).then(|| {
        format!(
            "the server was up for {:.1} s, and now says {:.1} s",
            before.uptime_s, now.uptime_s
        )
    })
}

fn in_ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const WAITS: MergeWaits = MergeWaits {
        total: Duration::from_secs(10),
        longest: Duration::from_secs(2),
    };

    fn status() -> StatusSnapshot {
        let mut status = StatusSnapshot {
            active_jobs: 2,
            uptime_s: 100.0,
            ..StatusSnapshot::default()
        };
        status.jobs.submitted = 10;
        status.jobs.complete = 5;
        status.jobs.complete_with_errors = 1;
        status.jobs.error = 1;
        status.jobs.canceled = 1;
        status.merge_lock_contention.wait_total_ms = 500.0;
        status.merge_lock_contention.wait_max_ms = 90.0;
        status
    }

    fn broken(change: impl FnOnce(&mut StatusSnapshot)) -> Vec<Invariant> {
        let (first, mut now) = (status(), status());
        now.uptime_s += 1.0;
        change(&mut now);
        let found = of_look(&first, (&first, &now), WAITS);
        assert_eq!(found.len(), 5);
        found
            .into_iter()
            .filter_map(|(invariant, wrong)| wrong.map(|_| invariant))
            .collect()
    }

    #[test]
    fn a_server_that_goes_on_breaks_nothing() {
        assert_eq!(
            broken(|now| {
                now.jobs.submitted += 1;
                now.jobs.complete += 2;
                now.active_jobs -= 1;
            }),
            []
        );
    }

    #[rstest]
    #[case::fallen(|now: &mut StatusSnapshot| now.merge_lock_contention.wait_max_ms = 80.0, Invariant::CountersMonotonic)]
    #[case::job_fallen(|now: &mut StatusSnapshot| { now.jobs.complete -= 1; now.jobs.error += 1; }, Invariant::CountersMonotonic)]
    #[case::lost_job(|now: &mut StatusSnapshot| now.active_jobs -= 1, Invariant::CountersAddUp)]
    #[case::job_twice(|now: &mut StatusSnapshot| now.jobs.canceled += 1, Invariant::CountersAddUp)]
    #[case::waits(|now: &mut StatusSnapshot| now.merge_lock_contention.wait_total_ms += 10_000.0, Invariant::MergeWaitTotal)]
    #[case::long_wait(|now: &mut StatusSnapshot| now.merge_lock_contention.wait_max_ms = 2_000.0, Invariant::MergeWaitLongest)]
    #[case::restarted(|now: &mut StatusSnapshot| now.uptime_s = 3.0, Invariant::NotRestarted)]
    fn each_lie_breaks_its_own_invariant(
        #[case] change: impl FnOnce(&mut StatusSnapshot),
        #[case] invariant: Invariant,
    ) {
        assert_eq!(broken(change), [invariant]);
    }

    #[test]
    fn waits_that_add_up_to_too_much_are_told_with_how_many_they_were_and_the_flag() {
        let (first, mut now) = (status(), status());
        now.merge_lock_contention.wait_total_ms += 12_000.0;
        now.merge_lock_contention.wait_count += 4_000;
        let told = total_wait(&first, &now, WAITS.total).unwrap();
        assert!(
            told.starts_with(
                "4000 requests waited 12000 ms for the merge lock in all, 3.0 ms each, the limit is 10s"
            ),
            "{told}"
        );
        assert!(told.contains("--max-merge-wait-total"), "{told}");
    }

    #[test]
    fn what_others_waited_before_is_not_held_against_the_run() {
        let mut first = status();
        first.merge_lock_contention.wait_total_ms = 60_000.0;
        first.merge_lock_contention.wait_max_ms = 5_000.0;
        let found = of_look(&first, (&first, &first), WAITS);
        assert!(found.iter().all(|(_, wrong)| wrong.is_none()), "{found:?}");
    }

    #[test]
    fn a_rate_needs_operations_in_a_window_and_takes_what_there_is_in_the_end() {
        let tally = |operations, errors| SoakTally {
            operations,
            errors,
            ..SoakTally::default()
        };
        let of = |tally, least| error_rate(&tally, (0.01, least), Some("why"));
        assert_eq!(of(tally(99, 50), Least::OfWindow), None);
        assert!(of(tally(99, 50), Least::Any).unwrap().contains("50.51 %"));
        assert_eq!(of(tally(1_000, 10), Least::OfWindow), None);
        let found = of(tally(1_000, 11), Least::OfWindow).unwrap();
        assert!(found.contains("1.10 %") && found.ends_with("why"), "{found}");
        assert_eq!(of(tally(0, 0), Least::Any), None);
    }

    #[test]
    fn a_segment_that_waits_beyond_the_deadline_is_told() {
        let mut now = status();
        now.oldest_queued_age_s = 61.0;
        assert!(queued_too_long(&now, Duration::from_secs(60)).is_some());
        assert!(queued_too_long(&now, Duration::from_secs(62)).is_none());
    }
}
