//! Windows of a run, however long: when there are too many, neighbours are put together.

use std::time::Duration;

use run_context::ServerFigures;
use run_report::SoakWindow;

use super::ledger::{WindowBook, in_ms};

/// More windows than this are not kept.
const MOST_WINDOWS: usize = 240;

/// What the looks of one window saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    samples: u64,
    rss: Option<(f64, f64)>,
    fds: Option<f64>,
    threads: Option<f64>,
    queue_sum: f64,
    active_max: u64,
    /// Waits for the merge lock so far, before and after, in milliseconds.
    merge_wait_ms: Option<(f64, f64)>,
}

impl Seen {
    /// Takes a look.
    pub(super) fn look(&mut self, figures: &ServerFigures) {
        self.samples += 1;
        if let Some(rss) = figures.resident_bytes() {
            let (low, high) = self.rss.unwrap_or((rss, rss));
            self.rss = Some((low.min(rss), high.max(rss)));
        }
        self.fds = least(self.fds, figures.open_fds());
        self.threads = least(self.threads, figures.threads());
        let status = &figures.status;
        #[expect(clippy::cast_precision_loss, reason = "no queue has 2^53 segments")]
        let queue = status.queue_len as f64;
        self.queue_sum += queue;
        self.active_max = self.active_max.max(status.active_jobs);
        let waited = status.merge_lock_contention.wait_total_ms;
        let (before, _) = self.merge_wait_ms.unwrap_or((waited, waited));
        self.merge_wait_ms = Some((before, waited));
    }

    /// Ends the window.
    pub(super) fn close(self, span: Span, book: WindowBook) -> SoakWindow {
        let (from, to) = (span.from.as_secs_f64(), span.to.as_secs_f64());
        let p50 = |latency: &load_engine::record::Latency| latency.quantile(0.5).map(in_ms);
        #[expect(clippy::cast_precision_loss, reason = "no window has 2^53 looks")]
        let samples = self.samples.max(1) as f64;
        let waited = self.merge_wait_ms.map_or(0.0, |(before, after)| after - before);
        SoakWindow {
            from_seconds: from,
            to_seconds: to,
            windows: 1,
            warm: span.warm,
            cycles: book.cycles,
            tally: book.tally,
            samples: self.samples,
            rss_min_bytes: self.rss.map(|(low, _)| low),
            rss_max_bytes: self.rss.map(|(_, high)| high),
            fds_min: self.fds,
            threads_min: self.threads,
            queue_mean: self.queue_sum / samples,
            active_max: self.active_max,
            request_p50_ms: p50(&book.requests),
            ready_p50_ms: p50(&book.ready),
            merge_wait_ms_per_s: waited / (to - from).max(1e-3),
            quiet_after_seconds: span.quiet_after.map(|time| time.as_secs_f64()),
            broken: book.broken.into_iter().collect(),
        }
    }
}

/// When a window was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) from: Duration,
    pub(super) to: Duration,
    pub(super) warm: bool,
    pub(super) quiet_after: Option<Duration>,
}

/// All windows of a run.
#[derive(Debug, Default)]
pub(super) struct Windows {
    kept: Vec<SoakWindow>,
    /// Windows that are put together in one.
    size: u32,
}

impl Windows {
    /// Adds the next one.
    pub(super) fn push(&mut self, window: SoakWindow) {
        self.size = self.size.max(1);
        match self.kept.last_mut() {
            Some(last) if last.windows < self.size && last.warm == window.warm => {
                *last = together(last, &window);
            }
            _ => self.kept.push(window),
        }
        if self.kept.len() > MOST_WINDOWS {
            self.size *= 2;
            self.put_together();
        }
    }

    /// The windows.
    pub(super) fn all(&self) -> &[SoakWindow] {
        &self.kept
    }

    fn put_together(&mut self) {
        let mut fewer: Vec<SoakWindow> = Vec::with_capacity(MOST_WINDOWS);
        for window in self.kept.drain(..) {
            match fewer.last_mut() {
                Some(last) if last.windows + window.windows <= self.size && last.warm == window.warm => {
                    *last = together(last, &window);
                }
                _ => fewer.push(window),
            }
        }
        self.kept = fewer;
    }
}

