//! What users do, and what is made of the answers.

use std::time::Duration;

use audio_client::ListQuery;
use audio_load::{Action, JobSettings, Order, Share, Workload, check, trend};
use load_engine::record::{Outcome, Record};

use crate::place::{checked, load, server, step};

fn jobs() -> JobSettings {
    JobSettings {
        segments: [1, 2],
        poll: Duration::from_millis(10),
        library: 2,
        regenerate: 0.5,
        delete: 0.5,
        ..JobSettings::default()
    }
}

fn in_turn(actions: &[Action], jobs: JobSettings) -> Workload {
    let share = |action: &Action| Share::new(*action, 1);
    Workload {
        mix: actions.iter().map(share).collect(),
        order: Order::InTurn,
        jobs,
    }
}

fn all_steps_taken(record: &Record) -> bool {
    record.steps().all(|(_, step)| step.total() > 0)
        && record
            .trends()
            .all(|(name, latency)| name == trend::SUBMIT_TO_ACCEPTED || latency.count() > 0)
}

#[tokio::test]
async fn every_action_finds_its_endpoints_and_every_check_holds_on_the_reference_server() {
    let reached = server(&["--max-active-jobs=100"], &[]).await;
    let ran = load(&reached, (&in_turn(&Action::ALL, jobs()), 2.0), all_steps_taken).await;
    let record = ran.record;
    assert!(all_steps_taken(&record));
    for (known, step) in record.steps() {
        let failed: Vec<_> = step
            .occurred()
            .filter(|(outcome, _)| outcome.failed())
            .map(|(outcome, _)| outcome)
            .collect();
        assert!(failed.is_empty(), "{}: {failed:?}", known.name);
    }
    for (name, count) in record.checks() {
        assert_eq!(count.failed, 0, "{name}");
    }
    for name in [
        check::AUDIO,
        check::RANGE,
        check::PLAYLIST,
        check::JOB_COMPLETE,
        check::DELETED,
    ] {
        assert!(checked(&record, name).0 > 0, "{name} was never checked");
    }
    let (_, ready) = record
        .trends()
        .find(|(name, _)| *name == trend::SUBMIT_TO_READY)
        .unwrap();
    let (_, overhead) = record
        .trends()
        .find(|(name, _)| *name == trend::POLL_OVERHEAD)
        .unwrap();
    assert_eq!(ready.count(), overhead.count());
    assert!(overhead.max() <= ready.max());
}

/// The content keys of the first jobs, oldest first: what was submitted, as far as the server tells.
async fn first_jobs() -> Vec<Vec<Option<String>>> {
    let reached = server(&[], &[]).await;
    let workload = in_turn(&[Action::Submit], JobSettings { library: 0, ..jobs() });
    load(&reached, (&workload, 1.0), |record| {
        step(record, "submit").count(Outcome::Ok) >= 4
    })
    .await;
    let list = reached.client.list(&ListQuery::default()).await.unwrap();
    let mut jobs = list.done().unwrap().value.jobs;
    jobs.reverse();
    let mut keys = Vec::new();
    for job in &jobs[..3] {
        let answer = reached.client.job(&job.job_id).await.unwrap().done().unwrap();
        let segments = answer.value.manifest.segments;
        keys.push(segments.into_iter().map(|segment| segment.cache_key).collect());
    }
    keys
}

#[tokio::test]
async fn the_seed_decides_what_is_submitted() {
    let keys = first_jobs().await;
    assert!(keys[0] != keys[1] && keys[0].iter().all(Option::is_some));
    assert_eq!(first_jobs().await, keys);
}

#[tokio::test]
async fn a_submit_that_is_refused_as_too_much_comes_again_not_before_it_was_told_to() {
    let reached = server(&["--max-active-jobs=1", "--workers=1"], &["synth:sleep=300ms"]).await;
    let workload = in_turn(
        &[Action::Submit],
        JobSettings {
            library: 0,
            fresh: 1.0,
            ..jobs()
        },
    );
    let waited = |record: &Record| {
        let (_, accepted) = record
            .trends()
            .find(|(name, _)| *name == trend::SUBMIT_TO_ACCEPTED)
            .unwrap();
        accepted
            .max()
            .is_some_and(|longest| longest >= Duration::from_secs(1))
    };
    let ran = load(&reached, (&workload, 3.0), waited).await;
    let submit = step(&ran.record, "submit");
    assert!(submit.count(Outcome::RateLimited) > 0);
    assert!(waited(&ran.record), "who was refused was accepted later");
    let (told, untold) = checked(&ran.record, check::RETRY_AFTER);
    assert_eq!((told, untold), (submit.count(Outcome::RateLimited), 0));
    // Three users that come again at once would ask hundreds of times in that time.
    let refused_a_second = submit.count(Outcome::RateLimited) as f64 / ran.lasted.as_secs_f64();
    assert!(
        refused_a_second <= 3.0 + 3.0 / ran.lasted.as_secs_f64(),
        "{refused_a_second}"
    );
}

#[tokio::test]
async fn a_job_that_ends_without_all_of_its_audio_counts_as_failed() {
    let reached = server(&[], &["synth:error=500,segment_index=1"]).await;
    let workload = in_turn(
        &[Action::Create],
        JobSettings {
            segments: [2, 2],
            library: 0,
            ..jobs()
        },
    );
    let ended = |record: &Record| checked(record, check::JOB_COMPLETE).1 >= 2;
    let ran = load(&reached, (&workload, 1.0), ended).await;
    let (complete, not_complete) = checked(&ran.record, check::JOB_COMPLETE);
    assert_eq!(complete, 0);
    assert!(not_complete >= 2);
    // Its ready segment and its merged audio are there all the same.
    assert!(step(&ran.record, "merged").count(Outcome::Ok) > 0);
    assert_eq!(checked(&ran.record, check::PLAYLIST).1, 0);
}

#[tokio::test]
async fn a_library_that_does_not_become_complete_is_refused() {
    let reached = server(&[], &["synth:error=500"]).await;
    let error = audio_load::Library::prepare(&reached.client, &jobs(), 1)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("is error after"), "{error}");
}
