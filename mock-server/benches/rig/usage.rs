//! What a server's process takes: CPU time and memory. Linux only.

use std::{fs, time::Duration};

use procfs::process::Process;

use super::Unmeasured;

/// A server's processes: the one that was started, and its direct children if those do the work.
#[derive(Debug)]
pub(crate) struct Watched {
    processes: Vec<Process>,
}

impl Watched {
    /// The process of this id, with the children that it has by now.
    pub(crate) fn new(pid: u32) -> Result<Self, Unmeasured> {
        let pid = i32::try_from(pid)?;
        let parent = Process::new(pid)?;
        let children = procfs::process::all_processes()?
            .filter_map(Result::ok)
            .filter(|process| process.stat().is_ok_and(|stat| stat.ppid == pid));
        let processes = std::iter::once(parent).chain(children).collect();
        Ok(Self { processes })
    }

    /// The id of the one that was started.
    pub(crate) fn pid(&self) -> u32 {
        self.processes
            .first()
            .and_then(|process| u32::try_from(process.pid).ok())
            .unwrap_or_default()
    }

    /// Whether the one that was started had children.
    pub(crate) fn has_children(&self) -> bool {
        self.processes.len() > 1
    }

    /// User and system time so far.
    pub(crate) fn cpu_time(&self) -> Result<Duration, Unmeasured> {
        let mut ticks = 0;
        for process in &self.processes {
            let stat = process.stat()?;
            ticks += stat.utime + stat.stime;
        }
        Ok(Duration::from_secs_f64(
            ticks as f64 / procfs::ticks_per_second() as f64,
        ))
    }

    /// Resident memory now, in bytes: all of it, and what is not backed by a file.
    pub(crate) fn resident_bytes(&self) -> Result<(u64, u64), Unmeasured> {
        let (mut all, mut anonymous) = (0, 0);
        for process in &self.processes {
            let status = process.status()?;
            all += status.vmrss.unwrap_or_default() << 10;
            anonymous += status.rssanon.unwrap_or_default() << 10;
        }
        Ok((all, anonymous))
    }

    /// The most resident memory since [`Watched::forget_peak`], in bytes.
    pub(crate) fn peak_resident_bytes(&self) -> Result<u64, Unmeasured> {
        let mut all = 0;
        for process in &self.processes {
            all += process.status()?.vmhwm.unwrap_or_default() << 10;
        }
        Ok(all)
    }

    /// Starts the peak anew (proc(5), `clear_refs`).
    pub(crate) fn forget_peak(&self) -> Result<(), Unmeasured> {
        for process in &self.processes {
            fs::write(format!("/proc/{}/clear_refs", process.pid), "5")?;
        }
        Ok(())
    }
}
