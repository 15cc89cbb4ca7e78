//! The parameters of requests: in paths, queries and headers. Tokens are security schemes instead.

use audio_api::JobStatus;
use serde_json::{Map, Value, json};

/// All parameters, by name.
pub(super) fn components() -> Map<String, Value> {
    let text = || json!({"type": "string"});
    let tags = || json!({"type": "string", "examples": ["\"3a5f\"", "*"]});
    let date = || json!({"type": "string", "examples": ["Sun, 06 Nov 1994 08:49:37 GMT"]});
    let id = || json!({"type": "string", "minLength": 1});
    let status = json!({"type": "string", "enum": JobStatus::ALL});
    let limit = json!({"type": "integer", "minimum": 1, "maximum": 200, "default": 50});
    // RFC 9110 §5.5: the white space around a field's value is no part of it.
    let key = json!({"type": "string", "pattern": "^[\t ]*[!-~]([\t -~]{0,253}[!-~])?[\t ]*$"});
    let range = json!({"type": "string", "examples": ["bytes=0-499", "bytes=-500", "bytes=0-99,500-"]});
    let all = [
        ("path", "job_id", id(), "The job."),
        (
            "path",
            "segment_id",
            id(),
            "The segment, by the name that the manifest gives it.",
        ),
        ("path", "id", id(), "The fault rule."),
        ("query", "status", status, "Only jobs in this state."),
        ("query", "limit", limit, "How many jobs a page has at most."),
        ("query", "cursor", text(), "The `next_cursor` of the page before."),
        (
            "header",
            "X-Request-Id",
            text(),
            "An id of the caller's: 1 to 128 letters, digits and -_.: are taken over.",
        ),
        (
            "header",
            "Idempotency-Key",
            key,
            "A repeated submit with the same key and body answers with the first job.",
        ),
        (
            "header",
            "X-Forwarded-Host",
            text(),
            "Set by a proxy; its presence makes the `_best` paths the proxy's.",
        ),
        ("header", "X-Forwarded-Proto", text(), "As X-Forwarded-Host."),
        (
            "header",
            "Range",
            range,
            "RFC 9110 §14.2. Ignored when malformed, repeated or of another unit than bytes.",
        ),
        (
            "header",
            "If-Range",
            tags(),
            "RFC 9110 §13.1.5: the Range counts only if this tag or date is current.",
        ),
        ("header", "If-Match", tags(), "RFC 9110 §13.1.1."),
        ("header", "If-None-Match", tags(), "RFC 9110 §13.1.2."),
        ("header", "If-Modified-Since", date(), "RFC 9110 §13.1.3."),
        ("header", "If-Unmodified-Since", date(), "RFC 9110 §13.1.4."),
    ];
    let component = |(place, name, schema, description): (&str, &str, Value, &str)| {
        let parameter = json!({
            "name": name, "in": place, "required": place == "path", "description": description, "schema": schema,
        });
        (name.to_owned(), parameter)
    };
    all.into_iter().map(component).collect()
}
