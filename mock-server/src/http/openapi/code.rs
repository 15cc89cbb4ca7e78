//! The codes of problems, each with the one status that it is answered with.

/// What a problem's `code` says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code {
    pub(super) name: &'static str,
    pub(super) status: u16,
    pub(super) meaning: &'static str,
}

/// A constant for each code, so that an operation cannot name one that is not here.
macro_rules! codes {
    ($($status:literal { $($name:ident: $meaning:literal,)+ })+) => {
        $($(
            #[expect(non_upper_case_globals, reason = "named as on the wire")]
            pub(super) const $name: Code = Code { name: stringify!($name), status: $status, meaning: $meaning };
        )+)+
    };
}

codes! {
    400 {
        bad_request: "the path or the query cannot be read, or is not UTF-8",
        bad_json: "the body is not JSON of the right members; the detail names the member",
        bad_body: "the body did not arrive whole",
        empty_text: "the text has nothing to say",
        unknown_mode: "the mode is none of the legal ones, which the detail names",
        unknown_model: "the model is none of the legal ones, which the detail names",
        bad_voice: "the voice has no characters, too many, or control characters",
        bad_idempotency_key: "the Idempotency-Key is empty, too long, repeated, or not visible ASCII",
        bad_query: "the query cannot be read",
        unknown_status: "the status is none of the legal ones, which the detail names",
        bad_limit: "the limit is not 1 to 200",
        bad_cursor: "the cursor is none that an earlier page gave",
    }
    401 {
        unauthorized: "the token is missing or wrong; WWW-Authenticate says which, and how to send it",
    }
    404 {
        not_found: "no route has this path, or the server has no admin token, so that the fault routes are off",
        job_not_found: "no job of this id is known; it may have been deleted or dropped",
        segment_not_found: "the job has no segment of this id",
        fault_not_found: "no fault rule of this id stands",
    }
    408 {
        body_timeout: "the body did not arrive in time",
    }
    410 {
        synthesis_failed: "the voice failed; there will be no audio",
        retry_cap_exceeded: "every allowed retry failed; there will be no audio",
        fallback_failed: "the fallback model failed too; there will be no audio",
        encode_failed: "the audio could not be encoded; there will be none",
        canceled: "the job was canceled; there will be no audio",
        stale_queued: "the job waited in the queue for too long and was canceled",
        evicted: "the audio was evicted from the store; regenerate the job to have it made again",
    }
    412 {
        precondition_failed: "If-Match or If-Unmodified-Since does not hold",
    }
    413 {
        text_too_long: "the text has more than 20000 characters",
        too_many_segments: "the text makes more than 120 segments",
        body_too_large: "the body has more bytes than any legal one",
    }
    415 {
        not_json: "the content type is not JSON",
    }
    416 {
        range_not_satisfiable: "none of the ranges lies within the audio, or there are too many",
    }
    422 {
        idempotency_key_reused: "the Idempotency-Key belongs to a request with another body",
    }
    429 {
        too_many_active_jobs: "as many jobs are active as may be; Retry-After says when to try again",
        too_many_faults: "as many fault rules stand as may",
    }
    500 {
        internal: "the server failed",
    }
    503 {
        bodies_full: "the bodies that are being received have as many bytes as they may",
        engine_unavailable: "the engine cannot be reached",
        no_workers: "no worker is online, and the server requires one",
        not_ready: "some checks fail; `failing` lists them",
        stopping: "the server is stopping",
    }
}
