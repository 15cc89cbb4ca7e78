//! HEAD on a segment while it is made and after.

use audio_client::{Fetch, Outcome, Reply};
use http::header;

use crate::suite::{Demand, Lane, Probe, ProofPart, Stop, TestSpec, ensure};

pub(super) const TESTS: &[TestSpec] = &[TestSpec {
    name: "head_transition",
    lane: Lane::Together,
    proof: ProofPart::Runs,
    needs: &[],
    demand: |cases| Demand::of(cases, "test_2", 1),
    run: |probe| Box::pin(head_transition(probe)),
}];

async fn head_transition(probe: &Probe<'_>) -> Result<(), Stop> {
    let answer = probe.submit(&probe.fresh("test_2")).await?;
    let job = &answer.job_id;
    let Some(first) = answer.manifest.segments.first() else {
        return Err(Stop::Failed("the submit's answer lists no segment".to_owned()));
    };
    let early = probe
        .client()
        .segment(job, &first.segment_id, Fetch::head())
        .await?;
    probe.note(format!("HEAD right after the submit: {}", early.reply.status));
    match early.outcome {
        Outcome::Done(()) => {}
        Outcome::Pending { retry_after } => {
            ensure!(retry_after.is_some(), "HEAD says 202 without Retry-After");
        }
        _ => return Err(early.reply.unexpected("202 or 200").into()),
    }
    probe.ended(job).await?;
    let head = probe
        .client()
        .segment(job, &first.segment_id, Fetch::head())
        .await?
        .done()?
        .reply;
    let get = probe
        .client()
        .segment(job, &first.segment_id, Fetch::get())
        .await?
        .done()?
        .reply;
    probe.note(format!("HEAD after completion: {}", head.status));
    ensure!(
        head.body.is_empty(),
        "HEAD came with a body of {} bytes",
        head.body.len()
    );
    same_headers(&head, &get)?;
    is_served_well(probe, &get)
}

fn same_headers(head: &Reply, get: &Reply) -> Result<(), Stop> {
    let compared = [
        header::CONTENT_TYPE,
        header::CONTENT_LENGTH,
        header::ETAG,
        header::LAST_MODIFIED,
        header::ACCEPT_RANGES,
        header::CACHE_CONTROL,
    ];
    for name in compared {
        let (of_head, of_get) = (head.header(&name), get.header(&name));
        ensure!(of_head.is_some(), "HEAD on a ready segment has no {name}");
        ensure!(
            of_head == of_get,
            "{name} is {of_head:?} by HEAD and {of_get:?} by GET"
        );
    }
    Ok(())
}

fn is_served_well(probe: &Probe<'_>, get: &Reply) -> Result<(), Stop> {
    let format = &probe.profile().audio;
    let content_type = get.header(header::CONTENT_TYPE);
    ensure!(
        content_type == Some(format.content_type.as_str()),
        "Content-Type is {content_type:?}, expected {:?}",
        format.content_type
    );
    let length = get.header(header::CONTENT_LENGTH);
    ensure!(
        length.and_then(|l| l.parse().ok()) == Some(get.body.len()),
        "Content-Length is {length:?} for a body of {} bytes",
        get.body.len()
    );
    ensure!(
        get.body.starts_with(format.magic.as_bytes()),
        "the file does not begin with {:?}",
        format.magic
    );
    let etag = get.header(header::ETAG);
    ensure!(
        etag.is_some_and(|tag| tag.starts_with('"')),
        "ETag is {etag:?}, expected a strong one"
    );
    let ranges = get.header(header::ACCEPT_RANGES);
    ensure!(
        ranges == Some("bytes"),
        "Accept-Ranges is {ranges:?}, expected \"bytes\""
    );
    Ok(())
}
