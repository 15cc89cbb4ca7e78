//! Submitting, reading, canceling and deleting jobs.

use audio_api::{CancelAnswer, JobAnswer, JobList, SubmitAnswer, SubmitRequest, fault::Stage};
use serde_json::{Value, json};

use super::super::{
    answer::Answer,
    code::{self, Code},
    operation::Operation,
};
use super::{BODY, ENGINE, PROXIED, of_a_job};

const SUBMITTING: &str = "Submitting";
const JOBS: &str = "Jobs";

/// What making a job may answer.
const NEW_JOB: [Code; 5] = [
    code::bad_idempotency_key,
    code::idempotency_key_reused,
    code::too_many_active_jobs,
    code::no_workers,
    code::stopping,
];
const SUBMIT: [Code; 6] = [
    code::empty_text,
    code::unknown_mode,
    code::unknown_model,
    code::bad_voice,
    code::text_too_long,
    code::too_many_segments,
];

pub(in crate::http) fn submit_by_reader() -> Operation {
    submit("submitByReader", "Submit a text, as the reader does")
        .takes(&PROXIED)
        .answers_with::<SubmitAnswer>(200, "Accepted, or under the same Idempotency-Key the first job.")
        .links(200, of_the_job("$response.body#/manifest/segments/0/segment_id"))
}

pub(in crate::http) fn submit_job() -> Operation {
    submit("submitJob", "Submit a text")
        .answers_with::<JobAnswer>(200, "Accepted, or under the same Idempotency-Key the first job.")
        .links(200, of_the_job("$response.body#/manifest/segments/0/segment_id"))
}

fn submit(id: &'static str, summary: &'static str) -> Operation {
    Operation::new(id, SUBMITTING, summary)
        .takes(&["Idempotency-Key"])
        .body::<SubmitRequest>(|schema| schema)
        .refuses(&BODY)
        .refuses(&SUBMIT)
        .refuses(&NEW_JOB)
        .refuses(&ENGINE)
        .passes(&[Stage::HttpSubmit])
}

pub(in crate::http) fn regenerate_job() -> Operation {
    of_a_job(
        "regenerateJob",
        SUBMITTING,
        "Submit the same text again, past the cache",
    )
    .takes(&["Idempotency-Key"])
    .answers_with::<JobAnswer>(200, "A new job, or under the same Idempotency-Key the first one.")
    .refuses(&NEW_JOB)
    .passes(&[Stage::HttpSubmit])
}

/// Links from an answer that has a `job_id`.
fn of_the_job(segment_id: &str) -> Value {
    let job = json!({"job_id": "$response.body#/job_id"});
    json!({
        "getJob": job, "cancelJob": job, "deleteJob": job, "regenerateJob": job, "getPlaylist": job,
        "getMergedAudio": job,
        "getSegment": {"job_id": "$response.body#/job_id", "segment_id": segment_id},
    })
}

pub(in crate::http) fn list_jobs() -> Operation {
    Operation::new("listJobs", JOBS, "List jobs, newest first")
        .takes(&["status", "limit", "cursor"])
        .answers_with::<JobList>(200, "One page.")
        .refuses(&[
            code::bad_query,
            code::unknown_status,
            code::bad_limit,
            code::bad_cursor,
        ])
        .refuses(&ENGINE)
        .passes(&[Stage::HttpJob])
}

pub(in crate::http) fn job() -> Operation {
    of_a_job("getJob", JOBS, "All that is known of a job")
        .answers_with::<JobAnswer>(200, "The job's manifest.")
        .passes(&[Stage::HttpJob])
}

pub(in crate::http) fn delete_job() -> Operation {
    of_a_job("deleteJob", JOBS, "Delete a job; an active one is canceled first")
        .answers(204, Answer::empty("Deleted."))
        .passes(&[Stage::HttpJob])
}

pub(in crate::http) fn cancel_job() -> Operation {
    of_a_job(
        "cancelJob",
        JOBS,
        "Cancel a job; nothing happens to one that has ended",
    )
    .answers_with::<CancelAnswer>(200, "Its state after the cancel.")
    .passes(&[Stage::HttpCancel])
}
