//! Audio of an exact size in a real server: synthesised, cut by a fault rule when it is stored, and taken back out.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::{Value, json};

use super::{
    Unmeasured,
    server::{ADMIN, Server},
};

/// An object that a server has.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// Where: `/v1/tts/jobs/…`.
    pub(crate) path: String,
    /// What.
    pub(crate) bytes: Vec<u8>,
}

/// A sentence that fills a segment but for a number, which makes some 270 KB of audio.
const SENTENCE: &str = "Gold that is rubbed on the dark stone leaves a streak and the streak is held beside the \
    streaks of needles of known gold until one of them has the same colour and this is how the worth of gold was \
    told for two thousand years and more";

impl Object {
    /// A segment of exactly `len` bytes: made whole, and once more under a rule that cuts it when it is stored.
    pub(crate) async fn segment(server: &Server, len: u64) -> Result<Self, Unmeasured> {
        let text = if len < 8 << 10 { "Gold is told." } else { SENTENCE };
        let whole = Self::of_job(server, &submit(server, text).await?, "segments/seg-0000").await?;
        let rule = json!({
            "stage": "store",
            "kind": {"truncate": (len as f64 + 0.5) / whole.bytes.len() as f64},
        });
        let request = server
            .post("/v1/admin/faults", &rule)
            .header("x-admin-token", ADMIN);
        let rule = text_of(&server.json(request).await?, "id")?;
        let again = format!("{}/regenerate", job_path(&whole.path));
        let job = complete(server, server.post(&again, &json!({}))).await?;
        let request = server.request(Method::DELETE, &format!("/v1/admin/faults/{rule}"));
        request
            .header("x-admin-token", ADMIN)
            .send()
            .await?
            .error_for_status()?;
        let cut = Self::of_job(server, &job, "segments/seg-0000").await?;
        if cut.bytes.len() as u64 == len {
            return Ok(cut);
        }
        let found = cut.bytes.len();
        Err(Unmeasured(format!(
            "a segment has {found} bytes instead of {len}"
        )))
    }

    /// A merged file of `len` bytes, give or take a tenth.
    pub(crate) async fn merged(server: &Server, len: u64) -> Result<Self, Unmeasured> {
        let numbered = |count: u64| -> String { (0..count).map(|n| format!("{SENTENCE} {n}. ")).collect() };
        let one = Self::of_job(server, &submit(server, &numbered(1)).await?, "audio.ogg").await?;
        let count = (len as f64 / one.bytes.len() as f64).round() as u64;
        let all = Self::of_job(server, &submit(server, &numbered(count)).await?, "audio.ogg").await?;
        let found = all.bytes.len() as u64;
        if found.abs_diff(len) * 10 <= len {
            return Ok(all);
        }
        Err(Unmeasured(format!(
            "a merged file has {found} bytes instead of about {len}"
        )))
    }

    async fn of_job(server: &Server, job: &str, what: &str) -> Result<Self, Unmeasured> {
        let path = format!("/v1/tts/jobs/{job}/{what}");
        let answer = server.request(Method::GET, &path).send().await?;
        if answer.status() != StatusCode::OK {
            return Err(Unmeasured(format!("{path} answers {}", answer.status())));
        }
        let bytes = answer.bytes().await?.to_vec();
        Ok(Self { path, bytes })
    }
}

fn job_path(path: &str) -> &str {
    path.split_once("/segments").map_or(path, |(job, _)| job)
}

/// Submits a text and waits for its job to be complete.
async fn submit(server: &Server, text: &str) -> Result<String, Unmeasured> {
    complete(server, server.post("/v1/tts/jobs", &json!({ "text": text }))).await
}

/// Sends what makes a job and waits for that to be complete; its id.
async fn complete(server: &Server, request: RequestBuilder) -> Result<String, Unmeasured> {
    let job = text_of(&server.json(request).await?, "job_id")?;
    for _ in 0..500 {
        let answer = server
            .json(server.request(Method::GET, &format!("/v1/tts/jobs/{job}")))
            .await?;
        match answer["manifest"]["status"].as_str() {
            Some("complete") => return Ok(job),
            Some("queued" | "in_progress") => tokio::time::sleep(Duration::from_millis(20)).await,
            _ => return Err(Unmeasured(format!("a job ended otherwise: {answer}"))),
        }
    }
    Err(Unmeasured("a job did not end within 10 s".to_owned()))
}

fn text_of(answer: &Value, member: &str) -> Result<String, Unmeasured> {
    let text = answer[member].as_str().map(str::to_owned);
    text.ok_or_else(|| Unmeasured(format!("the server's answer has no {member}: {answer}")))
}

/// Whether both answers are the same part of the same object, whoever gives them.
pub(crate) async fn same_range(server: &Server, other: &str, object: &Object) -> Result<(), Unmeasured> {
    let (first, last) = (object.bytes.len() / 3, object.bytes.len() / 2);
    for url in [server.url(&object.path), format!("{other}{}", object.path)] {
        let request = server
            .http()
            .get(&url)
            .header(header::RANGE, format!("bytes={first}-{last}"));
        let answer = request.send().await?;
        let status = answer.status();
        if status != StatusCode::PARTIAL_CONTENT || answer.bytes().await? != object.bytes[first..=last] {
            return Err(Unmeasured(format!(
                "{url} answers a range with {status} and other bytes"
            )));
        }
    }
    Ok(())
}
