//! A soak at work: the looks at the server, the quiet points, and what it comes to.

use std::{
    collections::BTreeSet,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use audio_client::Client;
use run_context::ServerFigures;
use run_report::{Ending, Invariant, SoakRun, Violation};
use tokio::{
    task::JoinSet,
    time::{Interval, MissedTickBehavior, interval, timeout},
};

use super::{
    evidence::Keeper,
    invariants::{Finding, Least, error_rate, of_look, queued_too_long},
    look::Looks,
    plan::Plan,
    progress::Progress,
    quiet::{PAUSE, Rest, look_at_canceled, rest},
    result,
    side_by_side::{Shared, work},
    windows::{Seen, Span, Windows},
};
use crate::growth::WarmUp;

/// The longest time between two looks; a short window has eight of them.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The last status of a run that was cut short has to come within this time.
const LAST_STATUS_WITHIN: Duration = Duration::from_secs(2);

/// A soak at work.
pub(super) struct Soak<'a> {
    plan: &'a Plan,
    progress: &'a Progress,
    shared: Arc<Shared>,
    workers: JoinSet<()>,
    looks: Looks,
    ticks: Interval,
    keeper: Keeper,
    warm_up: WarmUp,
    windows: Windows,
    seen: Seen,
    window_from: Duration,
    /// Invariants that were told of the server as a whole in this window, or in the run where they are about it; once is enough.
    told: BTreeSet<Invariant>,
    first: ServerFigures,
    before: ServerFigures,
}

