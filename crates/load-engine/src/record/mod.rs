//! What happened: histograms and counts. Constant in size however long a run is, and added without loss.

mod hlog;
mod latency;
mod outcome;

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

pub use hlog::{HlogError, Tagged, read_hlog, write_hlog};
pub use latency::Latency;
pub use outcome::Outcome;

use crate::catalogue::{Catalogue, CheckId, Step, StepId, StepKind, TrendId};

/// The two latencies of requests of one step and one outcome.
#[derive(Debug, Clone, Default)]
pub struct Timings {
    /// From when the request was due, whether or not it could be sent then.
    pub response: Latency,
    /// From when it was sent.
    pub service: Latency,
}

/// What happened in one step.
#[derive(Debug, Clone, Default)]
pub struct StepRecord {
    by_outcome: [Option<Box<Timings>>; Outcome::ALL.len()],
    /// From sending to the head of the answer, of whatever status.
    pub first_byte: Latency,
}

impl StepRecord {
    /// Requests that ended so; `None` when none did.
    #[must_use]
    pub fn of(&self, outcome: Outcome) -> Option<&Timings> {
        self.by_outcome[outcome as usize].as_deref()
    }

    /// What occurred, in the order of reports.
    pub fn occurred(&self) -> impl Iterator<Item = (Outcome, &Timings)> {
        Outcome::ALL
            .into_iter()
            .filter_map(|outcome| Some((outcome, self.of(outcome)?)))
    }

    /// How many requests ended so.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.of(outcome).map_or(0, |timings| timings.service.count())
    }

    /// How many requests there were.
    #[must_use]
    pub fn total(&self) -> u64 {
        Outcome::ALL.into_iter().map(|outcome| self.count(outcome)).sum()
    }

    /// Response times of all but quick refusals; see [`Record::timely`].
    #[must_use]
    pub fn timely(&self) -> Latency {
        let mut all = Latency::default();
        for (_, timings) in self.occurred().filter(|(outcome, _)| !outcome.is_quick_refusal()) {
            all.add(&timings.response);
        }
        all
    }

    fn entry(&mut self, outcome: Outcome) -> &mut Timings {
        self.by_outcome[outcome as usize].get_or_insert_default()
    }

    fn add(&mut self, other: &Self) {
        for (outcome, timings) in other.occurred() {
            let mine = self.entry(outcome);
            mine.response.add(&timings.response);
            mine.service.add(&timings.service);
        }
        self.first_byte.add(&other.first_byte);
    }
}

/// How often a check passed and failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CheckCount {
    /// It held.
    pub passed: u64,
    /// It did not.
    pub failed: u64,
}

/// What became of journeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JourneyCount {
    /// Due by the schedule of an open load, or begun by a user of a closed one.
    pub due: u64,
    /// Begun.
    pub begun: u64,
    /// Of those, begun late because every connection was busy.
    pub late: u64,
    /// Never begun, because the backlog was full or the run ended first.
    pub dropped: u64,
    /// Ended by themselves.
    pub finished: u64,
    /// Cut off when the time for a graceful end was over.
    pub interrupted: u64,
}

impl JourneyCount {
    fn add(&mut self, other: Self) {
        self.due += other.due;
        self.begun += other.begun;
        self.late += other.late;
        self.dropped += other.dropped;
        self.finished += other.finished;
        self.interrupted += other.interrupted;
    }
}

/// One request, as it ended.
#[derive(Debug, Clone, Copy)]
pub struct Exchange {
    /// How.
    pub outcome: Outcome,
    /// From when it was due.
    pub response: Duration,
    /// From when it was sent.
    pub service: Duration,
    /// From when it was sent to the head of the answer, if one came.
    pub first_byte: Option<Duration>,
    /// Bytes of the answer's content.
    pub bytes: u64,
}

/// Everything that a run, a thread of it, or a window of time recorded.
#[derive(Debug, Clone)]
pub struct Record {
    catalogue: Arc<Catalogue>,
    steps: Vec<StepRecord>,
    checks: Vec<CheckCount>,
    trends: Vec<Latency>,
    /// What became of journeys.
    pub journeys: JourneyCount,
    /// How long opening a connection took.
    pub connect: Latency,
    /// Connections that could not be opened.
    pub connect_failures: u64,
    /// Connections that were lost with a request under way.
    pub lost_connections: u64,
    /// How long after it could have been sent a due request was sent: the generator's own lag.
    pub send_lag: Latency,
    /// Bytes of content received.
    pub bytes: u64,
}

