//! Whether a record holds a threshold.

use std::time::Duration;

use super::{Aggregate, Metric, Selector, Threshold};
use crate::{
    catalogue::StepKind,
    record::{CheckCount, Latency, Outcome, Record, StepRecord, Timings},
};

/// Whether a threshold is held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Held {
    /// It is, by this value.
    Yes(f64),
    /// It is not, by this value.
    No(f64),
    /// What it is about never occurred, which holds nothing.
    NeverOccurred,
}

impl Held {
    /// Whether the threshold is met.
    #[must_use]
    pub const fn passes(self) -> bool {
        matches!(self, Self::Yes(_))
    }
}

/// A threshold with what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The threshold.
    pub threshold: Threshold,
    /// What became of it.
    pub held: Held,
}

impl Threshold {
    /// Holds it against a record of `lasted`.
    #[must_use]
    pub fn judge(&self, record: &Record, lasted: Duration) -> Judgement {
        let held = match self.value(record, lasted) {
            None => Held::NeverOccurred,
            Some(value) if self.comparison.holds(value, self.bound) => Held::Yes(value),
            Some(value) => Held::No(value),
        };
        Judgement {
            threshold: self.clone(),
            held,
        }
    }

    fn value(&self, record: &Record, lasted: Duration) -> Option<f64> {
        match &self.metric {
            Metric::Duration(aggregate) => self.of_timings(record, *aggregate, |timings| &timings.response),
            Metric::Service(aggregate) => self.of_timings(record, *aggregate, |timings| &timings.service),
            Metric::FirstByte(aggregate) => {
                let mut all = Latency::default();
                self.steps(record).for_each(|step| all.add(&step.first_byte));
                aggregate.of(&all)
            }
            Metric::Connect(aggregate) => aggregate.of(&record.connect),
            Metric::Trend(name, aggregate) => {
                let (_, trend) = record.trends().find(|(known, _)| known == name)?;
                aggregate.of(trend)
            }
            Metric::Checks(name) => share_of_checks(record, name.as_deref()),
            Metric::Failed => self.share(record, Outcome::failed),
            Metric::RateLimited => self.share(record, |outcome| outcome == Outcome::RateLimited),
            Metric::Dropped => {
                let journeys = &record.journeys;
                (journeys.due > 0).then(|| journeys.dropped as f64 / journeys.due as f64)
            }
            Metric::Rate => {
                let requests: u64 = self.steps(record).map(StepRecord::total).sum();
                (requests > 0 && !lasted.is_zero()).then(|| requests as f64 / lasted.as_secs_f64())
            }
        }
    }

    /// The steps that it is about. A composite stands for itself alone, when it is named.
    fn steps<'r>(&'r self, record: &'r Record) -> impl Iterator<Item = &'r StepRecord> {
        let is_meant = |step: &crate::Step| match &self.selector {
            Selector::All => step.kind == StepKind::Request,
            Selector::Route(route) => step.route == *route,
            Selector::Step(name) => step.name == *name,
        };
        record
            .steps()
            .filter(move |(step, _)| is_meant(step))
            .map(|(_, record)| record)
    }

    fn of_timings(
        &self,
        record: &Record,
        aggregate: Aggregate,
        which: impl Fn(&Timings) -> &Latency,
    ) -> Option<f64> {
        let mut all = Latency::default();
        for (_, timings) in self
            .steps(record)
            .flat_map(StepRecord::occurred)
            .filter(|(outcome, _)| !outcome.is_quick_refusal())
        {
            all.add(which(timings));
        }
        aggregate.of(&all)
    }

    fn share(&self, record: &Record, of: impl Fn(Outcome) -> bool) -> Option<f64> {
        let (mut some, mut all) = (0, 0);
        for (outcome, timings) in self.steps(record).flat_map(StepRecord::occurred) {
            all += timings.service.count();
            some += if of(outcome) { timings.service.count() } else { 0 };
        }
        (all > 0).then(|| some as f64 / all as f64)
    }
}

fn share_of_checks(record: &Record, name: Option<&str>) -> Option<f64> {
    let checks = record
        .checks()
        .filter(|(known, _)| name.is_none_or(|name| name == *known));
    let sum = checks.fold(CheckCount::default(), |sum, (_, count)| CheckCount {
        passed: sum.passed + count.passed,
        failed: sum.failed + count.failed,
    });
    let all = sum.passed + sum.failed;
    (all > 0).then(|| sum.passed as f64 / all as f64)
}

