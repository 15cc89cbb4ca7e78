//! How a stage is passed: what is needed before, and the one thing to do that a rule there can strike.

use std::time::{Duration, Instant};

use audio_api::fault::Stage;
use serde_json::{Value, json};

use crate::harness::{Job, RawAnswer, Server, exchange};

/// Something that will pass a stage once, on behalf of a job of its own.
pub(super) struct Arrival<'a> {
    server: &'a Server,
    pub(super) stage: Stage,
    /// The job's body as it is submitted.
    body: Value,
    /// Which segment is fetched at `http.segment`.
    segment: usize,
    /// The job, where it has to be there before.
    job: Option<Job<'a>>,
}

/// What came of an arrival.
pub(super) struct Outcome {
    pub(super) what: What,
    pub(super) took: Duration,
}

/// What a client got.
pub(super) enum What {
    /// An answer, whole or not.
    Answer(RawAnswer),
    /// A closed connection.
    Closed,
    /// A job that ended, as its manifest.
    Job(Value),
}

impl<'a> Arrival<'a> {
    /// Does what has to be done before, without passing the stage itself.
    pub(super) async fn at(server: &'a Server, stage: Stage, body: Value) -> Self {
        let there_before = match stage {
            Stage::HttpSubmit | Stage::HttpStatus => false,
            _ => !stage.has_attempt(),
        };
        let job = if there_before {
            let job = server.submit_as(body.clone()).await;
            // Asking for the manifest would pass the stage.
            if stage != Stage::HttpJob {
                job.complete().await;
            }
            Some(job)
        } else {
            None
        };
        Self {
            server,
            stage,
            body,
            segment: 0,
            job,
        }
    }

    /// An arrival of a job with this text.
    pub(super) async fn of(server: &'a Server, stage: Stage, text: &str) -> Self {
        Self::at(server, stage, json!({ "text": text })).await
    }

    /// The same, for another segment.
    pub(super) fn for_segment(self, segment: usize) -> Self {
        Self { segment, ..self }
    }

    /// Passes the stage.
    pub(super) async fn go(&self) -> Outcome {
        let start = Instant::now();
        let what = if self.stage.has_attempt() {
            What::Job(self.server.submit_as(self.body.clone()).await.ended().await)
        } else {
            let body = match self.stage {
                Stage::HttpSubmit => self.body.to_string(),
                _ => String::new(),
            };
            let bytes = exchange(self.server, &self.request_line(), &body).await;
            RawAnswer::read(&bytes).map_or(What::Closed, What::Answer)
        };
        Outcome {
            what,
            took: start.elapsed(),
        }
    }

    fn request_line(&self) -> String {
        let path = |rest: &str| self.job.as_ref().expect("a job that is there").path(rest);
        match self.stage {
            Stage::HttpSubmit => "POST /v1/tts/jobs".to_owned(),
            Stage::HttpJob => format!("GET {}", path("")),
            Stage::HttpSegment => format!("GET {}", path(&format!("/segments/seg-{:04}", self.segment))),
            Stage::HttpPlaylist => format!("GET {}", path("/playlist.json")),
            Stage::HttpMerged | Stage::MergeLock | Stage::MergeWrite => format!("GET {}", path("/audio.ogg")),
            Stage::HttpCancel => format!("POST {}", path("/cancel")),
            Stage::HttpStatus => "GET /v1/admin/status".to_owned(),
            Stage::QueueLease | Stage::Synth | Stage::Encode | Stage::Store | Stage::Worker => {
                panic!("a worker passes {}, no request", self.stage)
            }
        }
    }
}

impl Outcome {
    /// The answer of a request that got one.
    #[track_caller]
    pub(super) fn answer(&self) -> &RawAnswer {
        match &self.what {
            What::Answer(answer) => answer,
            What::Closed => panic!("the connection was closed"),
            What::Job(manifest) => panic!("no request: {manifest}"),
        }
    }

    /// The segments of a job that ended.
    #[track_caller]
    pub(super) fn segments(&self) -> &Value {
        match &self.what {
            What::Job(manifest) => &manifest["segments"],
            What::Answer(answer) => panic!("no job: {answer:?}"),
            What::Closed => panic!("no job, the connection was closed"),
        }
    }

    /// Whether nothing is wrong with it.
    pub(super) fn is_whole(&self) -> bool {
        match &self.what {
            What::Answer(answer) => answer.status == 200 && answer.announced() == answer.body.len(),
            What::Closed => false,
            What::Job(manifest) => {
                manifest["status"] == "complete" && manifest["segments"][0]["attempts"] == 1
            }
        }
    }

    /// Whether an error rule struck it, where an attempt is not repeated.
    pub(super) fn failed(&self) -> bool {
        match &self.what {
            What::Answer(answer) => answer.status == 503,
            What::Closed => panic!("the connection was closed"),
            What::Job(manifest) => manifest["status"] == "error",
        }
    }
}
