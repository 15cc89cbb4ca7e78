//! The gate as annotations on GitHub Actions.

use std::io::{self, Write};

use super::{GateMode, GateRun};
use crate::{
    Annotations,
    annotations::{Note, write_level},
    exporter::Exporter,
};

const TOOL: &str = "gate";

impl Exporter<GateRun> for Annotations {
    fn export(&self, run: &GateRun, out: &mut dyn Write) -> io::Result<()> {
        let level = match run.mode {
            GateMode::Smoke if run.exit_code != run.verdict => "warning",
            _ => "error",
        };
        let reasons = run.reasons.iter().map(|text| Note {
            title: format!("{TOOL} {}", run.verdict),
            message: text.clone(),
        });
        write_level(out, (level, TOOL), reasons.collect())?;
        let differences = run.env_differences.iter().map(|difference| Note {
            title: "another environment".to_owned(),
            message: difference.to_string(),
        });
        write_level(out, ("notice", TOOL), differences.collect())
    }
}
