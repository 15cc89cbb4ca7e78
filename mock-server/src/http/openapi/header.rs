//! The headers of answers.

use serde_json::{Map, Value, json};

/// Name, meaning, and the pattern of its value.
const HEADERS: [(&str, &str, &str); 13] = [
    (
        "X-Request-Id",
        "The request's id: the caller's if it sent a sane one, else a new one.",
        "^[A-Za-z0-9._:-]{1,128}$",
    ),
    (
        "Cache-Control",
        "Who may keep the answer: `private` instead of `public` on a server with an API token.",
        ".",
    ),
    ("Retry-After", "When to ask again, in seconds.", "^[0-9]+$"),
    (
        "WWW-Authenticate",
        "Which token is needed.",
        "^(Bearer|X-Admin-Token) realm=",
    ),
    ("Accept-Ranges", "Ranges are served.", "^bytes$"),
    ("Content-Length", "The exact length, in bytes.", "^[0-9]+$"),
    (
        "Content-Range",
        "Which part of the audio this is, or with 416 how long it is.",
        "^bytes ([0-9]+-[0-9]+|\\*)/[0-9]+$",
    ),
    (
        "ETag",
        "A strong entity tag: the key of the audio's content.",
        "^\"[!#-~]+\"$",
    ),
    ("Last-Modified", "When the audio was made.", " GMT$"),
    ("X-Job-Id", "The job that the audio belongs to.", "."),
    (
        "X-Segments-Missing",
        "How many segments failed, so that the merged audio is without them.",
        "^[1-9][0-9]*$",
    ),
    (
        "X-Content-Type-Options",
        "The media type is not to be guessed.",
        "^nosniff$",
    ),
    (
        "Connection",
        "The connection ends here, because part of the request was not read.",
        "^close$",
    ),
];

/// Each twice: as it stands on every answer, and as it may be absent.
pub(super) fn components() -> Map<String, Value> {
    let mut components = Map::new();
    for (name, description, pattern) in HEADERS {
        let schema = json!({"type": "string", "pattern": pattern});
        let header =
            |required: bool| json!({"description": description, "required": required, "schema": schema});
        components.insert(name.to_owned(), header(true));
        components.insert(format!("{name}.optional"), header(false));
    }
    components
}
