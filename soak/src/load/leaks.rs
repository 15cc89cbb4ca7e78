//! Whether the server grows under the load: what the flags and the profile ask, and the verdict on what the watch saw.

use std::time::Duration;

use audio_load::{ServerSample, Timed};
use run_context::{Surroundings, Target, Where};
use run_report::{LeakCheck, SoakFigure, WarmUp as WarmUpResult, load::LeakWatch};

use super::{
    demand::with_needs,
    scenario::{Leaks, Scenario},
};
use crate::growth::{self, MIB, RetainJobsError, Seen, WarmUp, WarmUpRule, tidy_heap};

/// What is asked of a run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LeakPlan {
    limits: Leaks,
    warm_up: WarmUpRule,
    check: LeakCheck,
    /// Variables in the environment of the server that is started.
    pub(super) server_env: Vec<(String, String)>,
}

impl LeakPlan {
    /// What a profile asks; `None` where it does not ask whether the server grows.
    ///
    /// # Errors
    /// A bound of the server that is no number.
    pub(super) fn of(
        (scenario, target): (&Scenario, &Target),
        (said, check): (Option<Duration>, LeakCheck),
        around: &Surroundings,
    ) -> Result<Option<Self>, RetainJobsError> {
        let Some(limits) = scenario.leaks else {
            return Ok(None);
        };
        let args = match with_needs(target.clone(), scenario).place {
            Where::Own { args, .. } => args,
            Where::Remote { .. } => Vec::new(),
        };
        let said = said.or(limits.warm_up.map(|span| span.0));
        Ok(Some(Self {
            limits,
            warm_up: WarmUpRule::of(&args, said)?,
            check,
            server_env: tidy_heap(target, around),
        }))
    }

    /// Before anything was seen, which judges nothing.
    pub(super) fn unseen(&self) -> LeakWatch {
        LeakWatch {
            warm_up: WarmUpResult {
                rule: self.warm_up.in_words(),
                ended_after_seconds: None,
            },
            check: self.check,
            trends: Vec::new(),
        }
    }

    /// The verdicts on what was seen while the load lasted; afterwards the server comes to rest, which is no trend.
    pub(super) fn judge(&self, samples: &[Timed<ServerSample>], lasted: Duration) -> LeakWatch {
        let under_load = || samples.iter().filter(|sample| sample.at <= lasted);
        let mut warm_up = WarmUp::new(self.warm_up);
        for sample in under_load() {
            let server = &sample.value;
            warm_up.look(sample.at, &server.status.jobs, server.evictions);
        }
        let over = warm_up.ended_within(lasted);
        let trend = |(figure, most)| {
            let seen: Vec<Seen> = under_load()
                .map(|sample| Seen {
                    at_s: sample.at.as_secs_f64(),
                    warm: over.is_some_and(|over| sample.at >= over),
                    value: value(figure, &sample.value),
                })
                .collect();
            growth::judge((figure, growth::rule(figure, most)), &seen, (self.warm_up, over))
        };
        let mut watch = self.unseen();
        watch.warm_up.ended_after_seconds = over.map(|over| over.as_secs_f64());
        watch.trends = self.limits.limits().into_iter().map(trend).collect();
        watch
    }
}

/// The server's own figures; times and queues are judged by thresholds.
fn value(figure: SoakFigure, server: &ServerSample) -> Option<f64> {
    match figure {
        SoakFigure::Rss => server.resident_bytes.map(|bytes| bytes / MIB),
        SoakFigure::Fds => server.open_fds,
        SoakFigure::Threads => server.threads,
        SoakFigure::RequestLatency
        | SoakFigure::ReadyLatency
        | SoakFigure::QueueLength
        | SoakFigure::MergeWait => None,
    }
}

#[cfg(test)]
mod tests {
    use audio_api::{JobCounts, StatusSnapshot};
    use perf_guard::trend::TrendVerdict;
    use rstest::rstest;

    use super::*;

    const BOUNDS: WarmUpRule = WarmUpRule::Full { retain_jobs: 500 };

    fn plan(warm_up: WarmUpRule) -> LeakPlan {
        LeakPlan {
            limits: Leaks::default(),
            warm_up,
            check: LeakCheck::Required,
            server_env: Vec::new(),
        }
    }

