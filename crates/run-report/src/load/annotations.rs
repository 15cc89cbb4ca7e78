//! A load run as annotations on GitHub Actions.

use std::io::{self, Write};

use super::LoadResult;
use crate::{
    Annotations, RunExit,
    annotations::{Note, write_level},
    exporter::Exporter,
};

impl Exporter<LoadResult> for Annotations {
    fn export(&self, run: &LoadResult, out: &mut dyn Write) -> io::Result<()> {
        let tool = format!("load {}", run.profile);
        let of = |level: fn(RunExit) -> bool| {
            let reasons = run.reasons.iter().filter(|reason| level(reason.exit_code));
            reasons
                .map(|reason| Note {
                    title: format!("{tool} {}", reason.exit_code),
                    message: reason.text.clone(),
                })
                .collect()
        };
        write_level(out, ("error", "load"), of(|exit| exit != RunExit::Inconclusive))?;
        write_level(out, ("warning", "load"), of(|exit| exit == RunExit::Inconclusive))?;
        let notices = run.notices.iter().map(|text| Note {
            title: tool.clone(),
            message: text.clone(),
        });
        write_level(out, ("notice", "load"), notices.collect())
    }
}
