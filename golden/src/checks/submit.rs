//! Submitting: repeatably, and as the reader does.

use audio_api::SubmitAnswer;
use audio_client::{Capability, Fetch, Outcome, Route, SubmitKey};
use futures::future::try_join_all;
use http::StatusCode;

use crate::{
    cases::Nonce,
    suite::{Demand, Lane, Probe, ProofPart, Stop, TestSpec, ensure},
};

/// So many submits of one key at once.
const AT_ONCE: usize = 4;

pub(super) const TESTS: &[TestSpec] = &[
    TestSpec {
        name: "idempotent_submit",
        lane: Lane::Together,
        proof: ProofPart::LeftOut,
        needs: &[Capability::Idempotency],
        demand: |cases| Demand::of(cases, "test_1", 1),
        run: |probe| Box::pin(idempotent_submit(probe)),
    },
    TestSpec {
        name: "reader_submit",
        lane: Lane::Together,
        proof: ProofPart::Runs,
        needs: &[Capability::Reader, Capability::Playlist, Capability::Merged],
        demand: |cases| Demand::of(cases, "test_1", 1),
        run: |probe| Box::pin(reader_submit(probe)),
    },
];

async fn idempotent_submit(probe: &Probe<'_>) -> Result<(), Stop> {
    let request = probe.fresh("test_1");
    let key = Nonce::random();
    let Some(key) = SubmitKey::new(key.as_str()) else {
        unreachable!("letters make a header")
    };
    let calls = try_join_all((0..AT_ONCE).map(|_| probe.client().submit_keyed(&request, Some(&key)))).await?;
    let mut jobs = Vec::new();
    for call in calls {
        let job = call.done()?.value.job_id;
        probe.accepted(&request, &job);
        jobs.push(job);
    }
    let first = jobs[0].clone();
    ensure!(
        jobs.iter().all(|job| *job == first),
        "{AT_ONCE} submits with one key at once made several jobs: {}",
        jobs.iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    );
    probe.ended(&first).await?;
    let later = probe
        .client()
        .submit_keyed(&request, Some(&key))
        .await?
        .done()?
        .value
        .job_id;
    ensure!(
        later == first,
        "a repeated submit made job {later}, expected the first one, {first}"
    );
    let other = probe.fresh("test_1");
    let call = probe.client().submit_keyed(&other, Some(&key)).await?;
    if let Outcome::Done(answer) = &call.outcome {
        probe.accepted(&other, &answer.job_id);
    }
    ensure!(
        call.reply.status == StatusCode::UNPROCESSABLE_ENTITY,
        "the key of another body is answered with {}, expected 422",
        call.reply.status
    );
    Ok(())
}

async fn reader_submit(probe: &Probe<'_>) -> Result<(), Stop> {
    let request = probe.fresh("test_1");
    let answer = probe.client().submit_reader(&request).await?.done()?.value;
    probe.accepted(&request, &answer.job_id);
    urls_agree(&answer)?;
    let manifest = probe.ended(&answer.job_id).await?;
    crate::suite::is_complete(&manifest)?;
    let merged = probe.merged(&answer.job_id).await?;
    let paths = [
        (Route::Job, &answer.job_url_backend, None),
        (Route::Playlist, &answer.playlist_url, None),
        (Route::Merged, &answer.merged_audio_url, Some(&merged.body)),
    ];
    for (route, path, body) in paths {
        let call = probe.client().named_path(route, path, Fetch::get()).await?;
        ensure!(
            call.outcome == Outcome::Done(()),
            "the answer's {path} is answered with {}",
            call.reply.status
        );
        ensure!(
            body.is_none_or(|body| *body == call.reply.body),
            "the answer's {path} has other bytes than the job"
        );
    }
    Ok(())
}

fn urls_agree(answer: &SubmitAnswer) -> Result<(), Stop> {
    let groups = [
        (
            "job_url",
            &answer.job_url_best,
            [&answer.job_url_backend, &answer.job_url_proxy],
        ),
        (
            "playlist_url",
            &answer.playlist_url_best,
            [&answer.playlist_url_backend, &answer.playlist_url_proxy],
        ),
        (
            "merged_audio_url",
            &answer.merged_audio_url_best,
            [&answer.merged_audio_url_backend, &answer.merged_audio_url_proxy],
        ),
    ];
    for (name, best, both) in groups {
        ensure!(
            both.contains(&best),
            "{name}_best {best} is neither {name}_backend nor {name}_proxy"
        );
    }
    ensure!(
        answer.playlist_url == answer.playlist_url_best,
        "playlist_url is not playlist_url_best"
    );
    ensure!(
        answer.merged_audio_url == answer.merged_audio_url_best,
        "merged_audio_url is not merged_audio_url_best"
    );
    Ok(())
}
