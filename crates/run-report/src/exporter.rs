//! The one door of all renderings.

use std::io::{self, Write};

use crate::golden_run::GoldenRun;

/// Renders a settled run, of the golden suite or another kind. An exporter holds its own settings, and never decides anything: it shows what stands in the
/// run. Whatever the run's texts contain, the rendering stays well-formed.
pub trait Exporter<Run = GoldenRun> {
    /// Writes the rendering.
    ///
    /// # Errors
    /// What the writer reports, or a serialiser, as an I/O error.
    fn export(&self, run: &Run, out: &mut dyn Write) -> io::Result<()>;

    /// The rendering as text.
    ///
    /// # Errors
    /// As [`Exporter::export`].
    fn to_text(&self, run: &Run) -> io::Result<String> {
        let mut bytes = Vec::new();
        self.export(run, &mut bytes)?;
        String::from_utf8(bytes).map_err(io::Error::other)
    }
}
