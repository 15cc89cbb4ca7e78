//! `gate.json` with its committed schema, and the gate's renderings.

use jiff::Timestamp;
use perf_guard::freeze::{FreezePolicy, FrozenRun, check_freeze};
use run_report::{
    Annotations, Exporter, GateEnding, GateMode, GateRow, GateRun, GateSide, Json, Junit, Markdown, Terminal,
    gate_schema,
};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/gate.schema.json");

fn frozen(rps: f64, errors: u32) -> FrozenRun {
    let text = serde_json::json!({
        "schema_version": 1, "timestamp": "2026-01-31T12:00:00Z",
        "git": {"commit": "0123456789abcdef0123456789abcdef01234567"},
        "env": {"cpus": "2", "note": "<b>|`\n"}, "run": {"ct_exit_code": 0},
        "metrics": {"rps": rps, "errors_total": errors},
    });
    FrozenRun::parse(&text.to_string()).unwrap().run
}

fn red() -> GateRun {
    let policy = r#"{"rules": {
        "rps": {"relative": {"max_pct_decrease": 10}}, "errors_total": {"absolute": {"equals": 0}}
    }}"#;
    let (baseline, candidate) = (frozen(200.0, 0), frozen(100.0, 3));
    let report = check_freeze(&baseline, &candidate, &FreezePolicy::parse(policy).unwrap()).unwrap();
    let mut run = GateRun::new(GateMode::Blocking, "policy.json".into(), Timestamp::UNIX_EPOCH);
    run.rows = report.rows.iter().map(GateRow::from).collect();
    run.baseline = Some(GateSide::new("baseline.json".into(), &baseline, Vec::new()));
    run.candidate = Some(GateSide::new(
        "cand|<i>.json".into(),
        &candidate,
        vec!["odd: a\n::error::b".into()],
    ));
    run.settle(&GateEnding::Checked);
    run
}

/// `UPDATE_SCHEMA=1 cargo test -p run-report gating` writes the file anew after the types changed.
#[test]
fn the_committed_schema_is_what_the_types_say() {
    let generated = gate_schema().unwrap();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(FILE, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        committed == generated,
        "{FILE} is out of date: UPDATE_SCHEMA=1 cargo test -p run-report gating"
    );
}

#[test]
fn a_result_reads_back_as_it_was_written_and_no_field_may_lack() {
    let text = Json.to_text(&red()).unwrap();
    assert_eq!(GateRun::from_json(&text).unwrap(), red());
    let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
    document.as_object_mut().unwrap().remove("error");
    let error = GateRun::from_json(&document.to_string()).unwrap_err().to_string();
    assert_eq!(error, "gate.json lacks error");
    document["schema_version"] = 9.into();
    let error = GateRun::from_json(&document.to_string()).unwrap_err().to_string();
    assert!(error.contains("schema_version 9"), "{error}");
}

#[test]
fn every_failing_limit_stands_in_every_rendering() {
    let run = red();
    let told = [
        "rps: 100 against 200 is -50.0 %, at most -10 %",
        "errors_total: 3, equals 0",
    ];
    let texts = [
        Terminal::default().to_text(&run).unwrap(),
        Junit.to_text(&run).unwrap(),
        Annotations.to_text(&run).unwrap().replace("%25", "%"),
    ];
    for text in texts {
        for failure in told {
            assert!(text.contains(failure), "{failure} is not in\n{text}");
        }
    }
    let markdown = Markdown::STEP_SUMMARY.to_text(&run).unwrap();
    for row in [
        "<code>rps</code> | 200.0 | 100.0 | -50.0 % | at most -10 % | FAILS",
        "<code>errors_total</code> | - | 3.000 |",
    ] {
        assert!(markdown.contains(row), "{row} is not in\n{markdown}");
    }
}

#[test]
fn each_failing_limit_is_a_red_case_and_the_rest_is_not_said_twice() {
    let text = Junit.to_text(&red()).unwrap();
    let document = roxmltree::Document::parse(&text).unwrap();
    let failures = document
        .descendants()
        .filter(|node| node.has_tag_name("failure"))
        .count();
    assert_eq!(failures, 2, "{text}");
    let mut invalid = red();
    invalid.candidate.as_mut().unwrap().ct_exit_code = Some(3);
    invalid.settle(&GateEnding::Checked);
    let text = Junit.to_text(&invalid).unwrap();
    assert!(
        text.contains("<skipped") && text.contains("type=\"inconclusive\"") && !text.contains("<failure"),
        "{text}"
    );
}

#[test]
fn what_files_say_stays_text() {
    let run = red();
    let text = Terminal::default().to_text(&run).unwrap();
    assert!(text.lines().all(|line| !line.starts_with("::error::b")), "{text}");
    let markdown = Markdown::STEP_SUMMARY.to_text(&run).unwrap();
    assert!(
        !markdown.contains("<i>") && !markdown.contains("<b>"),
        "{markdown}"
    );
}

#[test]
fn smoke_says_that_it_only_shows() {
    let mut run = red();
    run.mode = GateMode::Smoke;
    run.settle(&GateEnding::Checked);
    let text = Terminal::default().to_text(&run).unwrap();
    assert!(text.contains("gate: failed, shown only (exit 0)"), "{text}");
    assert!(Annotations.to_text(&run).unwrap().starts_with("::warning "));
}