impl Record {
    /// An empty one.
    #[must_use]
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        Self {
            steps: vec![StepRecord::default(); catalogue.steps().len()],
            checks: vec![CheckCount::default(); catalogue.checks().len()],
            trends: vec![Latency::default(); catalogue.trends().len()],
            journeys: JourneyCount::default(),
            connect: Latency::default(),
            connect_failures: 0,
            lost_connections: 0,
            send_lag: Latency::default(),
            bytes: 0,
            catalogue,
        }
    }

    /// Gives what was recorded so far and begins anew.
    pub fn take(&mut self) -> Self {
        let empty = Self::new(self.catalogue.clone());
        std::mem::replace(self, empty)
    }

    /// Enters a request.
    pub fn exchange(&mut self, step: StepId, exchange: &Exchange) {
        let record = &mut self.steps[step.0];
        let timings = record.entry(exchange.outcome);
        timings.response.record(exchange.response);
        timings.service.record(exchange.service);
        if let Some(first_byte) = exchange.first_byte {
            record.first_byte.record(first_byte);
        }
        if self.catalogue.steps()[step.0].kind == StepKind::Request {
            self.bytes += exchange.bytes;
            self.lost_connections += u64::from(exchange.outcome == Outcome::Broken);
        }
    }

    /// Enters a check.
    pub fn check(&mut self, check: CheckId, passed: bool) {
        let count = &mut self.checks[check.0];
        if passed {
            count.passed += 1;
        } else {
            count.failed += 1;
        }
    }

    /// Enters a time of the journey's own.
    pub fn time(&mut self, trend: TrendId, time: Duration) {
        self.trends[trend.0].record(time);
    }

    /// Adds what another recorded under the same catalogue.
    ///
    /// # Panics
    /// When the catalogues differ.
    pub fn add(&mut self, other: &Self) {
        assert_eq!(
            self.catalogue, other.catalogue,
            "records of one run have one catalogue"
        );
        for (mine, theirs) in self.steps.iter_mut().zip(&other.steps) {
            mine.add(theirs);
        }
        for (mine, theirs) in self.checks.iter_mut().zip(&other.checks) {
            mine.passed += theirs.passed;
            mine.failed += theirs.failed;
        }
        for (mine, theirs) in self.trends.iter_mut().zip(&other.trends) {
            mine.add(theirs);
        }
        self.journeys.add(other.journeys);
        self.connect.add(&other.connect);
        self.connect_failures += other.connect_failures;
        self.lost_connections += other.lost_connections;
        self.send_lag.add(&other.send_lag);
        self.bytes += other.bytes;
    }

    /// The names.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Every step with what happened in it.
    pub fn steps(&self) -> impl Iterator<Item = (&Step, &StepRecord)> {
        self.catalogue.steps().iter().zip(&self.steps)
    }

    /// Every check.
    pub fn checks(&self) -> impl Iterator<Item = (&str, CheckCount)> {
        self.catalogue
            .checks()
            .iter()
            .map(String::as_str)
            .zip(self.checks.iter().copied())
    }

    /// Every time of the journey's own.
    pub fn trends(&self) -> impl Iterator<Item = (&str, &Latency)> {
        self.catalogue
            .trends()
            .iter()
            .map(String::as_str)
            .zip(&self.trends)
    }

    /// Requests that ended so, composites not counted.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.requests().map(|step| step.count(outcome)).sum()
    }

    /// Requests in all, composites not counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.requests().map(StepRecord::total).sum()
    }

    /// Response times of all requests, composites not counted.
    #[must_use]
    pub fn response(&self) -> Latency {
        let mut all = Latency::default();
        for (_, timings) in self.requests().flat_map(StepRecord::occurred) {
            all.add(&timings.response);
        }
        all
    }

    /// Response times of all requests, composites not counted, but for quick refusals: 429, other 4xx, and 5xx would make a server
    /// that refuses everything look fast. It is what thresholds on times are about.
    #[must_use]
    pub fn timely(&self) -> Latency {
        let mut all = Latency::default();
        for step in self.requests() {
            all.add(&step.timely());
        }
        all
    }

    fn requests(&self) -> impl Iterator<Item = &StepRecord> {
        self.steps()
            .filter(|(step, _)| step.kind == StepKind::Request)
            .map(|(_, record)| record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(outcome: Outcome, ms: u64) -> Exchange {
        Exchange {
            outcome,
            response: Duration::from_millis(ms),
            service: Duration::from_millis(ms / 2),
            first_byte: Some(Duration::from_millis(ms / 4)),
            bytes: 10,
        }
    }

    #[test]
    fn a_record_of_two_threads_is_the_sum() {
        let mut catalogue = Catalogue::default();
        let (submit, all) = (
            catalogue.step("submit", "/v1/tts/jobs"),
            catalogue.composite("overview"),
        );
        let (check, trend) = (catalogue.check("ready"), catalogue.trend("submit_to_ready"));
        let catalogue = Arc::new(catalogue);
        let (mut one, mut two) = (Record::new(catalogue.clone()), Record::new(catalogue));
        one.exchange(submit, &exchange(Outcome::Ok, 100));
        one.exchange(all, &exchange(Outcome::Ok, 400));
        one.check(check, true);
        two.exchange(submit, &exchange(Outcome::RateLimited, 2));
        two.exchange(submit, &exchange(Outcome::Broken, 2));
        two.check(check, false);
        two.time(trend, Duration::from_secs(1));
        two.journeys.late = 3;
        one.add(&two);
        assert_eq!(
            one.total(),
            3,
            "a composite's requests stand in the totals themselves"
        );
        assert_eq!((one.bytes, one.lost_connections, one.journeys.late), (30, 1, 3));
        assert_eq!(one.count(Outcome::RateLimited), 1);
        assert_eq!(
            one.checks().next(),
            Some(("ready", CheckCount { passed: 1, failed: 1 }))
        );
        assert_eq!(one.trends().next().unwrap().1.count(), 1);
        let (_, submits) = one.steps().next().unwrap();
        let ok = submits.of(Outcome::Ok).unwrap();
        assert_eq!(ok.response.quantile(0.5).unwrap().as_millis(), 100);
        assert_eq!(ok.service.quantile(0.5).unwrap().as_millis(), 50);
        assert_eq!(submits.first_byte.count(), 3);
    }

    #[test]
    fn what_is_taken_is_gone() {
        let mut catalogue = Catalogue::default();
        let step = catalogue.step("status", "/v1/admin/status");
        let mut record = Record::new(Arc::new(catalogue));
        record.exchange(step, &exchange(Outcome::Ok, 1));
        assert_eq!((record.take().total(), record.total()), (1, 0));
    }
}
