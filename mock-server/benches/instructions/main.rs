//! Instructions that the hot paths execute for one operation, counted by valgrind and held to committed counts.
//!
//! `make bench-instructions` prints them; `-- --update` writes `baselines/instruction_counts.json` anew. Each path is run twice,
//! under valgrind's cachegrind, with different numbers of operations: the difference cancels what starting the program and
//! preparing the input cost. Counts repeat to a few instructions in a million where times do not repeat to a tenth, so a
//! change shows that a busy machine would hide. They belong to one compiler: with another one, nothing is compared.
//!
//! A driver of our own instead of gungraun, because two runs and a subtraction are all there is to it, and gungraun needs
//! a runner of exactly its version installed, which takes minutes to build.
//!
//! Exit codes: 0 as committed, 1 a path executes more or has no committed count, 3 not comparable, 4 could not run.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a table for people is what this program is for"
)]

mod counts;
mod paths;
mod valgrind;

use std::process::ExitCode;

use counts::{Counts, Verdict};
use paths::PATHS;

fn main() -> ExitCode {
    // Cargo adds --bench.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["--run", path, operations] => run(path, operations),
        [] => compare(),
        ["--update"] => update(),
        other => Err(format!(
            "unknown arguments {other:?}; legal: --update, or nothing"
        )),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(4)
    })
}

/// What runs under valgrind.
fn run(path: &str, operations: &str) -> Result<ExitCode, String> {
    let operations = operations
        .parse()
        .map_err(|_| format!("{operations:?} is not a number"))?;
    let path = PATHS.iter().find(|known| known.name == path);
    let path = path.ok_or("there is no such path")?;
    (path.run)(operations);
    Ok(ExitCode::SUCCESS)
}

fn update() -> Result<ExitCode, String> {
    let counts = Counts::measured()?;
    counts.write()?;
    for (path, count) in &counts.instructions_per_operation {
        println!("{path:<34} {count:>12}");
    }
    println!("written to {}", Counts::path().display());
    Ok(ExitCode::SUCCESS)
}

fn compare() -> Result<ExitCode, String> {
    let committed = Counts::committed()?;
    let now = Counts::measured()?;
    let differences = now.differences_from(&committed);
    println!(
        "{:<34} {:>14} {:>14} {:>9}",
        "instructions for one operation", "now", "committed", "change"
    );
    let mut worst = Verdict::Same;
    for (path, count) in &now.instructions_per_operation {
        let before = committed.instructions_per_operation.get(path).copied();
        let verdict = if differences.is_empty() {
            committed.verdict(*count, before)
        } else {
            Verdict::Same
        };
        let (shown, change) = before.map_or_else(
            || ("none".to_owned(), String::new()),
            |before| {
                (
                    before.to_string(),
                    format!("{:+.2}%", counts::change_pct(*count, before)),
                )
            },
        );
        println!(
            "{path:<34} {count:>14} {shown:>14} {change:>9} {}",
            verdict.words()
        );
        worst = worst.max(verdict);
    }
    if !differences.is_empty() {
        println!(
            "not comparable, the changes say nothing: {}",
            differences.join("; ")
        );
        return Ok(ExitCode::from(3));
    }
    let gone = committed.gone_from(&now);
    if !gone.is_empty() {
        println!("committed but no longer counted: {}", gone.join(", "));
        worst = Verdict::Missing;
    }
    println!(
        "tolerance {}%; after a change that is meant: make bench-instructions ARGS=--update",
        committed.tolerance_pct
    );
    Ok(if worst >= Verdict::More {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}
