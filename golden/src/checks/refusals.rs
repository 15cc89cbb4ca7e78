//! Bad input: each refusal of the contract, and nothing left behind.

use audio_api::{JobId, PROBLEM_CONTENT_TYPE, Problem, SegmentId};
use audio_client::{Capability, Fetch, Outcome, Reply};
use http::{StatusCode, header};
use serde_json::json;

use crate::suite::{Demand, Lane, Probe, ProofPart, Sharing, Stop, TestSpec, ensure};

const JSON: &str = "application/json";

pub(super) const TESTS: &[TestSpec] = &[
    TestSpec {
        name: "bad_input",
        // It compares how many jobs there are before and after.
        lane: Lane::Alone,
        proof: ProofPart::LeftOut,
        needs: &[Capability::Limits],
        demand: |_| Demand::NONE,
        run: |probe| Box::pin(bad_input(probe)),
    },
    TestSpec {
        name: "unknown_names",
        lane: Lane::Together,
        proof: ProofPart::LeftOut,
        needs: &[],
        demand: |cases| Demand::of(cases, "test_1", 1),
        run: |probe| Box::pin(unknown_names(probe)),
    },
    TestSpec {
        name: "unauthorized",
        lane: Lane::Together,
        proof: ProofPart::LeftOut,
        needs: &[],
        demand: |_| Demand::NONE,
        run: |probe| Box::pin(unauthorized(probe)),
    },
];

/// A body that has to be refused.
struct Bad {
    what: &'static str,
    content_type: &'static str,
    body: String,
    status: StatusCode,
    /// What the refusal has to name.
    names: Vec<String>,
}

async fn bad_input(probe: &Probe<'_>) -> Result<(), Stop> {
    let before = submitted(probe).await?;
    let bad = bad_bodies(probe);
    for bad in &bad {
        let call = probe
            .client()
            .submit_raw(bad.content_type, bad.body.clone())
            .await?;
        if let Outcome::Done(answer) = &call.outcome {
            probe.ctx.ledger.note(&answer.job_id, 0);
        }
        is_refusal(probe, bad.what, &call.reply, bad.status)?;
        let detail = call.reply.typed::<Problem>()?.detail;
        let missing = bad.names.iter().find(|name| !detail.contains(*name));
        ensure!(
            missing.is_none(),
            "{}: the detail {detail:?} does not name {missing:?}",
            bad.what
        );
    }
    let after = submitted(probe).await?;
    ensure!(
        before == after || probe.ctx.sharing == Sharing::Shared,
        "refused jobs left something behind: {before:?} jobs before, {after:?} after"
    );
    let refused: Vec<&str> = bad.iter().map(|bad| bad.what).collect();
    probe.note(format!("refused: {}", refused.join("; ")));
    Ok(())
}