    /// A look at a second: 8 jobs end in each, and the cache evicts from the 30th second on.
    fn look(second: u32, resident_mib: f64, open_fds: f64) -> Timed<ServerSample> {
        Timed {
            at: Duration::from_secs(second.into()),
            value: ServerSample {
                answered_in: Duration::ZERO,
                status: StatusSnapshot {
                    jobs: JobCounts {
                        complete: 8 * u64::from(second),
                        ..JobCounts::default()
                    },
                    ..StatusSnapshot::default()
                },
                resident_bytes: Some(resident_mib * MIB),
                open_fds: Some(open_fds),
                threads: Some(9.0),
                evictions: Some(f64::from(second.saturating_sub(30))),
            },
        }
    }

    /// It fills its bounds in a minute, and then rises for 40 s and lets go again, by 12 MiB.
    fn saw_tooth(second: u32) -> f64 {
        40.0 + 30.0 * (f64::from(second) / 60.0).min(1.0) + 0.3 * f64::from(second % 40)
    }

    /// What `http.submit:leak_bytes_per_s=16667` makes of it.
    fn leaking(second: u32) -> f64 {
        saw_tooth(second) + f64::from(second) * 16_667.0 / MIB
    }

    fn verdicts(of: &LeakWatch) -> Vec<TrendVerdict> {
        of.trends.iter().map(|trend| trend.verdict).collect()
    }

    #[rstest]
    #[case::a_leak_under_a_saw_tooth(leaking, TrendVerdict::Leak)]
    #[case::a_saw_tooth(saw_tooth, TrendVerdict::NoLeakShown)]
    fn a_leak_is_found_by_its_slope_and_what_is_let_go_again_is_none(
        #[case] resident_mib: fn(u32) -> f64,
        #[case] rss: TrendVerdict,
    ) {
        let samples: Vec<_> = (0..1800)
            .map(|second| look(second, resident_mib(second), 20.0))
            .collect();
        let watch = plan(BOUNDS).judge(&samples, Duration::from_secs(1800));
        // 500 jobs have ended after 63 s.
        assert_eq!(watch.warm_up.ended_after_seconds, Some(315.0));
        let fine = TrendVerdict::NoLeakShown;
        assert_eq!(verdicts(&watch), [rss, fine, fine]);
    }

    #[test]
    fn descriptors_that_are_never_closed_are_a_leak() {
        let samples: Vec<_> = (0..1800)
            .map(|second| look(second, 70.0, 20.0 + f64::from(second / 60)))
            .collect();
        let watch = plan(BOUNDS).judge(&samples, Duration::from_secs(1800));
        assert_eq!(watch.trends[1].verdict, TrendVerdict::Leak, "{:?}", watch.trends);
    }

    #[test]
    fn what_comes_after_the_load_is_no_part_of_it() {
        // As the load ends, the memory is let go.
        let resident = |second| if second < 1000 { leaking(second) } else { 20.0 };
        let samples: Vec<_> = (0..1800)
            .map(|second| look(second, resident(second), 20.0))
            .collect();
        let watch = plan(BOUNDS).judge(&samples, Duration::from_secs(999));
        assert_eq!(watch.trends[0].verdict, TrendVerdict::Leak);
    }

    #[rstest]
    #[case::too_short(BOUNDS, 180, "warm-up was not over")]
    #[case::too_short_after_warm_up(BOUNDS, 500, "184 s after warm-up, needed are 300 s")]
    #[case::of_a_foreign_server(WarmUpRule::Unknown, 1800, "when warm-up is over is not known")]
    fn what_cannot_be_judged_is_insufficient_and_says_why(
        #[case] warm_up: WarmUpRule,
        #[case] seconds: u32,
        #[case] why: &str,
    ) {
        let samples: Vec<_> = (0..seconds)
            .map(|second| look(second, leaking(second), 20.0))
            .collect();
        let watch = plan(warm_up).judge(&samples, Duration::from_secs(seconds.into()));
        for trend in &watch.trends {
            assert_eq!(trend.verdict, TrendVerdict::Insufficient);
            assert_eq!(trend.why, why);
        }
    }
}
