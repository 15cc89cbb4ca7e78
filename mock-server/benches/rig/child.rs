//! Programs that a bench starts.

use std::{
    env,
    path::PathBuf,
    process::{Child, Command, ExitStatus},
    time::Duration,
};

use rustix::process::{Pid, Resource, Signal, getrlimit, kill_process, setrlimit};

use super::{Unmeasured, pause};

/// Looks for a program, also where administrators' programs are.
pub(crate) fn find(name: &str, package: &str) -> Result<PathBuf, Unmeasured> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
        .ok_or_else(|| Unmeasured::tool(name, package))
}

/// Lets this process and the children to come have as many open files as the system allows, and says how many.
pub(crate) fn raise_file_limit(wanted: u64) -> Result<(), Unmeasured> {
    let mut limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX);
    if limit.current.unwrap_or(u64::MAX) < wanted {
        limit.current = Some(wanted.min(most));
        setrlimit(Resource::Nofile, limit)?;
    }
    if most < wanted {
        return Err(Unmeasured(format!(
            "needs {wanted} open files, the hard limit is {most} (ulimit -Hn)"
        )));
    }
    Ok(())
}

/// A child that ends with this value: asked first, then killed.
#[derive(Debug)]
pub(crate) struct Running(Child);

impl Running {
    /// Starts it.
    pub(crate) fn start(command: &mut Command) -> Result<Self, Unmeasured> {
        let program = command.get_program().to_string_lossy().into_owned();
        command
            .spawn()
            .map(Self)
            .map_err(|error| Unmeasured(format!("start {program}: {error}")))
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// What it was started with, to read from.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().ok().flatten()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended().is_none() {
            // Not reaped yet, so the id is still its own.
            if let Some(pid) = i32::try_from(self.pid()).ok().and_then(Pid::from_raw) {
                let _ = kill_process(pid, Signal::TERM);
            }
            for _ in 0..100 {
                if self.ended().is_some() {
                    return;
                }
                pause(Duration::from_millis(20));
            }
            let _ = self.0.kill();
        }
        let _ = self.0.wait();
    }
}