/// Two neighbours as one. Medians are averaged by what they count, which is no median any more and near enough for a trend.
fn together(a: &SoakWindow, b: &SoakWindow) -> SoakWindow {
    #[expect(clippy::cast_precision_loss, reason = "no window has 2^53 of anything")]
    let share = |a: u64, b: u64| a as f64 / (a + b).max(1) as f64;
    let mean = |a: Option<f64>, b: Option<f64>, share: f64| match (a, b) {
        (Some(a), Some(b)) => Some(a * share + b * (1.0 - share)),
        (one, None) | (None, one) => one,
    };
    let looks = share(a.samples, b.samples);
    let requests = share(a.tally.operations, b.tally.operations);
    let jobs = share(a.tally.jobs_complete, b.tally.jobs_complete);
    let lengths = (a.to_seconds - a.from_seconds, b.to_seconds - b.from_seconds);
    let mut broken = [a.broken.as_slice(), b.broken.as_slice()].concat();
    broken.sort_unstable();
    broken.dedup();
    SoakWindow {
        from_seconds: a.from_seconds,
        to_seconds: b.to_seconds,
        windows: a.windows + b.windows,
        warm: a.warm && b.warm,
        cycles: a.cycles + b.cycles,
        tally: a.tally.plus(b.tally),
        samples: a.samples + b.samples,
        rss_min_bytes: least(a.rss_min_bytes, b.rss_min_bytes),
        rss_max_bytes: [a.rss_max_bytes, b.rss_max_bytes]
            .into_iter()
            .flatten()
            .reduce(f64::max),
        fds_min: least(a.fds_min, b.fds_min),
        threads_min: least(a.threads_min, b.threads_min),
        queue_mean: a.queue_mean * looks + b.queue_mean * (1.0 - looks),
        active_max: a.active_max.max(b.active_max),
        request_p50_ms: mean(a.request_p50_ms, b.request_p50_ms, requests),
        ready_p50_ms: mean(a.ready_p50_ms, b.ready_p50_ms, jobs),
        merge_wait_ms_per_s: (a.merge_wait_ms_per_s * lengths.0 + b.merge_wait_ms_per_s * lengths.1)
            / (lengths.0 + lengths.1).max(1e-3),
        // One that never came to rest stays one.
        quiet_after_seconds: a
            .quiet_after_seconds
            .zip(b.quiet_after_seconds)
            .map(|(a, b)| a.max(b)),
        broken,
    }
}

fn least(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    [a, b].into_iter().flatten().reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use audio_api::StatusSnapshot;

    use super::*;

    fn window(i: u32) -> SoakWindow {
        let mut seen = Seen::default();
        for rss in [f64::from(100 + i), f64::from(200 + i)] {
            seen.look(&ServerFigures {
                status: StatusSnapshot::default(),
                metrics: BTreeMap::from([("process_resident_memory_bytes".to_owned(), rss)]),
            });
        }
        let span = Span {
            from: Duration::from_secs(u64::from(10 * i)),
            to: Duration::from_secs(u64::from(10 * i + 10)),
            warm: i >= 20,
            quiet_after: Some(Duration::from_millis(5)),
        };
        let book = WindowBook {
            cycles: 3,
            ..WindowBook::default()
        };
        seen.close(span, book)
    }

    #[test]
    fn however_many_windows_there_are_a_bounded_number_is_kept_and_nothing_is_lost() {
        let mut windows = Windows::default();
        for i in 0..5_000 {
            windows.push(window(i));
            assert!(windows.all().len() <= MOST_WINDOWS);
        }
        let all = windows.all();
        assert!(all.len() > MOST_WINDOWS / 3, "{}", all.len());
        assert_eq!(all.iter().map(|window| window.cycles).sum::<u64>(), 15_000);
        assert_eq!(all.iter().map(|window| window.windows).sum::<u32>(), 5_000);
        let ends: Vec<(f64, f64)> = all
            .iter()
            .map(|window| (window.from_seconds, window.to_seconds))
            .collect();
        assert!(ends.windows(2).all(|pair| pair[0].1 == pair[1].0));
        // Warm-up is never put together with what comes after it.
        let cold = all.iter().filter(|window| !window.warm);
        assert_eq!(cold.map(|window| window.windows).sum::<u32>(), 20);
        assert_eq!(
            (all[0].rss_min_bytes, all[0].samples),
            (Some(100.0), 2 * u64::from(all[0].windows))
        );
    }

    #[test]
    fn of_two_windows_the_troughs_and_the_worst_stay() {
        let (mut a, mut b) = (window(30), window(31));
        a.fds_min = None;
        b.fds_min = Some(14.0);
        b.quiet_after_seconds = None;
        b.broken = vec![run_report::Invariant::Quiet];
        let both = together(&a, &b);
        assert_eq!(
            (both.rss_min_bytes, both.rss_max_bytes),
            (Some(130.0), Some(231.0))
        );
        assert_eq!((both.fds_min, both.quiet_after_seconds), (Some(14.0), None));
        assert_eq!(both.broken, [run_report::Invariant::Quiet]);
    }
}
