//! Who runs where: a server on one core, its client on another, so that neither takes the other's time.

use std::{ffi::OsString, path::Path, thread::available_parallelism};

use super::{Unmeasured, child};

/// The core of the server that is measured.
pub(crate) const SERVER: usize = 0;
/// The core of the client that asks it.
pub(crate) const CLIENT: usize = 1;

/// The means to start a program on one core.
#[derive(Debug, Clone)]
pub(crate) struct Pinning {
    taskset: OsString,
}

impl Pinning {
    /// Looks for what it takes.
    pub(crate) fn find() -> Result<Self, Unmeasured> {
        if available_parallelism()?.get() < 2 {
            return Err(Unmeasured(
                "needs two cores, one for the server and one for its client".to_owned(),
            ));
        }
        let taskset = child::find("taskset", "util-linux")?.into_os_string();
        Ok(Self { taskset })
    }

    /// The words of a command that runs `program` on `core`; its process id is the program's own.
    pub(crate) fn on(&self, core: usize, program: &Path) -> [OsString; 4] {
        [
            self.taskset.clone(),
            "-c".into(),
            core.to_string().into(),
            program.into(),
        ]
    }
}
