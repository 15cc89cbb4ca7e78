//! What a measured run is pinned to: the machine, the build, and the settings. Two runs that differ in any of it are not comparable.

use std::{collections::BTreeMap, fs, path::Path};

use run_context::{Tree, machine};

const UNKNOWN: &str = "unknown";
const CGROUPS: &str = "/sys/fs/cgroup";

/// The pins that do not depend on the run, as `env` of the file has them. What a system does not tell is `unknown`, so that it is
/// not taken for the same as what another tells.
pub(super) fn pins(tree: &Tree) -> BTreeMap<String, String> {
    let machine = machine();
    let tree = match tree.dirty {
        Some(false) => "clean",
        Some(true) => "dirty",
        None => UNKNOWN,
    };
    let build = if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    };
    let pins = [
        ("os", machine.os),
        ("arch", machine.arch),
        ("cpu_model", machine.cpu_model.unwrap_or_else(unknown)),
        ("cpus", machine.cores.to_string()),
        (
            "governor",
            first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        ),
        ("kernel", first_line("/proc/sys/kernel/osrelease")),
        ("cgroup_cpu", cgroup_limit("cpu.max")),
        ("cgroup_memory", cgroup_limit("memory.max")),
        ("rustc", env!("GATE_RUSTC").to_owned()),
        ("build", build.to_owned()),
        ("tree", tree.to_owned()),
    ];
    pins.map(|(key, value)| (key.to_owned(), value)).into()
}

fn unknown() -> String {
    UNKNOWN.to_owned()
}

fn first_line(path: impl AsRef<Path>) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().next().unwrap_or_default().trim();
    if line.is_empty() {
        unknown()
    } else {
        line.to_owned()
    }
}

/// A limit of this process's control group: the tightest is not looked for in the groups around it. In the root group, and in
/// version 1, there is no such file.
fn cgroup_limit(name: &str) -> String {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own = own_group(&groups).unwrap_or("/");
    let dir = Path::new(CGROUPS).join(own.trim_start_matches('/'));
    first_line(dir.join(name))
}

/// The group of version 2: the line `0::/PATH` (cgroups(7)).
fn own_group(groups: &str) -> Option<&str> {
    groups.lines().find_map(|line| line.strip_prefix("0::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_pinned_to_machine_build_and_tree() {
        let tree = Tree {
            commit: None,
            dirty: Some(true),
        };
        let pins = pins(&tree);
        for key in
            "cpus cpu_model governor kernel cgroup_cpu cgroup_memory rustc build tree os arch".split(' ')
        {
            assert!(!pins[key].is_empty(), "{key}");
        }
        assert_eq!(pins["tree"], "dirty");
        assert!(pins["rustc"].starts_with("rustc 1."), "{}", pins["rustc"]);
    }

    #[test]
    fn the_group_of_version_2_is_found() {
        assert_eq!(own_group("12:cpu:/a\n0::/user.slice/b\n"), Some("/user.slice/b"));
        assert_eq!(own_group("12:cpu:/a\n"), None);
        assert_eq!(first_line("/nowhere"), UNKNOWN);
    }
}
