//! The program under test, in a directory of its own.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use run_report::GateRun;
use serde_json::{Value, json};
use test_support::{Folder, Ran, Run};

pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
pub(crate) const BASELINE: &str = "baselines/baseline_cp1.json";
pub(crate) const POLICY: &str = "baselines/policy_cp1.json";
pub(crate) const BUMPS: &str = "baselines/BUMPS.md";

/// A directory with a baseline and our policy, and the program run in it.
pub(crate) struct Gate {
    pub(crate) dir: Folder,
    env: Vec<(String, String)>,
}

/// A run as ours writes it.
pub(crate) fn measured() -> Value {
    json!({
        "schema_version": 1,
        "timestamp": "2026-01-31T12:00:00Z",
        "git": {"commit": COMMIT},
        "env": {"cpus": "2", "kernel": "6.1", "tree": "clean", "load_before": "0.10"},
        "run": {"ct_exit_code": 0},
        "metrics": {
            "latency_p95_ms": 10.0, "latency_p99_ms": 20.0, "rps": 500.0,
            "errors_total": 0, "backpressure_active_total": 0, "mem_mb_total": 40.0
        }
    })
}

impl Gate {
    /// With a baseline and the policy of this repository.
    pub(crate) fn new() -> Self {
        let gate = Self::empty();
        gate.write(BASELINE, &measured());
        gate
    }

    /// With the policy alone.
    pub(crate) fn empty() -> Self {
        let gate = Self {
            dir: Folder::new(),
            env: Vec::new(),
        };
        let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(POLICY);
        gate.write_text(POLICY, &std::fs::read_to_string(policy).unwrap());
        gate
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub(crate) fn write(&self, name: &str, document: &Value) {
        self.write_text(name, &format!("{document:#}\n"));
    }

    pub(crate) fn write_text(&self, name: &str, text: &str) {
        self.dir.write(name, text);
    }

    pub(crate) fn read(&self, name: &str) -> String {
        self.dir.read(name)
    }

    /// The one file in `artifacts` whose name begins and ends so.
    pub(crate) fn artifact(&self, begins: &str, ends: &str) -> String {
        let found = self.artifacts(begins, ends);
        assert_eq!(found.len(), 1, "{begins}*{ends}: {found:?}");
        self.read(&format!("artifacts/{}", found[0]))
    }

    pub(crate) fn artifacts(&self, begins: &str, ends: &str) -> Vec<String> {
        let Ok(dir) = std::fs::read_dir(self.path("artifacts")) else {
            return Vec::new();
        };
        let names = dir.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| name.starts_with(begins) && name.ends_with(ends))
            .collect()
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        // The lock of this machine's benchmarks is not ours to hold.
        let run = Run::within(&self.dir, env!("CARGO_BIN_EXE_gate"), args).env("TMPDIR", self.dir.path());
        let env = self.env.iter();
        env.fold(run, |run, (name, value)| run.env(name, value)).waited()
    }

    /// `gate check` of a candidate that differs from the baseline by `change`.
    pub(crate) fn check(&self, change: impl FnOnce(&mut Value), args: &[&str]) -> Ran {
        let mut candidate = measured();
        change(&mut candidate);
        self.write("candidate.json", &candidate);
        self.run(&[&["check", "--candidate", "candidate.json"], args].concat())
    }

    /// `gate.json`, read strictly.
    pub(crate) fn result(&self) -> GateRun {
        GateRun::from_json(&self.read("artifacts/gate.json")).unwrap()
    }

    /// `git` in the directory.
    pub(crate) fn git(&self, args: &[&str]) {
        let identity = [
            "-c",
            "user.name=test",
            "-c",
            "user.email=test@example.org",
            "-c",
            "commit.gpgsign=false",
        ];
        let mut command = Command::new("git");
        command.args(identity).args(args).current_dir(self.dir.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "git {args:?}: {output:?}");
    }
}
