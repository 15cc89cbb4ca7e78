//! Whether the server grew under a load.

use perf_guard::trend::TrendVerdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LoadReason, LoadReasonKind};
use crate::{
    RunExit,
    soak::{LeakCheck, SoakTrend, WarmUp, words},
};

/// The server's memory, descriptors and threads over the run, judged by their slopes after warm-up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeakWatch {
    /// When warm-up counts as over.
    pub warm_up: WarmUp,
    /// Whether a run that is too short to judge growth passes all the same.
    pub check: LeakCheck,
    /// Each figure; empty when the load never began.
    pub trends: Vec<SoakTrend>,
}

impl LeakWatch {
    /// What grows. A rising slope is known, however the run ended.
    pub(super) fn grown(&self) -> impl Iterator<Item = LoadReason> {
        let leaks = self
            .trends
            .iter()
            .filter(|trend| trend.verdict == TrendVerdict::Leak);
        leaks.map(|trend| LoadReason {
            kind: LoadReasonKind::Leak,
            exit_code: RunExit::Failed,
            text: trend.growth(),
        })
    }

    /// What could not be judged in a whole run: reasons, or notices where that was accepted.
    pub(super) fn open(&self) -> (Vec<LoadReason>, Vec<String>) {
        let texts: Vec<String> = words::not_judged(&self.trends).collect();
        match self.check {
            LeakCheck::InsufficientAccepted => (Vec::new(), texts),
            LeakCheck::Required => {
                let reason = |text| LoadReason {
                    kind: LoadReasonKind::Leak,
                    exit_code: RunExit::Inconclusive,
                    text,
                };
                (texts.into_iter().map(reason).collect(), Vec::new())
            }
        }
    }
}
