//! Limits of this process's control group, of version 2 or version 1 (cgroups(7)). The tightest is not looked for in the groups
//! around it.

use std::{fs, path::Path};

/// Limits as version 2 writes them, whichever version told them; nothing where there is none to be told: the root group of version
/// 2 has no such files, and those of version 1 may say that nothing is set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Limits {
    /// `QUOTA PERIOD` in microseconds, the quota `max` without a limit.
    pub(super) cpu: Option<String>,
    /// Bytes, or `max`.
    pub(super) memory: Option<String>,
}

/// Version 1 says "unlimited" by the largest number of whole pages that fits; pages may be up to 64 KiB.
const UNLIMITED_FROM: u64 = i64::MAX as u64 - (1 << 16);

impl Limits {
    /// Of this process.
    pub(super) fn own() -> Self {
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        Self::of(&groups, Path::new("/sys/fs/cgroup"))
    }

    /// Of a process in these groups, the lines of its `/proc/PID/cgroup`, with the control groups mounted at `root`.
    fn of(groups: &str, root: &Path) -> Self {
        let version_2 = |file: &str| {
            let group = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
            line_of(&within(root, group).join(file))
        };
        let version_1 = |controller: &str, file: &str| {
            let group = group_of(groups, controller)?;
            let dir = root.join(controller);
            // In a container the path may be the host's, and what is mounted is the group itself.
            line_of(&within(&dir, group).join(file)).or_else(|| line_of(&dir.join(file)))
        };
        Self {
            cpu: version_2("cpu.max").or_else(|| {
                let quota: u64 = version_1("cpu", "cpu.cfs_quota_us")?.parse().ok()?;
                let period = version_1("cpu", "cpu.cfs_period_us")?;
                Some(format!("{quota} {period}"))
            }),
            memory: version_2("memory.max").or_else(|| {
                let bytes = version_1("memory", "memory.limit_in_bytes")?.parse().ok();
                let limit = bytes.filter(|bytes: &u64| *bytes < UNLIMITED_FROM)?;
                Some(limit.to_string())
            }),
        }
    }
}

fn within(root: &Path, group: &str) -> std::path::PathBuf {
    root.join(group.trim_start_matches('/'))
}

/// The group of version 1 that has a controller: a line `NUMBER:CONTROLLER,…:/PATH`.
fn group_of<'g>(groups: &'g str, controller: &str) -> Option<&'g str> {
    groups.lines().find_map(|line| {
        let (controllers, group) = line.split_once(':')?.1.split_once(':')?;
        let has = controllers.split(',').any(|one| one == controller);
        has.then_some(group)
    })
}

/// The first line of a file, where there is one.
pub(super) fn line_of(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const HYBRID: &str = "9:name=systemd:/\n4:memory:/jobs/7\n3:cpuset:/\n2:cpuacct,cpu:/jobs/7\n0::/\n";

    /// What is told under a tree of files.
    fn told(groups: &str, files: &[(&str, &str)]) -> (Option<String>, Option<String>) {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let limits = Limits::of(groups, root.path());
        (limits.cpu, limits.memory)
    }

    #[rstest]
    #[case::version_2("0::/user.slice/b\n", &[("user.slice/b/cpu.max", "200000 100000\n"), ("user.slice/b/memory.max", "max\n")],
        Some("200000 100000"), Some("max"))]
    #[case::version_2_root("0::/\n", &[("cgroup.controllers", "cpu memory\n")], None, None)]
    #[case::version_1(HYBRID, &[("cpu/jobs/7/cpu.cfs_quota_us", "150000\n"), ("cpu/jobs/7/cpu.cfs_period_us", "100000\n"),
        ("memory/jobs/7/memory.limit_in_bytes", "536870912\n")], Some("150000 100000"), Some("536870912"))]
    #[case::version_1_without_limits(HYBRID, &[("cpu/jobs/7/cpu.cfs_quota_us", "-1\n"),
        ("cpu/jobs/7/cpu.cfs_period_us", "100000\n"), ("memory/jobs/7/memory.limit_in_bytes", "9223372036854771712\n")], None, None)]
    #[case::version_1_on_large_pages(HYBRID, &[("memory/jobs/7/memory.limit_in_bytes", "9223372036854710272\n")], None, None)]
    #[case::version_1_in_a_container(HYBRID, &[("memory/memory.limit_in_bytes", "1048576\n")], None, Some("1048576"))]
    #[case::a_quota_without_its_period(HYBRID, &[("cpu/jobs/7/cpu.cfs_quota_us", "150000\n")], None, None)]
    #[case::another_controller_of_that_beginning("3:cpuset:/\n", &[("cpu/cpu.cfs_quota_us", "1000\n"),
        ("cpu/cpu.cfs_period_us", "1000\n")], None, None)]
    #[case::no_groups("", &[], None, None)]
    fn limits_are_told_in_the_words_of_version_2(
        #[case] groups: &str,
        #[case] files: &[(&str, &str)],
        #[case] cpu: Option<&str>,
        #[case] memory: Option<&str>,
    ) {
        let (told_cpu, told_memory) = told(groups, files);
        assert_eq!((told_cpu.as_deref(), told_memory.as_deref()), (cpu, memory));
    }
}
