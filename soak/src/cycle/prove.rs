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
