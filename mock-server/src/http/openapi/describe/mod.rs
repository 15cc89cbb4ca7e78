//! Each operation: what it takes, what it answers, with which codes it refuses.

mod audio;
mod jobs;
mod serving;

use super::{
    code::{self, Code},
    operation::Operation,
};

pub(in crate::http) use audio::{merged_audio, merged_audio_head, playlist, segment, segment_head};
pub(in crate::http) use jobs::{
    cancel_job, delete_job, job, list_jobs, regenerate_job, submit_by_reader, submit_job,
};
pub(in crate::http) use serving::{
    add_fault, document, faults, flat_metrics, health, metrics, ready, remove_fault, status,
};

/// What any operation that asks the engine may answer.
const ENGINE: [Code; 2] = [code::internal, code::engine_unavailable];
/// What any operation that reads a body may answer.
const BODY: [Code; 6] = [
    code::bad_json,
    code::bad_body,
    code::body_timeout,
    code::body_too_large,
    code::bodies_full,
    code::not_json,
];
const PROXIED: [&str; 2] = ["X-Forwarded-Host", "X-Forwarded-Proto"];

/// An operation on a job that may be unknown.
fn of_a_job(id: &'static str, tag: &'static str, summary: &'static str) -> Operation {
    Operation::new(id, tag, summary)
        .refuses(&[code::job_not_found])
        .refuses(&ENGINE)
}
