//! The table: on the terminal, and as Markdown.

use std::{fmt::Write as _, time::Duration};

use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};

use crate::{bystander::Latency, case::Outcome};

const HEADER: [&str; 8] = [
    "case",
    "sent",
    "expected",
    "got",
    "server's MiB: before → peak → after (at most)",
    "bystander's p50 / p99 / max, ms (× its quiet p50 / p99)",
    "took",
    "verdict",
];

fn cells(outcome: &Outcome) -> [String; 8] {
    let [before, peak, after, bound] = outcome
        .memory_bytes
        .map(|bytes| bytes as f64 / f64::from(1 << 20));
    let memory = format!("{before:.0} → {peak:.0} → {after:.0} ({:.0})", before + bound);
    let bystander = outcome.bystander.map_or_else(|| "not served".to_owned(), latency);
    let verdict = if outcome.failures.is_empty() {
        "ok".to_owned()
    } else {
        format!("FAILED: {}", outcome.failures.join("; "))
    };
    [
        outcome.name.clone(),
        outcome.sends.clone(),
        outcome.expects.clone(),
        outcome.got.clone(),
        memory,
        bystander,
        format!("{:.1} s", outcome.took.as_secs_f64()),
        verdict,
    ]
}

fn latency([quiet, during]: [Latency; 2]) -> String {
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let ratio = |of: fn(&Latency) -> Duration| of(&during).as_secs_f64() / of(&quiet).as_secs_f64().max(1e-6);
    format!(
        "{:.2} / {:.1} / {:.0} (× {:.1} / {:.1})",
        ms(during.p50),
        ms(during.p99),
        ms(during.max),
        ratio(|latency| latency.p50),
        ratio(|latency| latency.p99)
    )
}

/// The table for a terminal.
#[must_use]
pub fn terminal(outcomes: &[Outcome]) -> String {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(HEADER);
    for outcome in outcomes {
        table.add_row(cells(outcome));
    }
    table.to_string()
}

/// The table as Markdown.
#[must_use]
pub fn markdown(outcomes: &[Outcome]) -> String {
    let row = |cells: &[String]| {
        format!(
            "| {} |\n",
            cells
                .iter()
                .map(|cell| cell.replace('|', "\\|"))
                .collect::<Vec<_>>()
                .join(" | ")
        )
    };
    let mut text = row(&HEADER.map(str::to_owned));
    let _ = writeln!(text, "|{}", " --- |".repeat(HEADER.len()));
    for outcome in outcomes {
        text.push_str(&row(&cells(outcome)));
    }
    text
}

/// One line as soon as a case is through.
#[must_use]
pub fn line(outcome: &Outcome) -> String {
    let verdict = if outcome.failures.is_empty() {
        "ok    "
    } else {
        "FAILED"
    };
    let why = outcome.failures.join("; ");
    format!(
        "{verdict} {:<32} {:5.1} s  {}{}{why}",
        outcome.name,
        outcome.took.as_secs_f64(),
        outcome.got,
        if why.is_empty() { "" } else { ": " }
    )
}
