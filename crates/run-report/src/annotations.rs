//! Annotations on GitHub Actions, as workflow commands on standard output.

use std::io::{self, Write};

use crate::{
    escape::{command_message, command_property, line},
    exporter::Exporter,
    golden_run::GoldenRun,
    test_result::TestStatus,
    words,
};

/// GitHub shows this many of a level in one step and drops the rest in silence.
const SHOWN: usize = 10;
const TOOL: &str = "golden";

/// The run as `::error`, `::warning` and `::notice` commands; a passed run without notices gives none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Annotations;

pub(crate) struct Note {
    pub(crate) title: String,
    pub(crate) message: String,
}

impl Exporter for Annotations {
    fn export(&self, run: &GoldenRun, out: &mut dyn Write) -> io::Result<()> {
        write_level(out, ("error", TOOL), errors(run))?;
        write_level(out, ("warning", TOOL), warnings(run))?;
        let notices = run.notices.iter().map(|text| Note {
            title: TOOL.to_owned(),
            message: text.clone(),
        });
        write_level(out, ("notice", TOOL), notices.collect())
    }
}

fn errors(run: &GoldenRun) -> Vec<Note> {
    let slower = run.perf_failures.iter().map(|failure| Note {
        title: format!("slower: {} ({})", failure.name, failure.cache),
        message: words::failure(failure),
    });
    let failed = run
        .tests
        .iter()
        .filter(|test| test.status == TestStatus::Failed)
        .map(|test| {
            let reason = test.reason.as_deref().unwrap_or("no reason given");
            let first = test
                .evidence
                .first()
                .map(|text| format!("\n{text}"))
                .unwrap_or_default();
            Note {
                title: format!("failed: {}", test.label()),
                message: format!("{reason}{first}"),
            }
        });
    let rest = run.reasons_beyond_findings().map(|reason| Note {
        title: format!("golden {}", reason.exit_code),
        message: reason.text.clone(),
    });
    // What stopped the run comes first: nothing after it can be judged without it.
    rest.chain(slower).chain(failed).collect()
}

fn warnings(run: &GoldenRun) -> Vec<Note> {
    let skipped = run.perf_skipped.iter().map(|skipped| Note {
        title: format!("not guarded: {} ({})", skipped.name, skipped.cache),
        message: skipped.reason.clone(),
    });
    let differences = run.env_differences.iter().map(|difference| Note {
        title: "baseline from elsewhere".to_owned(),
        message: difference.to_string(),
    });
    differences.chain(skipped).collect()
}

pub(crate) fn write_level(
    out: &mut dyn Write,
    (level, tool): (&str, &str),
    mut notes: Vec<Note>,
) -> io::Result<()> {
    if notes.len() > SHOWN {
        let rest: Vec<String> = notes.drain(SHOWN - 1..).map(|note| note.title).collect();
        notes.push(Note {
            title: format!("{tool}: {} more", rest.len()),
            message: rest.join("\n"),
        });
    }
    for note in notes {
        // Each line of a message by itself, so that its own line ends stay and all else is made visible.
        let message: Vec<String> = note.message.split('\n').map(line).collect();
        let title = command_property(&line(&note.title));
        writeln!(
            out,
            "::{level} title={title}::{}",
            command_message(&message.join("\n"))
        )?;
    }
    Ok(())
}
