//! A control group with limits on CPU and memory, of version 2 or of version 1 (cgroups(7)).

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process,
    time::Duration,
};

use crate::rig::{Unmeasured, pause};

/// Half a core: this many microseconds in each period.
const QUOTA_US: u32 = 50_000;
const PERIOD_US: u32 = 100_000;
const MEMORY_BYTES: u64 = 128 << 20;

/// A group, in one hierarchy or in one for each controller; removed with this value.
#[derive(Debug)]
pub(crate) struct Group {
    directories: Vec<PathBuf>,
    peak: PathBuf,
}

impl Group {
    /// Makes it.
    pub(crate) fn make() -> Result<Self, Unmeasured> {
        let root = Path::new("/sys/fs/cgroup");
        let name = format!("mock-server-bench-{}", process::id());
        let made = if root.join("cgroup.controllers").is_file() {
            Self::of_version_2(&root.join(name))
        } else {
            Self::of_version_1(root, &name)
        };
        made.map_err(|error| {
            Unmeasured(format!(
                "needs a control group with limits on CPU and memory (run as root where they may be made): {error}"
            ))
        })
    }

    fn of_version_2(directory: &Path) -> io::Result<Self> {
        fs::create_dir(directory)?;
        let group = Self {
            directories: vec![directory.to_owned()],
            peak: directory.join("memory.peak"),
        };
        fs::write(directory.join("cpu.max"), format!("{QUOTA_US} {PERIOD_US}"))?;
        fs::write(directory.join("memory.max"), MEMORY_BYTES.to_string())?;
        Ok(group)
    }

    fn of_version_1(root: &Path, name: &str) -> io::Result<Self> {
        let (cpu, memory) = (root.join("cpu").join(name), root.join("memory").join(name));
        let mut group = Self {
            directories: Vec::new(),
            peak: memory.join("memory.max_usage_in_bytes"),
        };
        for directory in [&cpu, &memory] {
            fs::create_dir(directory)?;
            group.directories.push(directory.clone());
        }
        fs::write(cpu.join("cpu.cfs_period_us"), PERIOD_US.to_string())?;
        fs::write(cpu.join("cpu.cfs_quota_us"), QUOTA_US.to_string())?;
        fs::write(memory.join("memory.limit_in_bytes"), MEMORY_BYTES.to_string())?;
        Ok(group)
    }

    /// The words of a command that enters the group and becomes what `command` runs.
    pub(crate) fn words(&self, command: &[OsString]) -> Vec<OsString> {
        let mut words: Vec<OsString> = ["sh", "-ec"].map(OsString::from).to_vec();
        let enter: String = self
            .directories
            .iter()
            .map(|directory| format!("echo $$ > {}/cgroup.procs; ", directory.display()))
            .collect();
        words.push(format!("{enter}exec \"$@\"").into());
        words.push("sh".into());
        words.extend_from_slice(command);
        words
    }

    /// The most memory that was charged to it, the kernel's for its sockets and files included.
    pub(crate) fn peak_bytes(&self) -> Result<u64, Unmeasured> {
        let text = fs::read_to_string(&self.peak)?;
        Ok(text.trim().parse()?)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for directory in &self.directories {
            // Its process has been told to end, but may not have yet.
            for _ in 0..50 {
                if fs::remove_dir(directory).is_ok() {
                    break;
                }
                pause(Duration::from_millis(20));
            }
        }
    }
}
