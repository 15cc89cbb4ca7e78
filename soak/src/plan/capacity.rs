//! The plan itself. Pure.

use std::fmt;

use perf_guard::capacity::{Demand, DemandError, Queue, QueueError, knee, workers_for};
use serde::Serialize;

use super::measured::Measured;

/// What is wished for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Wishes {
    /// Jobs in a day.
    pub(super) a_day: f64,
    pub(super) peak_factor: f64,
    /// How long a worker is busy with a job.
    pub(super) service_s: f64,
    /// Where that comes from.
    pub(super) service_from: String,
    /// How long a job may wait.
    pub(super) wait_s: f64,
    /// The share of jobs that may not wait longer.
    pub(super) wait_share: f64,
    /// The share of its time that a worker may be busy at the peak.
    pub(super) max_utilisation: f64,
}

/// Why wishes make no plan. Exit code 2.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlanError {
    #[error("--arrivals, --users, --per-user or --peak-factor")]
    Demand(#[from] DemandError),
    #[error("--service-time, --wait or --wait-share")]
    Queue(#[from] QueueError),
    #[error("--max-utilisation is {0}; legal: above 0 and below 1")]
    Utilisation(f64),
}

/// A queue as it would be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct AtLoad {
    pub(super) arrivals_per_s: f64,
    /// Workers that are busy on average.
    pub(super) erlangs: f64,
    /// The share of its time that a worker is busy.
    pub(super) utilisation: f64,
    /// The share of jobs that wait at all.
    pub(super) waiting_share: f64,
    pub(super) mean_wait_s: f64,
    /// The wait that the wished-for share does not exceed.
    pub(super) wait_quantile_s: f64,
}

/// Where the measured curve turns up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct MeasuredKnee {
    /// The load there; null when the curve has none.
    pub(super) at: Option<f64>,
    /// 95th percentile there, in milliseconds.
    pub(super) p95_ms: Option<f64>,
    /// What the load is.
    pub(super) load: &'static str,
    /// Why there is none; null where there is.
    pub(super) none: Option<String>,
}

/// The plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct CapacityPlan {
    pub(super) schema_version: u32,
    pub(super) wishes: Wishes,
    /// The fewest that hold the wait and the utilisation at the peak.
    pub(super) workers: u32,
    /// Of these, the fewest that hold the wait alone.
    pub(super) workers_for_wait: u32,
    pub(super) mean: AtLoad,
    pub(super) peak: AtLoad,
    pub(super) knee: Option<MeasuredKnee>,
    pub(super) assumptions: Vec<String>,
}

impl CapacityPlan {
    /// The plan for what is wished for.
    pub(super) fn new(wishes: Wishes, measured: Option<&Measured>) -> Result<Self, PlanError> {
        let demand = Demand::new(wishes.a_day, wishes.peak_factor)?;
        let limit = wishes.max_utilisation;
        if !(limit > 0.0 && limit < 1.0) {
            return Err(PlanError::Utilisation(limit));
        }
        let target = (wishes.wait_s, wishes.wait_share);
        let for_wait = workers_for(demand.peak_per_s(), wishes.service_s, target)?;
        // A whole number but for rounding needs no worker more.
        let for_limit = (for_wait.load() / limit - 1e-9).ceil();
        let workers = for_wait.workers().max(for_limit as u32);
        let at = |arrivals_per_s| {
            let queue = Queue::new(arrivals_per_s, wishes.service_s, workers)?;
            Ok::<_, QueueError>(AtLoad {
                arrivals_per_s,
                erlangs: queue.load(),
                utilisation: queue.utilisation(),
                waiting_share: queue.waits(),
                mean_wait_s: queue.mean_wait_s(),
                wait_quantile_s: queue.wait_quantile_s(wishes.wait_share),
            })
        };
        Ok(Self {
            schema_version: 1,
            workers,
            workers_for_wait: for_wait.workers(),
            mean: at(demand.mean_per_s())?,
            peak: at(demand.peak_per_s())?,
            knee: measured.map(of_curve),
            assumptions: assumptions(&wishes),
            wishes,
        })
    }
}

fn of_curve(measured: &Measured) -> MeasuredKnee {
    let found = knee(&measured.curve);
    MeasuredKnee {
        at: found.as_ref().ok().map(|knee| knee.at.load),
        p95_ms: found.as_ref().ok().map(|knee| knee.at.latency_ms),
        load: measured.load,
        none: found.err().map(|error| error.to_string()),
    }
}

fn assumptions(wishes: &Wishes) -> Vec<String> {
    let Wishes {
        peak_factor,
        service_s,
        service_from,
        wait_s,
        wait_share,
        max_utilisation,
        ..
    } = wishes;
    vec![
        format!("the busiest moment brings {peak_factor} times the mean of the day, and lasts long enough for queues to settle"),
        format!(
            "a worker is busy for {service_s:.3} s with a job ({service_from}); where that holds time spent waiting, fewer workers do; \
             where several workers share a job's segments, it takes more, and --service-time says how long they are busy together"
        ),
        "jobs come independently of each other, one at a time, and their service times are exponential (M/M/c): real ones scatter \
         less and wait less, bursts wait longer"
            .to_owned(),
        "every worker is as good as another, takes one job at a time, and none fails".to_owned(),
        format!(
            "{:.1} % of jobs wait at most {wait_s:.3} s at the peak, and no worker is busy for more than {:.0} % of it",
            wait_share * 100.0,
            max_utilisation * 100.0
        ),
    ]
}

