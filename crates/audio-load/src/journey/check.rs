//! What is checked of answers, by name.

use load_engine::{Catalogue, CheckId};

/// An accepted submit, regenerate or reader's submit tells a job that can be read.
pub const SUBMITTED: &str = "submitted";
/// A submit came through within its patience.
pub const ACCEPTED: &str = "accepted";
/// A 429 says when to come again.
pub const RETRY_AFTER: &str = "retry_after";
/// A job ended as `complete`: neither `error` nor `complete_with_errors` nor past its deadline.
pub const JOB_COMPLETE: &str = "job_complete";
/// Audio begins as the target's format does.
pub const AUDIO: &str = "audio";
/// A part of a segment is what was asked for: 206, `Content-Range` and length.
pub const RANGE: &str = "range";
/// A playlist has every ready segment of its job.
pub const PLAYLIST: &str = "playlist";
/// Merged audio came within its patience.
pub const MERGED: &str = "merged";
/// A status snapshot can be read.
pub const STATUS: &str = "status";
/// The document of all routes is one.
pub const OPENAPI: &str = "openapi";
/// A canceled job has ended.
pub const CANCELED: &str = "canceled";
/// A deleted job is answered with 204.
pub const DELETED: &str = "deleted";

/// The checks of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Checks {
    pub(crate) submitted: CheckId,
    pub(crate) accepted: CheckId,
    pub(crate) retry_after: CheckId,
    pub(crate) job_complete: CheckId,
    pub(crate) audio: CheckId,
    pub(crate) range: CheckId,
    pub(crate) playlist: CheckId,
    pub(crate) merged: CheckId,
    pub(crate) status: CheckId,
    pub(crate) openapi: CheckId,
    pub(crate) canceled: CheckId,
    pub(crate) deleted: CheckId,
}

impl Checks {
    pub(crate) fn enter(catalogue: &mut Catalogue) -> Self {
        Self {
            submitted: catalogue.check(SUBMITTED),
            accepted: catalogue.check(ACCEPTED),
            retry_after: catalogue.check(RETRY_AFTER),
            job_complete: catalogue.check(JOB_COMPLETE),
            audio: catalogue.check(AUDIO),
            range: catalogue.check(RANGE),
            playlist: catalogue.check(PLAYLIST),
            merged: catalogue.check(MERGED),
            status: catalogue.check(STATUS),
            openapi: catalogue.check(OPENAPI),
            canceled: catalogue.check(CANCELED),
            deleted: catalogue.check(DELETED),
        }
    }
}
