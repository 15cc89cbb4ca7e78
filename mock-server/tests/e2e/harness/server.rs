//! One server of a test's own.

use std::{path::Path, time::Duration};

use reqwest::{Client, Method, RequestBuilder, header::CONTENT_TYPE};
use serde_json::Value;
use server_process::{Exit, Launch, Manner, ServerProcess};

use super::{Answer, Job, eventually};

/// The admin token of servers that have one.
pub(crate) const ADMIN: &str = "e2e-admin-token";

/// The program under test.
pub(crate) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_mock-server"))
}

/// A running server; it dies with this value.
pub(crate) struct Server {
    pub(crate) process: ServerProcess,
    pub(crate) http: Client,
}

impl Server {
    /// A server on a free port whose voice costs nothing, unless the arguments say otherwise.
    pub(crate) async fn start(args: &[&str]) -> Self {
        Self::launch(launch(args)).await
    }

    /// As [`Server::start`], with the fault routes switched on.
    pub(crate) async fn with_faults(args: &[&str]) -> Self {
        Self::start(&[&["--admin-token", ADMIN], args].concat()).await
    }

    /// As [`Server::start`], with variables of the environment.
    pub(crate) async fn with_env(args: &[&str], env: &[(&str, &str)]) -> Self {
        let launch = env
            .iter()
            .fold(launch(args), |launch, (name, value)| launch.env(name, value));
        Self::launch(launch).await
    }

    async fn launch(launch: Launch) -> Self {
        let process = launch.start().await.expect("a server that listens");
        Self {
            process,
            http: client(),
        }
    }

    /// Waits until it says that it is ready: its workers have signed on.
    pub(crate) async fn ready(self) -> Self {
        eventually("the server is ready", async || {
            (self.get("/ready").await.status == 200).then_some(())
        })
        .await;
        self
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.process.base_url())
    }

    /// Where it listens, as `host:port`.
    pub(crate) fn address(&self) -> String {
        self.process.base_url().replace("http://", "")
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::GET, path)).await
    }

    pub(crate) async fn head(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::HEAD, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::DELETE, path)).await
    }

    /// A POST without a body.
    pub(crate) async fn post(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::POST, path)).await
    }

    /// A POST of JSON, not sent yet.
    pub(crate) fn posting(&self, path: &str, body: &Value) -> RequestBuilder {
        let body = body.to_string();
        self.request(Method::POST, path)
            .header(CONTENT_TYPE, "application/json")
            .body(body)
    }

    /// An accepted job with this text.
    pub(crate) async fn submit(&self, text: &str) -> Job<'_> {
        self.submit_as(serde_json::json!({ "text": text })).await
    }

    /// An accepted job with this body.
    pub(crate) async fn submit_as(&self, body: Value) -> Job<'_> {
        let answer = Answer::to(self.posting("/v1/tts/jobs", &body)).await;
        Job::of(self, &answer.json_of(200))
    }

    /// The status snapshot.
    pub(crate) async fn status(&self) -> Value {
        self.get("/v1/admin/status").await.json_of(200)
    }

    /// All metrics as flat JSON.
    pub(crate) async fn metrics(&self) -> Value {
        self.get("/v1/metrics").await.json_of(200)
    }

    /// A request to the fault routes, with their token.
    pub(crate) fn admin(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).header("x-admin-token", ADMIN)
    }

    /// Adds a fault rule; answers its id.
    pub(crate) async fn add_fault(&self, rule: Value) -> String {
        let request = self
            .posting("/v1/admin/faults", &rule)
            .header("x-admin-token", ADMIN);
        let record = Answer::to(request).await.json_of(201);
        record["id"].as_str().expect("an id").to_owned()
    }

    /// Removes a fault rule.
    pub(crate) async fn remove_fault(&self, id: &str) {
        let request = self.admin(Method::DELETE, &format!("/v1/admin/faults/{id}"));
        assert_eq!(Answer::to(request).await.status, 204);
    }

    /// How often a standing rule has fired.
    pub(crate) async fn fired(&self, id: &str) -> u64 {
        let list = Answer::to(self.admin(Method::GET, "/v1/admin/faults"))
            .await
            .json_of(200);
        let rules = list["faults"].as_array().expect("a list");
        let rule = rules
            .iter()
            .find(|rule| rule["id"] == id)
            .expect("a standing rule");
        rule["fired_total"].as_u64().expect("a count")
    }

    /// Asks it to end, as a terminal or a container would.
    pub(crate) async fn stop(self) -> (Exit, Manner) {
        self.process
            .stop(Duration::from_secs(20))
            .await
            .expect("a signal")
    }
}

/// Settings that every test wants stand in the environment, so that arguments can override them.
fn launch(args: &[&str]) -> Launch {
    Launch::new(binary())
        .arg("serve")
        .args(args)
        .env("MOCK_SERVER_LISTEN", "127.0.0.1:0")
        .env("MOCK_SERVER_VOICE_COST", "zero")
}

fn client() -> Client {
    test_support::client()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(20))
        .build()
        .expect("a client")
}
