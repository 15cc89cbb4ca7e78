//! The result of one `golden prove`: which faults which tests notice, and its renderings.
//!
//! A proof fills a [`ProveRun`], closes it with [`ProveRun::settle`], and hands it to a [`ProveExporter`].

mod breakage;
mod control;
mod json;
mod junit;
mod markdown;
mod prove_run;
mod settle;
mod slowdown;
mod summary;
mod terminal;

pub use breakage::{Breakage, Witness};
pub use control::{Alarm, Control, ControlKind, FalseAlarms, upper_bound_95};
pub use json::{ProveJson, ProveSchemaError, prove_schema};
pub use junit::ProveJunit;
pub use markdown::ProveMarkdown;
pub use prove_run::{
    BlindSpot, FixedRule, PROVE_SCHEMA_VERSION, ProveExtent, ProveHead, ProveRule, ProveRun, ProveThreshold,
    StaleAllowance, StatisticalRule,
};
pub use settle::ProveReason;
pub use slowdown::{CellOutcome, MagnitudeMark, Mark, SlowdownCell, SmallestCaught, StageSlowdowns, TestMap};
pub use terminal::ProveTerminal;

use std::io::{self, Write};

/// Renders a settled proof. As [`crate::Exporter`] it decides nothing: it shows what stands in the proof.
pub trait ProveExporter {
    /// Writes the rendering.
    ///
    /// # Errors
    /// What the writer reports, or a serialiser, as an I/O error.
    fn export(&self, proof: &ProveRun, out: &mut dyn Write) -> io::Result<()>;

    /// The rendering as text.
    ///
    /// # Errors
    /// As [`ProveExporter::export`].
    fn to_text(&self, proof: &ProveRun) -> io::Result<String> {
        let mut bytes = Vec::new();
        self.export(proof, &mut bytes)?;
        String::from_utf8(bytes).map_err(io::Error::other)
    }
}
