//! Everything that a rule must leave alone.

use audio_api::fault::Stage;
use serde_json::json;

use crate::harness::{Answer, Job, Server};

/// A job that no rule matches, and one that the rule under test matches, wherever its stage is not passed.
pub(super) struct Untouched<'a> {
    server: &'a Server,
    stage: Stage,
    spared: Job<'a>,
    struck: Job<'a>,
}

impl<'a> Untouched<'a> {
    /// To be made before there is a rule.
    pub(super) async fn by_a_rule_at(server: &'a Server, stage: Stage) -> Self {
        let spared = server.submit("Left alone.").await;
        let struck = server.submit("Not struck where it does not pass.").await;
        spared.complete().await;
        struck.complete().await;
        Self {
            server,
            stage,
            spared,
            struck,
        }
    }

    /// Passes every stage with the one job, and all but the rule's with the other; all must be as if there were no rule.
    pub(super) async fn passes(&self) {
        let again = self.server.post(&self.spared.path("/regenerate")).await;
        let again = Job::of(self.server, &again.json_of(200));
        assert_eq!(again.complete().await["segments"][0]["attempts"], 1);
        assert_eq!(self.spared.merged().await.status, 200);
        for job in [&self.spared, &self.struck] {
            let is_struck = std::ptr::eq(job, &self.struck);
            for stage in Stage::ALL.into_iter().filter(|stage| stage.is_http()) {
                if is_struck && passes(stage, self.stage) || stage == self.stage && stage == Stage::HttpStatus
                {
                    continue;
                }
                let answer = self.request(stage, job).await;
                assert_eq!(answer.status, 200, "at {stage}: {:?}", answer.body);
            }
        }
    }

    async fn request(&self, stage: Stage, job: &Job<'_>) -> Answer {
        match stage {
            Stage::HttpSubmit => {
                let text = if std::ptr::eq(job, &self.struck) {
                    "Not struck where it does not pass."
                } else {
                    "Left alone."
                };
                let body = json!({ "text": text });
                Answer::to(self.server.posting("/v1/reader/synthesize", &body)).await
            }
            Stage::HttpJob => job.get("").await,
            Stage::HttpSegment => job.segment(0).await,
            Stage::HttpPlaylist => job.get("/playlist.json").await,
            Stage::HttpMerged => job.merged().await,
            Stage::HttpCancel => job.cancel().await,
            _ => self.server.get("/v1/admin/status").await,
        }
    }
}

/// Whether a request at `http` comes by `stage`.
fn passes(http: Stage, stage: Stage) -> bool {
    http == stage
        || match http {
            Stage::HttpSubmit => stage.has_attempt(),
            Stage::HttpMerged => matches!(stage, Stage::MergeLock | Stage::MergeWrite),
            _ => false,
        }
}
