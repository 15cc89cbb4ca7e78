//! `soak run` and `soak prove` on the command line.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use run_context::{TargetArgs, time};

use crate::growth;

/// Flags of `soak run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub(super) target: TargetArgs,
    #[command(flatten)]
    pub(super) cycles: CycleArgs,
    #[command(flatten)]
    pub(super) limits: LimitArgs,
    /// Start the server with this fault, as in `synth:error=500,p=0.01`; may be repeated
    #[arg(long, value_name = "RULE", conflicts_with = "api_base")]
    pub(super) fault: Vec<String>,
    /// When warm-up is over, for a target whose bounds are not known [default: when cache and kept jobs of the server that
    /// is started are full, and four times as long again]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) warm_up: Option<Duration>,
    /// Pass by the invariants alone where the run is too short to judge leaks; the result says so
    #[arg(long)]
    pub(super) accept_insufficient_leak_check: bool,
    /// Where to write the result; evidence of the first broken invariant goes beside it
    #[arg(long, value_name = "FILE", default_value = "artifacts/soak.json")]
    pub(super) out_json: PathBuf,
    /// Where to write the page [default: beside the result, ending in .html]
    #[arg(long, value_name = "FILE")]
    pub(super) out_html: Option<PathBuf>,
    /// What to write to standard output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(super) format: Format,
}

/// What the cycles do.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Cycles")]
pub(super) struct CycleArgs {
    /// How long cycles are made; judging leaks takes about 8 minutes and more
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = time)]
    pub(super) duration: Duration,
    /// Cycles at a time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(super) concurrency: u32,
    /// Every so manieth cycle cancels its job; 0 for none
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(super) cancel_every: u64,
    /// The seed of everything that is drawn
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// From one quiet point to the next, at which the cycles pause until no job is active
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    pub(super) window: Duration,
    /// The longest that a job may be active
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time)]
    pub(super) job_deadline: Duration,
}

/// What must not be exceeded.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct LimitArgs {
    /// Share of operations that may fail, 0 to 1
    #[arg(long, value_name = "SHARE", default_value = "0.01", value_parser = share)]
    pub(super) max_error_rate: f64,
    /// All waits for the merge lock together [default: 10s, and of a run beyond 15 minutes in proportion to its time]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) max_merge_wait_total: Option<Duration>,
    /// The longest of them
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = time)]
    pub(super) max_merge_wait: Duration,
    /// Growth of resident memory, in MiB an hour
    #[arg(long, value_name = "MIB", default_value_t = growth::RSS_MIB_PER_HOUR, value_parser = above_zero)]
    pub(super) max_rss_growth: f64,
    /// Growth of open descriptors, an hour
    #[arg(long, value_name = "N", default_value_t = growth::FDS_PER_HOUR, value_parser = above_zero)]
    pub(super) max_fds_growth: f64,
    /// Growth of threads, an hour
    #[arg(long, value_name = "N", default_value_t = growth::THREADS_PER_HOUR, value_parser = above_zero)]
    pub(super) max_threads_growth: f64,
    /// Growth of the median times of requests and jobs, as a share of them an hour: 1 is twice the time after an hour
    #[arg(long, value_name = "SHARE", default_value = "2", value_parser = above_zero)]
    pub(super) max_latency_growth: f64,
    /// Growth of the queue, in segments an hour
    #[arg(long, value_name = "N", default_value = "30", value_parser = above_zero)]
    pub(super) max_queue_growth: f64,
    /// Growth of the waits for the merge lock, in milliseconds a second an hour
    #[arg(long, value_name = "MS", default_value = "20", value_parser = above_zero)]
    pub(super) max_merge_wait_growth: f64,
}

/// Flags of `soak prove`.
#[derive(Debug, Args)]
pub struct ProveArgs {
    /// How long each of the two soaks lasts, which run side by side; less than about 8 minutes cannot prove anything
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = time)]
    pub(super) duration: Duration,
    /// How much the leaking server leaks, in bytes a second [default: 1 MB a minute]
    #[arg(long, value_name = "N", default_value_t = 16_667, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) leak_bytes_per_s: u64,
    /// The server program to start [default: mock-server beside this program]
    #[arg(long, value_name = "FILE")]
    pub(super) server_bin: Option<PathBuf>,
    /// Cycles at a time, in each
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(super) concurrency: u32,
    /// The directory of the results
    #[arg(long, value_name = "DIR", default_value = "artifacts/soak-proof")]
    pub(super) out_dir: PathBuf,
}

/// What to write to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Tables for people
    Table,
    /// soak.json
    Json,
    /// JUnit XML
    Junit,
    /// Markdown
    Markdown,
}

fn share(text: &str) -> Result<f64, String> {
    let legal = "legal: a number from 0 to 1";
    let share: f64 = text.parse().map_err(|_| legal.to_owned())?;
    if (0.0..=1.0).contains(&share) {
        Ok(share)
    } else {
        Err(legal.to_owned())
    }
}

fn above_zero(text: &str) -> Result<f64, String> {
    let legal = "legal: a finite number above 0";
    let number: f64 = text.parse().map_err(|_| legal.to_owned())?;
    if number.is_finite() && number > 0.0 {
        Ok(number)
    } else {
        Err(legal.to_owned())
    }
}
