//! The codes of problems, each with the one status that it is answered with.

/// What a problem's `code` says.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) name: &'static str,
    pub(super) status: u16,
    pub(super) meaning: &'static str,
}

/// The code of this name. One that is missing here is a mistake in [`describe`](super::describe), which every test of
/// the document finds; the document then says so.
pub(super) fn named(name: &str) -> &'static Code {
    CODES.iter().find(|code| code.name == name).unwrap_or(&MISSING)
}

static MISSING: Code = code(
    "undocumented",
    500,
    "a code that is missing in the table of codes",
);

const fn code(name: &'static str, status: u16, meaning: &'static str) -> Code {
    Code {
        name,
        status,
        meaning,
    }
}

static CODES: [Code; 40] = [
    code(
        "bad_request",
        400,
        "the path or the query cannot be read, or is not UTF-8",
    ),
    code(
        "bad_json",
        400,
        "the body is not JSON of the right members; the detail names the member",
    ),
    code("bad_body", 400, "the body did not arrive whole"),
    code("empty_text", 400, "the text has nothing to say"),
    code(
        "unknown_mode",
        400,
        "the mode is none of the legal ones, which the detail names",
    ),
    code(
        "unknown_model",
        400,
        "the model is none of the legal ones, which the detail names",
    ),
    code(
        "bad_voice",
        400,
        "the voice has no characters, too many, or control characters",
    ),
    code(
        "bad_idempotency_key",
        400,
        "the Idempotency-Key is empty, too long, repeated, or not visible ASCII",
    ),
    code("bad_query", 400, "the query cannot be read"),
    code(
        "unknown_status",
        400,
        "the status is none of the legal ones, which the detail names",
    ),
    code("bad_limit", 400, "the limit is not 1 to 200"),
    code("bad_cursor", 400, "the cursor is none that an earlier page gave"),
    code(
        "unauthorized",
        401,
        "the token is missing or wrong; WWW-Authenticate says which, and how to send it",
    ),
    code(
        "not_found",
        404,
        "no route has this path, or the server has no admin token, so that the fault routes are off",
    ),
    code(
        "job_not_found",
        404,
        "no job of this id is known; it may have been deleted or dropped",
    ),
    code("segment_not_found", 404, "the job has no segment of this id"),
    code("fault_not_found", 404, "no fault rule of this id stands"),
    code("body_timeout", 408, "the body did not arrive in time"),
    code(
        "synthesis_failed",
        410,
        "the voice failed; there will be no audio",
    ),
    code(
        "retry_cap_exceeded",
        410,
        "every allowed retry failed; there will be no audio",
    ),
    code(
        "fallback_failed",
        410,
        "the fallback model failed too; there will be no audio",
    ),
    code(
        "encode_failed",
        410,
        "the audio could not be encoded; there will be none",
    ),
    code("canceled", 410, "the job was canceled; there will be no audio"),
    code(
        "stale_queued",
        410,
        "the job waited in the queue for too long and was canceled",
    ),
    code(
        "evicted",
        410,
        "the audio was evicted from the store; regenerate the job to have it made again",
    ),
    code(
        "precondition_failed",
        412,
        "If-Match or If-Unmodified-Since does not hold",
    ),
    code("text_too_long", 413, "the text has more than 20000 characters"),
    code("too_many_segments", 413, "the text makes more than 120 segments"),
    code(
        "body_too_large",
        413,
        "the body has more bytes than any legal one",
    ),
    code("not_json", 415, "the content type is not JSON"),
    code(
        "range_not_satisfiable",
        416,
        "none of the ranges lies within the audio, or there are too many",
    ),
    code(
        "idempotency_key_reused",
        422,
        "the Idempotency-Key belongs to a request with another body",
    ),
    code(
        "too_many_active_jobs",
        429,
        "as many jobs are active as may be; Retry-After says when to try again",
    ),
    code("too_many_faults", 429, "as many fault rules stand as may"),
    code("internal", 500, "the server failed"),
    code(
        "bodies_full",
        503,
        "the bodies that are being received have as many bytes as they may",
    ),
    code("engine_unavailable", 503, "the engine cannot be reached"),
    code(
        "no_workers",
        503,
        "no worker is online, and the server requires one",
    ),
    code("not_ready", 503, "some checks fail; `failing` lists them"),
    code("stopping", 503, "the server is stopping"),
];
