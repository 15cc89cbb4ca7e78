//! What a command has besides its flags.

use std::{fmt, io::Write};

use crate::Surroundings;

/// What a command has besides its flags.
pub struct Outside<'a> {
    /// What it finds around itself.
    pub around: &'a Surroundings,
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Standard error.
    pub err: &'a mut dyn Write,
}

impl fmt::Debug for Outside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside")
            .field("around", &self.around)
            .finish_non_exhaustive()
    }
}
