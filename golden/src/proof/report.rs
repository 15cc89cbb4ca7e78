//! A proof in words.

use std::io::{self, Write};

use super::Proof;

/// What was expected, what was seen, what fired, and what follows.
///
/// # Errors
/// What the writer reports.
pub fn write_words(proof: &Proof, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "fault      {}", proof.rule)?;
    match proof.fired_total {
        Some(times) => writeln!(out, "fired      {times} times")?,
        None => writeln!(out, "fired      not known")?,
    }
    writeln!(out, "expected   {}", list(&proof.expected))?;
    let red: Vec<String> = proof
        .red
        .iter()
        .map(|test| {
            format!(
                "{}: {} > {}, {} grew",
                test.name, test.measured_s, test.threshold_s, test.explained_by
            )
        })
        .collect();
    writeln!(out, "went red   {}", list(&red))?;
    writeln!(out, "missed     {}", list(&proof.missed))?;
    writeln!(out, "unexpected {}", list(&proof.unexpected))?;
    writeln!(out, "broken     {}", list(&proof.broken))?;
    for reason in &proof.reasons {
        writeln!(out, "{reason}")?;
    }
    let verdict = if proof.pass {
        "the guard is proven"
    } else {
        "the guard is NOT proven"
    };
    writeln!(
        out,
        "{verdict}: {} went red on {} of {} timed tests",
        proof.rule,
        proof.red.len() - proof.unexpected.len(),
        proof.expected.len()
    )
}

fn list(entries: &[String]) -> String {
    if entries.is_empty() {
        "none".to_owned()
    } else {
        entries.join("\n           ")
    }
}
