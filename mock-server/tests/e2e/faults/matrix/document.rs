//! The table of stages and kinds in the documentation is what the code says.

use std::{fmt::Write as _, fs, path::Path};

use audio_api::fault::{FaultRule, Stage};
use serde_json::{Value, json};

const BEGIN: &str = "<!-- table: written by UPDATE_DOCS=1 cargo test -p mock-server --test e2e faults::matrix::document -->\n";
const END: &str = "<!-- end of table -->\n";

fn is_legal(stage: Stage, kind: &Value, matches: &Value) -> bool {
    let rule = json!({"stage": stage, "kind": kind, "match": matches});
    serde_json::from_value::<FaultRule>(rule).is_ok()
}

fn table() -> String {
    let mut table = "| stage | `sleep_ms` | `error` | `stall` | `drop` | `truncate` | `bytes_per_s` | `crash` | `leak_bytes_per_s` | \
                     `match` on |\n|---|---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for stage in Stage::ALL {
        let (fails, goes, dies) = if stage.has_answer() {
            ("the answer", "the connection", "the process")
        } else {
            ("the attempt", "the lease", "the worker")
        };
        let kinds = [
            (json!({"sleep_ms": 1}), "yes"),
            (json!({"error": 503}), fails),
            (json!({"stall": true}), "yes"),
            (json!({"drop": true}), goes),
            (json!({"truncate": 0.5}), "yes"),
            (json!({"bytes_per_s": 1}), "yes"),
            (json!({"crash": true}), dies),
            (json!({"leak_bytes_per_s": 1}), "yes"),
        ];
        let cells = kinds.map(|(kind, what)| {
            if is_legal(stage, &kind, &json!({})) {
                what
            } else {
                "refused"
            }
        });
        let members = [
            ("text", json!({"text_contains": "a"})),
            ("voice", json!({"voice_id": "a"})),
            ("model", json!({"model_id": "default"})),
            ("segment", json!({"segment_index": 0})),
            ("attempt", json!({"attempt": 1})),
        ];
        let legal = members
            .iter()
            .filter(|(_, matches)| is_legal(stage, &json!({"stall": true}), matches));
        let names: Vec<&str> = legal.map(|(name, _)| *name).collect();
        let names = if names.is_empty() {
            "nothing".to_owned()
        } else {
            names.join(", ")
        };
        writeln!(table, "| `{stage}` | {} | {names} |", cells.join(" | ")).expect("memory");
    }
    table
}

#[test]
fn the_table_of_stages_and_kinds_is_the_code_s() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/faults.md");
    let text = fs::read_to_string(&path).expect("the document");
    let (before, rest) = text.split_once(BEGIN).expect("the table's beginning");
    let (found, after) = rest.split_once(END).expect("the table's end");
    let table = table();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, [before, BEGIN, &table, END, after].concat()).expect("written");
        return;
    }
    assert_eq!(
        found, table,
        "docs/faults.md is behind; UPDATE_DOCS=1 writes it anew"
    );
}
