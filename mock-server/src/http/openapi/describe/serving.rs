//! Health, metrics, the status snapshot, this document, and the fault rules.

use audio_api::{
    StatusSnapshot,
    fault::{FaultList, FaultRecord, FaultRule, Stage},
};
use serde_json::json;

use super::super::{answer::Answer, code, operation::Operation};
use super::{BODY, ENGINE};
use crate::metrics::Format;

const OPERATION: &str = "Operation";
const FAULTS: &str = "Faults";

pub(in crate::http) fn health() -> Operation {
    let schema = json!({"type": "object", "required": ["status"], "properties": {"status": {"const": "ok"}}});
    Operation::new("getHealth", OPERATION, "Whether the process is alive")
        .answers(200, Answer::json("It is.", schema))
}

pub(in crate::http) fn ready() -> Operation {
    let schema =
        json!({"type": "object", "required": ["status"], "properties": {"status": {"const": "ready"}}});
    Operation::new("getReadiness", OPERATION, "Whether the server can do its work")
        .answers(200, Answer::json("Every check passes.", schema))
        .refuses(&[code::not_ready])
}

pub(in crate::http) fn status() -> Operation {
    Operation::new(
        "getStatus",
        OPERATION,
        "What the whole deployment is doing, in numbers",
    )
    .answers_with::<StatusSnapshot>(200, "The snapshot.")
    .refuses(&ENGINE)
    .passes(&[Stage::HttpStatus])
}

pub(in crate::http) fn metrics() -> Operation {
    let text = || json!({"type": "string"});
    let exposition = Answer::empty("OpenMetrics when Accept asks for it, else Prometheus text.")
        .always(&["Cache-Control"])
        .content(Format::Prometheus.content_type(), text())
        .content(Format::OpenMetrics.content_type(), text());
    Operation::new("getMetrics", OPERATION, "All metrics, to be scraped")
        .answers(200, exposition)
        .refuses(&ENGINE)
}

pub(in crate::http) fn flat_metrics() -> Operation {
    let schema = json!({"type": "object", "additionalProperties": {"type": "number"}});
    Operation::new("getFlatMetrics", OPERATION, "All metrics as flat JSON")
        .answers(200, Answer::json("Numbers by name.", schema))
        .refuses(&ENGINE)
}

pub(in crate::http) fn document() -> Operation {
    let schema = json!({
        "type": "object",
        "required": ["openapi", "info", "paths"],
        "properties": {"openapi": {"type": "string", "pattern": "^3\\.1\\."}},
        "additionalProperties": true,
    });
    Operation::new("getDocument", OPERATION, "This document")
        .answers(200, Answer::json("OpenAPI 3.1.", schema))
}

pub(in crate::http) fn faults() -> Operation {
    Operation::new(
        "listFaults",
        FAULTS,
        "The fault rules that stand, with what they did",
    )
    .answers_with::<FaultList>(200, "In the order in which they were added.")
    .refuses(&ENGINE)
}

pub(in crate::http) fn add_fault() -> Operation {
    Operation::new(
        "addFault",
        FAULTS,
        "Add a fault rule; one that could never fire is refused",
    )
    .body::<FaultRule>(|schema| json!({"allOf": [schema], "unevaluatedProperties": false}))
    .answers_with::<FaultRecord>(201, "It stands.")
    .links(201, json!({"removeFault": {"id": "$response.body#/id"}}))
    .refuses(&BODY)
    .refuses(&[code::too_many_faults])
    .refuses(&ENGINE)
}

pub(in crate::http) fn remove_fault() -> Operation {
    Operation::new(
        "removeFault",
        FAULTS,
        "Remove a fault rule and release what it holds up",
    )
    .answers(204, Answer::empty("Removed."))
    .refuses(&[code::fault_not_found])
    .refuses(&ENGINE)
}
