//! The `abuse` command: every hostile or clumsy client against the real server, and a table of how it fared.

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use abuse::{
    case::Outcome,
    cases::{self, Scale},
    page, report,
};
use anyhow::Context as _;
use clap::Parser;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use server_process::find_binary;

/// Runs every hostile or clumsy client against the real server over real sockets, and prints how it fared.
#[derive(Debug, Parser)]
#[command(
    name = "abuse",
    version,
    after_help = "Exit codes: 0 all withstood, 1 a case failed, 2 usage, 4 could not run."
)]
struct Args {
    /// The server's program [default: mock-server beside this one]
    #[arg(long, value_name = "FILE")]
    server_bin: Option<PathBuf>,
    /// Only the cases whose name contains this; may be repeated
    #[arg(long, value_name = "WORDS")]
    only: Vec<String>,
    /// How many connections are idle at a time
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    idle_connections: u32,
    /// Write the table as Markdown as well: between the two lines of this file that mark a table, or as all of it
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

/// What this program needs beside the connections of the largest case.
const SPARE_DESCRIPTORS: u64 = 256;

fn main() -> ExitCode {
    let run = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("start the runtime")
        .and_then(|runtime| runtime.block_on(run(&Args::parse())));
    match run {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "abuse: {error:#}");
            ExitCode::from(4)
        }
    }
}

async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let server = find_binary(args.server_bin.as_deref(), "mock-server")?;
    enough_descriptors(u64::from(args.idle_connections))?;
    let scale = Scale {
        idle_connections: args.idle_connections as usize,
    };
    let mut chosen = cases::all(scale);
    chosen.retain(|case| args.only.is_empty() || args.only.iter().any(|words| case.name.contains(words)));
    anyhow::ensure!(
        !chosen.is_empty(),
        "--only {:?}: no case has such a name",
        args.only
    );
    let mut out = std::io::stdout();
    let mut outcomes: Vec<Outcome> = Vec::new();
    for case in &chosen {
        let outcome = case
            .run(&server)
            .await
            .with_context(|| format!("case {:?}", case.name))?;
        writeln!(out, "{}", report::line(&outcome))?;
        outcomes.push(outcome);
    }
    writeln!(out, "\n{}", report::terminal(&outcomes))?;
    if let Some(path) = &args.markdown {
        page::write(path, &report::markdown(&outcomes))?;
    }
    let failed = outcomes
        .iter()
        .filter(|outcome| !outcome.failures.is_empty())
        .count();
    writeln!(out, "{} passed, {failed} failed", outcomes.len() - failed)?;
    Ok(ExitCode::from(u8::from(failed > 0)))
}

/// Raises the soft limit of descriptors; this program and the server each need one a connection.
fn enough_descriptors(connections: u64) -> anyhow::Result<()> {
    let hard = getrlimit(Resource::Nofile).maximum;
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: hard,
            maximum: hard,
        },
    )
    .context("raise the limit of open descriptors")?;
    let needed = connections + SPARE_DESCRIPTORS;
    if let Some(limit) = getrlimit(Resource::Nofile).current
        && limit < needed
    {
        anyhow::bail!(
            "{connections} idle connections need {needed} descriptors here and in the server; the limit (ulimit -Hn) is \
             {limit}: raise it, or give --idle-connections {}",
            limit.saturating_sub(SPARE_DESCRIPTORS)
        );
    }
    Ok(())
}
