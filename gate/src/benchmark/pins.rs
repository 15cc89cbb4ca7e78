//! What a measured run is pinned to: the machine, the build, and the settings. Two runs that differ in any of it are not comparable.

use std::{collections::BTreeMap, path::Path};

use run_context::{Tree, machine};

use super::control_group::{Limits, line_of};

const UNKNOWN: &str = "unknown";

/// The pins that do not depend on the run, as `env` of the file has them. What a system does not tell is `unknown`, so that it is
/// not taken for the same as what another tells.
pub(super) fn pins(tree: &Tree) -> BTreeMap<String, String> {
    let (machine, limits) = (machine(), Limits::own());
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
        ("cgroup_cpu", limits.cpu.unwrap_or_else(unknown)),
        ("cgroup_memory", limits.memory.unwrap_or_else(unknown)),
        ("rustc", env!("GATE_RUSTC").to_owned()),
        ("build", build.to_owned()),
        ("tree", tree.to_owned()),
    ];
    pins.map(|(key, value)| (key.to_owned(), value)).into()
}

fn unknown() -> String {
    UNKNOWN.to_owned()
}

fn first_line(path: &str) -> String {
    line_of(Path::new(path)).unwrap_or_else(unknown)
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
    fn what_a_system_does_not_tell_is_unknown() {
        assert_eq!(first_line("/nowhere"), UNKNOWN);
    }
}