impl<'a> Soak<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        (client, looks): (Client, Looks),
        (keeper, progress): (Keeper, &'a Progress),
        first: ServerFigures,
    ) -> Self {
        let cycles = &plan.cycles;
        let mut ticks = interval((cycles.window / 8).clamp(PAUSE, LOOK_EVERY));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            plan,
            progress,
            shared: Arc::new(Shared::new(cycles, client)),
            workers: JoinSet::new(),
            looks,
            ticks,
            keeper,
            warm_up: WarmUp::new(plan.warm_up),
            windows: Windows::default(),
            seen: Seen::default(),
            window_from: Duration::ZERO,
            told: BTreeSet::new(),
            before: first.clone(),
            first,
        }
    }

    /// Cycles and looks until the time is over, or there is no going on.
    pub(super) async fn rounds(&mut self) -> io::Result<Ending> {
        for _ in 0..self.plan.cycles.concurrency {
            self.workers.spawn(work(Arc::clone(&self.shared)));
        }
        loop {
            self.ticks.tick().await;
            if let Some(error) = self.look().await? {
                return Ok(Ending::CouldNotRun { error });
            }
            let at = self.shared.ledger.elapsed();
            let over = at >= self.plan.cycles.duration;
            if over || at >= self.window_from + self.plan.cycles.window {
                if let Some(error) = self.quiet_point(over).await? {
                    return Ok(Ending::CouldNotRun { error });
                }
                if over {
                    return Ok(Ending::Completed);
                }
            }
        }
    }

    /// Looks at the server and judges what it says; gives why there is no going on.
    async fn look(&mut self) -> io::Result<Option<String>> {
        match self.looks.take().await {
            Ok(figures) => {
                let now = &figures.status;
                let mut findings = of_look(
                    &self.first.status,
                    (&self.before.status, now),
                    self.plan.merge_waits,
                );
                let queued = queued_too_long(now, self.plan.cycles.job_deadline);
                findings.extend(queued.map(|text| (Invariant::JobDeadline, Some(text))));
                self.enter(findings);
                self.seen.look(&figures);
                self.warm_up
                    .look(self.shared.ledger.elapsed(), &now.jobs, figures.evictions());
                self.keeper.look(&figures)?;
                self.before = figures;
            }
            Err(error) => {
                if let Some(gone) = self.looks.gone() {
                    return Ok(Some(gone));
                }
                self.shared.ledger.count(|tally| tally.operations += 1);
                self.shared.ledger.failed(error.chain());
            }
        }
        self.keeper.first(self.shared.ledger.first_failure())?;
        Ok(None)
    }

    fn enter(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for (invariant, wrong) in findings {
            match wrong {
                None => self.shared.ledger.held(invariant),
                Some(text) if self.told.insert(invariant) => self.shared.ledger.broken(Violation {
                    invariant,
                    at_seconds: self.shared.ledger.elapsed().as_secs_f64(),
                    cycle: None,
                    job_id: None,
                    text,
                }),
                Some(_) => {}
            }
        }
    }

    /// Pauses the cycles, waits until nothing is active any more, and ends the window.
    async fn quiet_point(&mut self, last: bool) -> io::Result<Option<String>> {
        let mut pausing = std::pin::pin!(Arc::clone(&self.shared.gate).write_owned());
        let paused = loop {
            tokio::select! {
                biased;
                paused = pausing.as_mut() => break paused,
                _ = self.ticks.tick() => {}
            }
            if let Some(gone) = self.look().await? {
                return Ok(Some(gone));
            }
        };
        look_at_canceled(&self.shared.client, &self.shared.ledger).await;
        let since = Instant::now();
        let rested = loop {
            if let Some(gone) = self.look().await? {
                return Ok(Some(gone));
            }
            if let Some(rest) = rest(since, Ok(self.before.status.active_jobs)) {
                break rest;
            }
            tokio::time::sleep(PAUSE).await;
        };
        let quiet_after = match rested {
            Rest::After(time) => {
                self.enter([(Invariant::Quiet, None)]);
                Some(time)
            }
            Rest::Never(text) => {
                self.enter([(Invariant::Quiet, Some(text))]);
                None
            }
        };
        self.rates(last);
        self.close_window(quiet_after);
        self.keeper.first(self.shared.ledger.first_failure())?;
        if last {
            // Before they are let go: a cycle that began now would be cut short, and its job stay behind.
            self.workers.shutdown().await;
        }
        drop(paused);
        Ok(None)
    }

    fn rates(&mut self, last: bool) {
        let limit = self.plan.limits.max_error_rate;
        let (window, last_error) = self.shared.ledger.of_window();
        let mut wrong = error_rate(&window, (limit, Least::OfWindow), last_error.as_deref());
        if last && wrong.is_none() {
            let so_far = self.shared.ledger.so_far();
            wrong = error_rate(&so_far, (limit, Least::Any), last_error.as_deref());
        }
        self.enter([(Invariant::ErrorRate, wrong)]);
    }

    fn close_window(&mut self, quiet_after: Option<Duration>) {
        let ledger = &self.shared.ledger;
        let now = ledger.elapsed();
        let warm = self
            .warm_up
            .ends_after()
            .is_some_and(|over| self.window_from >= over);
        let span = Span {
            from: self.window_from,
            to: now,
            warm,
            quiet_after,
        };
        let window = std::mem::take(&mut self.seen).close(span, ledger.close_window());
        self.progress.window(&window, self.plan.cycles.duration);
        self.windows.push(window);
        self.window_from = now;
        // What is added up over the run stays beyond its bound; only the window in which it got there is a bad one.
        self.told
            .retain(|told| matches!(told, Invariant::MergeWaitTotal | Invariant::MergeWaitLongest));
    }

    /// Ends the cycles, takes the last status, judges growth and settles the result.
    pub(super) async fn finish(mut self, result: &mut SoakRun, ending: &Ending) -> io::Result<()> {
        self.workers.shutdown().await;
        result.duration_seconds = round_ms(self.shared.ledger.elapsed());
        if matches!(ending, Ending::Interrupted) {
            // What was seen since the last quiet point stands in a window too; it had no quiet point of its own.
            self.close_window(None);
        }
        let last = timeout(LAST_STATUS_WITHIN, self.looks.status()).await;
        result.status_end = last.ok().and_then(Result::ok);
        result::fill(
            result,
            self.plan,
            (&self.shared.ledger, self.windows.all()),
            &self.warm_up,
        );
        self.keeper.first(self.shared.ledger.first_failure())?;
        result.evidence = self.keeper.kept();
        result.settle(ending);
        Ok(())
    }
}

/// To the millisecond.
fn round_ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e3).round() / 1e3
}
