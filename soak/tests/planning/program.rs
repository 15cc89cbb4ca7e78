//! The program under test, in a directory of its own.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::{Value, json};
use server_process::find_binary;
use tempfile::TempDir;

/// A directory, and the program run in it.
pub(crate) struct Soak {
    pub(crate) dir: TempDir,
}

/// What it did.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The reference server's program. `cargo test --workspace` builds it; a test of this crate alone does not.
pub(crate) fn server_program() -> PathBuf {
    match find_binary(None, "mock-server") {
        Ok(program) => program,
        Err(error) => panic!("{error}\nrun `cargo build -p mock-server` first, or `cargo test --workspace`"),
    }
}

/// A result of `soak load` that keeps every promise, as far as planning reads it.
pub(crate) fn load_result() -> Value {
    let times = json!({"count": 10, "mean_ms": 5_000.0, "p50_ms": 1_000.0, "p95_ms": 2_000.0, "p99_ms": 1.0, "max_ms": 1.0});
    let point = |users: u32| {
        json!({
            "lasts_s": 1.0, "users": users, "requests": 100, "failed": 0, "rate_limited": 0,
            "p95_ms": 10.0 + 20.0 * f64::max(0.0, f64::from(users) - 8.0)
        })
    };
    json!({
        "schema_version": 1, "profile": "pipeline", "exit_code": 0, "lasted_s": 12.0, "plan": {"model": "closed"},
        "steps": [{"step": "submit", "composite": false, "requests": 1_200, "failed": 0, "rate_limited": 0,
                   "response": {"p95_ms": 40.0}}],
        "checks": [{"check": "job_complete", "passed": 1_000, "failed": 0}],
        "trends": [{"trend": "submit_to_ready", "times": times}],
        "timeline": {"load": (1..=12).map(point).collect::<Vec<_>>()},
        "status_start": {"dead_letters": 0, "jobs": {"submitted": 0}},
        "status_end": {"dead_letters": 0, "jobs": {"submitted": 1_000}}
    })
}

impl Soak {
    /// With this repository's objectives.
    pub(crate) fn new() -> Self {
        let soak = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        let slo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../baselines/slo.toml");
        soak.write("baselines/slo.toml", &std::fs::read_to_string(slo).unwrap());
        soak
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A stored result that differs by `change` from one that keeps every promise.
    pub(crate) fn store(&self, change: impl FnOnce(&mut Value)) {
        let mut result = load_result();
        change(&mut result);
        self.write("load.json", &result.to_string());
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        let text = std::fs::read_to_string(self.dir.path().join(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_soak"));
        Ran::new(command.args(args).current_dir(self.dir.path()).output().unwrap())
    }
}

impl Ran {
    fn new(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn all(&self) -> String {
        let Self { code, stdout, stderr } = self;
        format!("exit code {code}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }

    #[track_caller]
    pub(crate) fn exited(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "{}", self.all());
        self
    }

    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.all().contains(text), "{text:?} is not in\n{}", self.all());
        self
    }
}
