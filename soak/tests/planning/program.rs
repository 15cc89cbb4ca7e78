//! The program under test, in a directory with what it reads.

use std::path::Path;

use serde_json::{Value, json};
use test_support::{Folder, Ran, Run};

/// A directory, and the program run in it.
pub(crate) struct Soak {
    pub(crate) dir: Folder,
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
        let soak = Self { dir: Folder::new() };
        let slo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../baselines/slo.toml");
        soak.dir
            .write("baselines/slo.toml", &std::fs::read_to_string(slo).unwrap());
        soak
    }

    /// A stored result that differs by `change` from one that keeps every promise.
    pub(crate) fn store(&self, change: impl FnOnce(&mut Value)) {
        let mut result = load_result();
        change(&mut result);
        self.dir.write("load.json", &result.to_string());
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Run::within(&self.dir, env!("CARGO_BIN_EXE_soak"), args).waited()
    }
}
