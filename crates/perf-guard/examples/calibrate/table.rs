//! The figures as Markdown.

use std::fmt::Write as _;

use perf_guard::upper_bound_95;

use crate::{elsewhere::Fired, rules, session::TESTS, tally::Tally};

/// Head over base, as reported in columns.
pub(crate) const SLOWDOWNS: [f64; 6] = [1.10, 1.15, 1.20, 1.25, 1.50, 2.00];

/// One noise.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) quiet: Tally,
    /// By [`SLOWDOWNS`].
    pub(crate) slowed: Vec<Tally>,
    pub(crate) elsewhere: Elsewhere,
}

/// One noise under the rules used elsewhere.
pub(crate) struct Elsewhere {
    pub(crate) suites: usize,
    /// Suites in which each rule fired without a change.
    pub(crate) quiet: Fired,
    /// By [`SLOWDOWNS`]: times that each rule fired on the slowed test.
    pub(crate) slowed: Vec<Fired>,
}

/// How noisy a body may be.
pub(crate) struct Limit {
    pub(crate) name: &'static str,
    pub(crate) log_sd: f64,
}

/// What a smaller slowdown costs.
pub(crate) struct Cost {
    pub(crate) name: &'static str,
    /// Runs an arm, with suites without a change and suites with one test slowed by 10 %.
    pub(crate) steps: Vec<(usize, Tally, Tally)>,
}

pub(crate) fn render(rows: &[Row], limits: &[Limit], costs: &[Cost]) -> String {
    let mut text = String::from(INTRODUCTION);
    text += "\n| noise | suites | false alarms | rate a suite | 95 % upper bound | insufficient tests |\n|---|--:|--:|--:|--:|--:|\n";
    for Row { name, quiet, .. } in rows {
        let bound = upper_bound_95(quiet.false_alarms, quiet.suites);
        let insufficient = quiet.insufficient as f64 / (quiet.suites * TESTS) as f64;
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} | {} | {} |",
            quiet.suites,
            quiet.false_alarms,
            percent(quiet.false_alarms as f64 / quiet.suites as f64, 3),
            percent(bound, 3),
            percent(insufficient, 2),
        );
    }
    text += "\n## Power: the slowed test is reported as regressed\n\n| noise | suites each |";
    for slowdown in SLOWDOWNS {
        let _ = write!(text, " +{:.0} % |", (slowdown - 1.0) * 100.0);
    }
    text += "\n|---|--:|--:|--:|--:|--:|--:|--:|\n";
    for Row { name, slowed, .. } in rows {
        let _ = write!(
            text,
            "| {name} | {} |",
            slowed.first().map_or(0, |tally| tally.suites)
        );
        for tally in slowed {
            let _ = write!(
                text,
                " {} |",
                percent(tally.found as f64 / tally.suites as f64, 1)
            );
        }
        text.push('\n');
    }
    text += "\n## How noisy a test may be\n\nThe largest log-SD of the body, in steps of 0.005, up to which +20 % is found in at least 85 % of 1,000 suites:\n\n";
    for Limit { name, log_sd } in limits {
        let _ = writeln!(text, "- {name}: {log_sd:.3}");
    }
    text += COST;
    for Cost { name, steps } in costs {
        for (pairs, quiet, slowed) in steps {
            let _ = writeln!(
                text,
                "| {name} | {pairs} | {:.1} | {} | {} of {} |",
                *pairs as f64 / 20.0,
                percent(slowed.found as f64 / slowed.suites as f64, 1),
                quiet.false_alarms,
                quiet.suites,
            );
        }
    }
    text += ELSEWHERE;
    for row in rows {
        let _ = write!(text, "\n### {}\n\n", capitalized(row.name));
        render_elsewhere(&mut text, row);
    }
    text
}

fn render_elsewhere(text: &mut String, row: &Row) {
    *text += "| rule | false alarms a suite |";
    for slowdown in SLOWDOWNS {
        let _ = write!(text, " +{:.0} % |", (slowdown - 1.0) * 100.0);
    }
    *text += "\n|---|--:|--:|--:|--:|--:|--:|--:|\n";
    let share = |count: usize, of: usize| percent(count as f64 / of as f64, 1);
    let ours = percent(row.quiet.false_alarms as f64 / row.quiet.suites as f64, 2);
    let _ = write!(text, "| **this comparison** | {ours} |");
    for tally in &row.slowed {
        let _ = write!(text, " {} |", share(tally.found, tally.suites));
    }
    for (i, rule) in rules::ALL.iter().enumerate() {
        let Elsewhere {
            suites,
            quiet,
            slowed,
        } = &row.elsewhere;
        let _ = write!(text, "\n| {} | {} |", rule.name, share(quiet[i], *suites));
        for fired in slowed {
            let _ = write!(text, " {} |", share(fired[i], *suites));
        }
    }
    text.push('\n');
}

fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn percent(part: f64, decimals: usize) -> String {
    format!("{:.decimals$} %", part * 100.0)
}

const INTRODUCTION: &str = "\
# Calibration of the comparison

Written by `make calibrate`: simulated, seeded, without a clock. It judges suites whose truth is known, by the method
of `perf_guard::comparison` with its defaults: 20 runs an arm, looks at 10 and 20, +5 % as the smallest effect, 1 % error
over 20 tests. Every noise has a log-normal body of log-SD 0.05, and on top of it

- *body with outliers*: 3 % of the runs take 1.5 to 4 times as long;
- *session drift*: the session starts anywhere within ±15 % and moves in a straight line to anywhere else there; both
  arms share it, because their runs are neighbours;
- *cache hits*: in each test up to 40 % of the runs are answered from a cache, at a twentieth of the time, and tagged;
- *bursts*: a neighbour slows the machine by 1.3 to 2 times for about six runs in a row, 15 % of the time;
- *all together*: all four at once.

## False alarms: nothing changed, and a test of the suite is reported as regressed
";

const COST: &str = "
## What +10 % costs

The same method with more runs (`golden compare --runs`), looks at half of them and at all, one test slowed by 10 %:

| noise | runs an arm | time against 20 runs | +10 % found | false alarms |
|---|--:|--:|--:|--:|
";

const ELSEWHERE: &str = "
## Rules used elsewhere

The same noise, with 20 runs today against 20 runs of another session that was stored, which is how such rules are used;
the session that was stored has drift, bursts and a cache of its own. They see the fast-ready runs too, for they know no
tags. A false alarm is a suite of 20 tests without a change in which any test is reported; power is that of one slowed
test. 5,000 suites a figure; for the first row see above.
";
