//! The program under test, its profiles, and what it wrote.

use std::ffi::OsStr;

use run_report::load::LoadResult;
use test_support::{Ran, Run};

/// What a slow or busy machine cannot break: how late the generator sends is no matter of these tests.
const PATIENT: &str = "--max-send-lag=60s";

/// A profile for tests: a second, two users, quick jobs. `more` comes before the workload.
pub(crate) fn profile(more: &str, action: &str) -> String {
    format!(
        r#"
name = "mine"
description = "a test"
start = 2
stages = [{{ lasts = "1s", to = 2 }}]
think = ["10ms", "20ms"]
{more}
[server]
voice_cost = "fast"
[workload]
mix = [{{ action = "{action}", weight = 1 }}]
[workload.jobs]
poll = "20ms"
segments = [1, 1]
library = 1
"#
    )
}

/// One run of the program.
pub(crate) fn soak(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
    Run::of(env!("CARGO_BIN_EXE_soak"), args)
}

/// A profile on a server that the program starts.
pub(crate) fn own(profile: &str, args: &[&str]) -> Run {
    soak(["load", profile, PATIENT]).with_server().args(args)
}

/// A profile on a server that runs already.
pub(crate) fn at(base: &str, profile: &str, args: &[&str]) -> Run {
    soak(["load", profile, PATIENT, "--api-base", base]).args(args)
}

/// What a run of a profile wrote.
pub(crate) trait Result {
    fn result(&self, profile: &str) -> LoadResult;
}

impl Result for Ran {
    #[track_caller]
    fn result(&self, profile: &str) -> LoadResult {
        let name = format!("artifacts/load-{profile}.json");
        self.stored(&name, LoadResult::from_json, |run| run.exit_code.code())
    }
}