impl fmt::Display for CapacityPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |f: &mut fmt::Formatter<'_>, name: &str, at: &AtLoad| {
            writeln!(
                f,
                "{name}: {} jobs per second keep {:.3} workers busy, each for {:.1} % of its time; {:.1} % of jobs wait; over all jobs \
                 the wait is {:.3} s on average, and at most {:.3} s for {:.1} %",
                significant(at.arrivals_per_s),
                at.erlangs,
                at.utilisation * 100.0,
                at.waiting_share * 100.0,
                at.mean_wait_s,
                at.wait_quantile_s,
                self.wishes.wait_share * 100.0
            )
        };
        writeln!(f, "{} jobs a day", self.wishes.a_day)?;
        at(f, "on average", &self.mean)?;
        at(f, "at the peak", &self.peak)?;
        let why = if self.workers > self.workers_for_wait {
            format!(
                "{} would hold the wait, the rest is for the utilisation",
                self.workers_for_wait
            )
        } else {
            "one fewer would not hold the wait".to_owned()
        };
        writeln!(f, "workers: {} ({why})", self.workers)?;
        match &self.knee {
            None => writeln!(f, "knee: not looked for, no result was given")?,
            Some(MeasuredKnee {
                at: Some(at),
                p95_ms: Some(ms),
                load,
                ..
            }) => writeln!(
                f,
                "knee: at {at:.1} {load}, p95 {ms:.1} ms; beyond it latency rises faster than load (Kneedle)"
            )?,
            Some(knee) => writeln!(f, "knee: none, {}", knee.none.as_deref().unwrap_or_default())?,
        }
        writeln!(f, "assumed:")?;
        self.assumptions
            .iter()
            .try_for_each(|assumption| writeln!(f, "  - {assumption}"))
    }
}

/// Three significant digits.
fn significant(value: f64) -> String {
    let digits = (2.0 - value.abs().log10().floor()).clamp(0.0, 12.0);
    format!("{value:.0$}", digits as usize)
}

#[cfg(test)]
mod tests {
    use perf_guard::capacity::LoadPoint;
    use proptest::prelude::*;

    use super::*;

    fn wishes() -> Wishes {
        Wishes {
            a_day: 1_000.0,
            peak_factor: 10.0,
            service_s: 5.0,
            service_from: "--service-time".to_owned(),
            wait_s: 2.0,
            wait_share: 0.95,
            max_utilisation: 0.8,
        }
    }

    #[test]
    fn a_thousand_a_day_is_0_0116_a_second_and_0_116_at_a_peak_of_10() {
        let plan = CapacityPlan::new(wishes(), None).unwrap();
        let text = plan.to_string();
        assert!(text.contains("on average: 0.0116 jobs per second"), "{text}");
        assert!(text.contains("at the peak: 0.116 jobs per second"), "{text}");
        // 0.579 erlangs: on two workers 0.13 wait, 0.0743 of all longer than 2 s; on three 0.0205 wait.
        assert_eq!((plan.workers, plan.workers_for_wait), (3, 3), "{text}");
    }

    #[test]
    fn the_utilisation_may_ask_for_more_than_the_wait_does() {
        let many = Wishes {
            a_day: 8_640_000.0,
            peak_factor: 1.0,
            service_s: 1.0,
            wait_s: 60.0,
            max_utilisation: 0.5,
            ..wishes()
        };
        let plan = CapacityPlan::new(many, None).unwrap();
        assert_eq!(
            (plan.workers, plan.workers_for_wait),
            (200, 101),
            "100 erlangs at one half"
        );
        assert!(plan.to_string().contains("the rest is for the utilisation"));
    }

    #[test]
    fn the_knee_is_told_or_why_there_is_none() {
        let curve = |rise: f64| Measured {
            job_s: None,
            curve: (1..=20)
                .map(|users| LoadPoint {
                    load: f64::from(users),
                    latency_ms: 10.0 + rise * f64::max(0.0, f64::from(users) - 12.0),
                })
                .collect(),
            load: "users",
        };
        let told = |rise| {
            CapacityPlan::new(wishes(), Some(&curve(rise)))
                .unwrap()
                .to_string()
        };
        assert!(
            told(50.0).contains("knee: at 12.0 users, p95 10.0 ms"),
            "{}",
            told(50.0)
        );
        assert!(told(0.0).contains("knee: none, latency does not turn up"));
    }

    #[test]
    fn what_makes_no_plan_names_its_flag() {
        let says = |wishes| run_context::chain(&CapacityPlan::new(wishes, None).unwrap_err());
        assert!(
            says(Wishes {
                a_day: 0.0,
                ..wishes()
            })
            .contains("--arrivals")
        );
        assert!(
            says(Wishes {
                wait_share: 1.0,
                ..wishes()
            })
            .contains("--wait-share")
        );
        assert!(
            says(Wishes {
                max_utilisation: 1.0,
                ..wishes()
            })
            .starts_with("--max-utilisation is 1")
        );
        assert!(
            says(Wishes {
                peak_factor: f64::NAN,
                ..wishes()
            })
            .contains("--peak-factor")
        );
    }

    proptest! {
        #[test]
        fn a_plan_holds_what_it_was_made_for(
            a_day in 1.0..1e5_f64, peak_factor in 1.0..50.0_f64, service_s in 0.01..30.0_f64, limit in 0.1..0.95_f64,
        ) {
            let plan = CapacityPlan::new(Wishes { a_day, peak_factor, service_s, max_utilisation: limit, ..wishes() }, None).unwrap();
            prop_assert!(plan.peak.utilisation <= limit + 1e-6);
            prop_assert!(plan.peak.wait_quantile_s <= 2.0 + 1e-9);
            prop_assert!(plan.mean.utilisation <= plan.peak.utilisation + 1e-12);
        }
    }
}
