//! The proof of the soak: of two servers that are soaked side by side one leaks, and exactly that one goes red, by its
//! memory.

use std::{io, pin::Pin};

use clap::Parser;
use futures::future::join;
use run_context::{Outside, Surroundings};
use run_report::{Invariant, RunExit, SoakFigure, SoakRun};
use tokio_util::sync::CancellationToken;

use super::{
    args::{ProveArgs, RunArgs},
    conduct::conduct,
    plan::{Plan, PlanError},
    progress::Progress,
    publish::store,
};

/// Both soaks of a proof.
#[derive(Debug)]
pub(super) struct Proof {
    leaking: Plan,
    healthy: Plan,
}

/// So that flags of a soak can be made from words.
#[derive(Debug, Parser)]
struct Words {
    #[command(flatten)]
    run: RunArgs,
}

impl Proof {
    /// From its flags.
    ///
    /// # Errors
    /// What cannot be meant.
    pub(super) fn of(args: &ProveArgs, around: &Surroundings) -> Result<Self, PlanError> {
        let fault = format!("http.submit:leak_bytes_per_s={}", args.leak_bytes_per_s);
        let plan = |name: &str, more: &[&str]| {
            let result = args.out_dir.join(name).with_extension("json");
            let mut words = vec![
                "soak".into(),
                "--out-json".into(),
                result.into_os_string(),
                "--duration".into(),
                format!("{}ms", args.duration.as_millis()).into(),
                "--concurrency".into(),
                args.concurrency.to_string().into(),
            ];
            if let Some(program) = &args.server_bin {
                words.extend(["--server-bin".into(), program.clone().into_os_string()]);
            }
            words.extend(more.iter().map(Into::into));
            match Words::try_parse_from(words) {
                Ok(words) => Plan::of(words.run, around),
                Err(error) => unreachable!("these flags are all legal: {error}"),
            }
        };
        Ok(Self {
            leaking: plan("leaking", &["--fault", &fault])?,
            healthy: plan("healthy", &[])?,
        })
    }

    /// Runs both soaks, and says whether they prove it.
    ///
    /// # Errors
    /// What the system says when a result cannot be written.
    pub(super) async fn run(
        self,
        outside: Outside<'_>,
        interrupted: Pin<&mut impl Future<Output = ()>>,
    ) -> io::Result<RunExit> {
        let stop = CancellationToken::new();
        let names = (Progress::new("leaking: "), Progress::new("healthy: "));
        let stops = (std::pin::pin!(stop.cancelled()), std::pin::pin!(stop.cancelled()));
        let mut both = std::pin::pin!(join(
            conduct(&self.leaking, &names.0, stops.0),
            conduct(&self.healthy, &names.1, stops.1),
        ));
        let (leaking, healthy) = tokio::select! {
            biased;
            ran = both.as_mut() => ran,
            () = interrupted => {
                stop.cancel();
                both.await
            }
        };
        let (leaking, healthy) = (leaking?, healthy?);
        store(&leaking, &self.leaking.artifacts)?;
        store(&healthy, &self.healthy.artifacts)?;
        for (name, run) in [("leaking", &leaking), ("healthy", &healthy)] {
            writeln!(
                outside.out,
                "{name}: {} (exit {}){}",
                run.exit_code,
                run.exit_code.code(),
                rss(run)
            )?;
            for reason in &run.reasons {
                writeln!(outside.out, "  {reason}")?;
            }
        }
        let (exit, text) = verdict(&leaking, &healthy);
        writeln!(outside.out, "soak proof: {text} (exit {})", exit.code())?;
        Ok(exit)
    }
}

fn rss(run: &SoakRun) -> String {
    let trend = run.trends.iter().find(|trend| trend.figure == SoakFigure::Rss);
    let slope = trend.and_then(|trend| {
        Some((
            trend.slope_per_hour?,
            trend.low_per_hour?,
            trend.high_per_hour?,
            trend.limit_per_hour?,
        ))
    });
    slope.map_or_else(String::new, |(slope, low, high, limit)| {
        format!(", memory {slope:+.1} MiB/h ({low:+.1} to {high:+.1}), limit {limit:.0}")
    })
}

/// Whether no growth of memory was shown, and all that is insufficient is the growth of something else: times and queues of two
/// soaks on one machine follow what else it does, and they are not what is to be proven.
fn is_flat(healthy: &SoakRun) -> bool {
    let flat = healthy.trends.iter().any(|trend| {
        trend.figure == SoakFigure::Rss && trend.verdict == perf_guard::trend::TrendVerdict::NoLeakShown
    });
    let other = |reason: &String| reason.starts_with("insufficient: growth of ");
    flat && healthy.failures.is_empty() && healthy.reasons.iter().all(other)
}