fn bad_bodies(probe: &Probe<'_>) -> Vec<Bad> {
    let profile = probe.profile();
    let limits = profile.limits;
    let text = |text: String| json!({ "text": text }).to_string();
    let bad = |what, body, status| Bad {
        what,
        content_type: JSON,
        body,
        status,
        names: Vec::new(),
    };
    let mut all = vec![
        bad(
            "broken JSON",
            "{\"text\": \"a".to_owned(),
            StatusCode::BAD_REQUEST,
        ),
        bad("no text", "{}".to_owned(), StatusCode::BAD_REQUEST),
        bad("empty text", text(String::new()), StatusCode::BAD_REQUEST),
        bad(
            "text that is no string",
            json!({"text": 7}).to_string(),
            StatusCode::BAD_REQUEST,
        ),
        Bad {
            names: profile.modes.clone(),
            ..bad(
                "unknown mode",
                json!({"text": "a", "mode": "sing"}).to_string(),
                StatusCode::BAD_REQUEST,
            )
        },
        Bad {
            names: profile.models.clone(),
            ..bad(
                "unknown model",
                json!({"text": "a", "model": "best"}).to_string(),
                StatusCode::BAD_REQUEST,
            )
        },
        bad(
            "one character too many",
            text(
                "a".repeat(limits.max_text_chars / 2) + " " + &"b".repeat(limits.max_text_chars.div_ceil(2)),
            ),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
        Bad {
            content_type: "text/plain",
            ..bad(
                "not JSON",
                text("a".to_owned()),
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
            )
        },
    ];
    // No two sentences of this length fit into one segment of 240 characters.
    let sentence = format!("The {} ends. ", "long ".repeat(25));
    let sentences = limits.max_segments + 1;
    if sentence.len() * sentences <= limits.max_text_chars {
        all.push(bad(
            "one segment too many",
            text(sentence.repeat(sentences)),
            StatusCode::PAYLOAD_TOO_LARGE,
        ));
    }
    all
}

/// A problem (RFC 9457) with this status and everything that belongs into it.
fn is_refusal(probe: &Probe<'_>, what: &str, reply: &Reply, status: StatusCode) -> Result<(), Stop> {
    ensure!(
        reply.status == status,
        "{what}: {}, expected {status}",
        reply.status
    );
    let content_type = reply.header(header::CONTENT_TYPE).unwrap_or_default();
    ensure!(
        content_type.starts_with(PROBLEM_CONTENT_TYPE),
        "{what}: the refusal is {content_type:?}, expected {PROBLEM_CONTENT_TYPE}"
    );
    let problem: Problem = reply.typed()?;
    ensure!(
        problem.status == status.as_u16(),
        "{what}: the problem says status {}",
        problem.status
    );
    ensure!(
        !problem.code.is_empty() && !problem.detail.is_empty(),
        "{what}: the problem has no code or detail"
    );
    let id = reply.header(&probe.profile().headers.request_id);
    ensure!(
        id == Some(problem.request_id.as_str()),
        "{what}: the request is {id:?} in the header and {:?} in the problem",
        problem.request_id
    );
    Ok(())
}

async fn submitted(probe: &Probe<'_>) -> Result<Option<u64>, Stop> {
    if !probe.profile().can(Capability::Status) {
        return Ok(None);
    }
    Ok(Some(probe.client().status().await?.done()?.value.jobs.submitted))
}

async fn unknown_names(probe: &Probe<'_>) -> Result<(), Stop> {
    let nobody = JobId::from("no-such-job");
    let client = probe.client();
    let mut replies = vec![
        ("job", client.job(&nobody).await?.reply),
        (
            "segment",
            client
                .segment(&nobody, &SegmentId::of_index(0), Fetch::get())
                .await?
                .reply,
        ),
    ];
    if probe.profile().can(Capability::Playlist) {
        replies.push(("playlist", client.playlist(&nobody).await?.reply));
    }
    if probe.profile().can(Capability::Merged) {
        replies.push(("merged", client.merged(&nobody, Fetch::get()).await?.reply));
    }
    if probe.profile().can(Capability::Cancel) {
        replies.push(("cancel", client.cancel(&nobody).await?.reply));
    }
    if probe.profile().can(Capability::Delete) {
        replies.push(("delete", client.delete(&nobody).await?.reply));
    }
    let known = probe.complete(&probe.fresh("test_1")).await?;
    let beyond = SegmentId::from(format!("{}-beyond", known.segments[0].segment_id));
    replies.push((
        "unknown segment of a known job",
        client.segment(&known.job_id, &beyond, Fetch::get()).await?.reply,
    ));
    for (what, reply) in &replies {
        ensure!(
            reply.status == StatusCode::NOT_FOUND,
            "{what}: {}, expected 404",
            reply.status
        );
        if probe.profile().can(Capability::Limits) {
            is_refusal(probe, what, reply, StatusCode::NOT_FOUND)?;
        }
    }
    Ok(())
}

async fn unauthorized(probe: &Probe<'_>) -> Result<(), Stop> {
    let Some(anonymous) = &probe.ctx.anonymous else {
        return Err(Stop::Skipped(
            "the target is used without a token, see --bearer-token-env".to_owned(),
        ));
    };
    anonymous.health().await?.done()?;
    let reply = anonymous.job(&JobId::from("no-such-job")).await?.reply;
    ensure!(
        reply.status == StatusCode::UNAUTHORIZED,
        "without the token: {}, expected 401",
        reply.status
    );
    ensure!(
        reply.header(header::WWW_AUTHENTICATE).is_some(),
        "the 401 has no WWW-Authenticate"
    );
    Ok(())
}
