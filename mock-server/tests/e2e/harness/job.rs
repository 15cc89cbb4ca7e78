//! A job that the server accepted, as a client sees it.

use bytes::Bytes;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::{Answer, Server, eventually, script};

/// A job of a server.
pub(crate) struct Job<'a> {
    pub(crate) id: String,
    server: &'a Server,
}

impl<'a> Job<'a> {
    /// The job that an answer is about.
    pub(crate) fn of(server: &'a Server, answer: &Value) -> Self {
        let id = answer["job_id"].as_str().expect("a job_id").to_owned();
        Self { id, server }
    }

    /// A path of the job: `""` or as in `/playlist.json`.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/v1/tts/jobs/{}{rest}", self.id)
    }

    pub(crate) fn segment_path(&self, index: usize) -> String {
        self.path(&format!("/segments/seg-{index:04}"))
    }

    pub(crate) async fn get(&self, rest: &str) -> Answer {
        self.server.get(&self.path(rest)).await
    }

    pub(crate) async fn manifest(&self) -> Value {
        self.get("").await.json_of(200)["manifest"].take()
    }

    /// The manifest once it is as wanted.
    pub(crate) async fn until(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let what = format!("job {what}");
        eventually(&what, async || Some(self.manifest().await).filter(&wanted)).await
    }

    /// The manifest once the job has ended.
    pub(crate) async fn ended(&self) -> Value {
        let running = ["queued", "in_progress"];
        self.until("has ended", |manifest| {
            !running.iter().any(|state| manifest["status"] == *state)
        })
        .await
    }

    /// The manifest once the job has ended as `complete`, and nothing else.
    pub(crate) async fn complete(&self) -> Value {
        let manifest = self.ended().await;
        assert_eq!(manifest["status"], "complete", "{manifest}");
        manifest
    }

    pub(crate) async fn playlist(&self) -> Vec<Value> {
        let answer = self.get("/playlist.json").await.json_of(200);
        answer["playlist"].as_array().expect("a list").clone()
    }

    pub(crate) async fn segment(&self, index: usize) -> Answer {
        self.server.get(&self.segment_path(index)).await
    }

    /// A request for a segment, not sent yet.
    pub(crate) fn fetching(&self, index: usize) -> RequestBuilder {
        self.server.request(Method::GET, &self.segment_path(index))
    }

    pub(crate) async fn merged(&self) -> Answer {
        self.get("/audio.ogg").await
    }

    pub(crate) async fn cancel(&self) -> Answer {
        self.server.post(&self.path("/cancel")).await
    }

    pub(crate) async fn delete(&self) -> Answer {
        self.server.delete(&self.path("")).await
    }
}

/// The same path with one letter of the job's id percent-encoded (RFC 3986 §2.1).
pub(crate) fn encoded(id: &str, path: &str) -> String {
    path.replace(id, &id.replacen('-', "%2D", 1))
}

/// A complete job whose merged audio is more than the system takes for two sockets, and that audio.
pub(crate) async fn large<'a>(server: &'a Server, topic: &str) -> (Job<'a>, Bytes) {
    let job = server.submit(&script(topic, 45)).await;
    job.complete().await;
    let audio = job.merged().await.body;
    assert!(audio.len() > 6 << 20, "{} bytes", audio.len());
    (job, audio)
}