/// Whether the two results prove that a leak is found, and that none is where there is none.
fn verdict(leaking: &SoakRun, healthy: &SoakRun) -> (RunExit, &'static str) {
    let cut_short = [leaking, healthy]
        .map(|run| run.exit_code)
        .into_iter()
        .filter(|exit| matches!(exit, RunExit::Interrupted | RunExit::CouldNotRun))
        .max();
    if let Some(exit) = cut_short {
        return (exit, "one of the soaks was cut short, so nothing is proven");
    }
    let grows = |run: &SoakRun| {
        let figures: Vec<SoakFigure> = run
            .trends
            .iter()
            .filter(|trend| trend.verdict == perf_guard::trend::TrendVerdict::Leak)
            .map(|trend| trend.figure)
            .collect();
        figures
    };
    let by_growth_alone = leaking
        .failures
        .iter()
        .all(|failure| failure.invariant == Invariant::NoGrowth);
    match (leaking.exit_code, healthy.exit_code) {
        (_, RunExit::Failed) => (RunExit::Failed, "the healthy server was called broken"),
        (RunExit::Failed, _) if !by_growth_alone || grows(leaking) != [SoakFigure::Rss] => (
            RunExit::Failed,
            "the leaking server went red by something else than its memory",
        ),
        (RunExit::Failed, RunExit::Pass) => (
            RunExit::Pass,
            "proven: the leak was found, and no other where there is none",
        ),
        (RunExit::Failed, RunExit::Inconclusive) if is_flat(healthy) => (
            RunExit::Pass,
            "proven: the leak was found, and no growth of memory where there is none; what else grows is not shown",
        ),
        (RunExit::Pass, _) => (RunExit::Failed, "the leak was not found"),
        _ => (
            RunExit::Inconclusive,
            "too little data: a longer run may prove it",
        ),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use perf_guard::trend::TrendVerdict::{Insufficient, Leak, NoLeakShown};
    use rstest::rstest;
    use run_report::{LeakCheck, SoakHead, SoakTrend};

    use super::*;

    /// A soak that ended so, with these verdicts and reasons.
    fn soak(
        exit: RunExit,
        verdicts: &[(SoakFigure, perf_guard::trend::TrendVerdict)],
        reasons: &[&str],
    ) -> SoakRun {
        let mut run = SoakRun::new(SoakHead {
            soak_version: "1".to_owned(),
            target: "reference".to_owned(),
            started_at: Timestamp::UNIX_EPOCH,
            planned_seconds: 600.0,
            cancel_every: 5,
            concurrency: 6,
            seed: 1,
            window_seconds: 10.0,
            warm_up_rule: String::new(),
            leak_check: LeakCheck::Required,
            environment: run_context::machine(),
        });
        run.exit_code = exit;
        run.reasons = reasons.iter().map(|reason| (*reason).to_owned()).collect();
        let trend = |&(figure, verdict)| SoakTrend {
            figure,
            verdict,
            why: String::new(),
            slope_per_hour: None,
            low_per_hour: None,
            high_per_hour: None,
            later_slope_per_hour: None,
            limit_per_hour: None,
            value_at_zero: None,
            points: 0,
            span_seconds: 0.0,
            confidence: 0.99,
        };
        run.trends = verdicts.iter().map(trend).collect();
        run
    }

    fn leaking() -> SoakRun {
        soak(RunExit::Failed, &[(SoakFigure::Rss, Leak)], &["no_growth: rss"])
    }

    const OTHER: &str = "insufficient: growth of merge_wait: the limit lies within the slope's interval";

    #[rstest]
    #[case::all_judged(RunExit::Pass, NoLeakShown, &[], RunExit::Pass)]
    #[case::something_else_open(RunExit::Inconclusive, NoLeakShown, &[OTHER], RunExit::Pass)]
    #[case::memory_open(RunExit::Inconclusive, Insufficient, &[OTHER], RunExit::Inconclusive)]
    #[case::an_invariant_not_looked_at(RunExit::Inconclusive, NoLeakShown, &["no invariant was looked at"], RunExit::Inconclusive)]
    #[case::broken(RunExit::Failed, NoLeakShown, &[OTHER], RunExit::Failed)]
    #[case::interrupted(RunExit::Interrupted, NoLeakShown, &[], RunExit::Interrupted)]
    fn a_leak_that_is_found_is_proven_by_a_healthy_server_whose_memory_is_flat(
        #[case] exit: RunExit,
        #[case] memory: perf_guard::trend::TrendVerdict,
        #[case] reasons: &[&str],
        #[case] proof: RunExit,
    ) {
        let healthy = soak(exit, &[(SoakFigure::Rss, memory)], reasons);
        assert_eq!(verdict(&leaking(), &healthy).0, proof);
    }

    #[rstest]
    #[case::not_found(RunExit::Pass, &[(SoakFigure::Rss, NoLeakShown)], RunExit::Failed)]
    #[case::open(RunExit::Inconclusive, &[(SoakFigure::Rss, Insufficient)], RunExit::Inconclusive)]
    #[case::by_something_else(RunExit::Failed, &[(SoakFigure::Fds, Leak)], RunExit::Failed)]
    #[case::by_something_else_too(RunExit::Failed, &[(SoakFigure::Rss, Leak), (SoakFigure::Fds, Leak)], RunExit::Failed)]
    fn anything_but_a_leak_of_memory_alone_proves_nothing(
        #[case] exit: RunExit,
        #[case] verdicts: &[(SoakFigure, perf_guard::trend::TrendVerdict)],
        #[case] proof: RunExit,
    ) {
        let healthy = soak(RunExit::Pass, &[(SoakFigure::Rss, NoLeakShown)], &[]);
        assert_eq!(verdict(&soak(exit, verdicts, &[]), &healthy).0, proof);
    }
}
