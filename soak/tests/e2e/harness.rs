//! The program under test, and what it wrote.

use run_report::{Invariant, SoakRun};
use test_support::{Ran, Run};

/// One run of the program.
pub(crate) fn soak(args: &[&str]) -> Run {
    Run::of(env!("CARGO_BIN_EXE_soak"), args)
}

/// A short soak of a server that it starts, judged by its invariants.
pub(crate) fn short(args: &[&str]) -> Run {
    let flags = [
        "--duration=2s",
        "--window=700ms",
        "--cancel-every=2",
        "--accept-insufficient-leak-check",
    ];
    soak(&["run", "--server-arg=--voice-cost=fast"])
        .with_server()
        .args(flags)
        .args(args)
}

/// What a soak wrote.
pub(crate) trait Result {
    /// The result. Its page is there too.
    fn result(&self) -> SoakRun;
    /// A file of the evidence.
    fn evidence(&self, name: &str) -> String;
}

impl Result for Ran {
    #[track_caller]
    fn result(&self) -> SoakRun {
        assert!(self.dir.join("artifacts/soak.html").is_file(), "{}", self.said());
        self.stored("artifacts/soak.json", SoakRun::from_json, |run| {
            run.exit_code.code()
        })
    }

    #[track_caller]
    fn evidence(&self, name: &str) -> String {
        self.dir.read(&format!("artifacts/soak-evidence/{name}"))
    }
}

/// The broken invariants, each once.
pub(crate) fn broken(result: &SoakRun) -> Vec<Invariant> {
    let mut all: Vec<Invariant> = result.failures.iter().map(|failure| failure.invariant).collect();
    all.sort_unstable();
    all.dedup();
    all
}