impl Aggregate {
    /// Of the times, in seconds.
    fn of(self, latency: &Latency) -> Option<f64> {
        let time = match self {
            Self::Percentile(percentile) => latency.quantile(percentile / 100.0),
            Self::Mean => latency.mean(),
            Self::Min => latency.min(),
            Self::Max => latency.max(),
        };
        time.map(|time| time.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rstest::rstest;

    use super::*;
    use crate::{catalogue::Catalogue, record::Exchange};

    /// 99 submits of 10 ms and a slow one of 2 s, 100 answers of 429 within 1 ms, an `overview` of 5 s.
    fn record() -> Record {
        let mut catalogue = Catalogue::default();
        let submit = catalogue.step("submit", "/v1/tts/jobs");
        catalogue.step("never", "/never");
        let overview = catalogue.composite("overview");
        let (check, trend) = (catalogue.check("whole"), catalogue.trend("submit_to_ready"));
        catalogue.check("unseen");
        let mut record = Record::new(Arc::new(catalogue));
        let mut enter = |step, outcome, ms, times| {
            let time = Duration::from_millis(ms);
            let exchange = Exchange {
                outcome,
                response: time,
                service: time / 2,
                first_byte: Some(time / 4),
                bytes: 0,
            };
            (0..times).for_each(|_| record.exchange(step, &exchange));
        };
        enter(submit, Outcome::Ok, 10, 99);
        enter(submit, Outcome::TimedOut, 2000, 1);
        enter(submit, Outcome::RateLimited, 1, 100);
        enter(overview, Outcome::Ok, 5000, 1);
        (0..199).for_each(|_| record.check(check, true));
        record.check(check, false);
        record.time(trend, Duration::from_secs(2));
        record.connect.record(Duration::from_millis(3));
        record.journeys.due = 200;
        record.journeys.dropped = 10;
        record
    }

    #[rstest]
    #[case::median("http_req_duration: p(50) < 11ms", true)]
    #[case::quick_refusals_do_not_make_it_fast("http_req_duration: min >= 9ms", true)]
    #[case::a_time_out_counts("http_req_duration{step:submit}: max > 1.9s", true)]
    #[case::a_composite_is_not_in_the_total("http_req_duration: max < 3s", true)]
    #[case::a_composite_by_name("http_req_duration{step:overview}: p(95) < 3s", false)]
    #[case::service("http_req_service{route:/v1/tts/jobs}: p(50) < 6ms", true)]
    #[case::first_byte("http_req_first_byte: p(99) < 600ms", true)]
    #[case::connect("connect: max < 2ms", false)]
    #[case::trend("trend{submit_to_ready}: p(95) < 3s", true)]
    #[case::checks("checks > 99 %", true)]
    #[case::checks_too_strict("checks > 99.6 %", false)]
    #[case::failed("failed < 1 %", true)]
    #[case::failed_by_route("failed{route:/v1/tts/jobs} < 0.4 %", false)]
    #[case::back_pressure("rate_limited < 5 %", false)]
    #[case::dropped("dropped <= 5 %", true)]
    #[case::rate("http_reqs >= 20", true)]
    fn a_threshold_is_held_against_the_record(#[case] text: &str, #[case] passes: bool) {
        let judgement = text
            .parse::<Threshold>()
            .unwrap()
            .judge(&record(), Duration::from_secs(10));
        assert_eq!(judgement.held.passes(), passes, "{judgement:?}");
        assert_ne!(judgement.held, Held::NeverOccurred);
    }

    #[rstest]
    #[case::a_route("http_req_duration{route:/never}: p(95) < 9s")]
    #[case::an_unknown_route("failed{route:/unknown} < 1 %")]
    #[case::a_check("checks{unseen} > 1 %")]
    #[case::a_trend("trend{unknown}: p(95) < 9s")]
    fn what_never_occurred_holds_nothing(#[case] text: &str) {
        let judgement = text
            .parse::<Threshold>()
            .unwrap()
            .judge(&record(), Duration::from_secs(10));
        assert_eq!(judgement.held, Held::NeverOccurred);
        assert!(!judgement.held.passes());
    }
}
