//! A comparison as annotations on GitHub Actions.

use std::io::{self, Write};

use perf_guard::comparison::PairedVerdict;

use super::{CompareReasonKind, CompareRun, words};
use crate::{
    Annotations,
    annotations::{Note, write_level},
    exporter::Exporter,
};

const TOOL: &str = "compare";

impl Exporter<CompareRun> for Annotations {
    fn export(&self, run: &CompareRun, out: &mut dyn Write) -> io::Result<()> {
        write_level(out, ("error", TOOL), errors(run))?;
        write_level(out, ("warning", TOOL), warnings(run))?;
        let notices = run.notices.iter().map(|text| Note {
            title: TOOL.to_owned(),
            message: text.clone(),
        });
        write_level(out, ("notice", TOOL), notices.collect())
    }
}

fn errors(run: &CompareRun) -> Vec<Note> {
    // What stopped the comparison comes first: nothing after it can be judged without it.
    let rest = run
        .verdict_reasons
        .iter()
        .filter(|reason| reason.kind != CompareReasonKind::Regressed);
    let rest = rest.map(|reason| Note {
        title: format!("{TOOL} {}", reason.exit_code),
        message: reason.text.clone(),
    });
    let slower = run
        .tests
        .iter()
        .filter(|test| test.verdict == PairedVerdict::Regressed);
    let slower = slower.map(|test| Note {
        title: format!("slower: {}", test.label()),
        message: match words::explanation(test) {
            Some(explanation) => format!("{}; {explanation}", words::figures(test)),
            None => words::figures(test),
        },
    });
    let failed = run.failures.iter().map(|failure| Note {
        title: format!("failed: {} ({}) on {}", failure.test, failure.cache, failure.arm),
        message: failure.reason.clone(),
    });
    rest.chain(slower).chain(failed).collect()
}

fn warnings(run: &CompareRun) -> Vec<Note> {
    let short = run.tests.iter().filter_map(|test| {
        Some(Note {
            title: format!("insufficient: {}", test.label()),
            message: words::shortage(test.shortage?),
        })
    });
    let checks = run
        .self_checks
        .iter()
        .filter(|check| !check.holds)
        .map(|check| Note {
            title: format!("self-check: {}", check.name),
            message: check.detail.clone(),
        });
    short.chain(checks).collect()
}
