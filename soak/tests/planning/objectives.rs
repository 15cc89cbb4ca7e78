//! `soak slo`.

use rstest::rstest;
use serde_json::{Value, json};

use crate::program::Soak;

#[test]
fn what_is_promised_and_kept_passes() {
    let soak = Soak::new();
    soak.store(|_| {});
    soak.run(&["slo", "load.json"])
        .exited(0)
        .says("slo: passed (exit 0), freeze: false")
        .says("error budget: 0 of 28800 s used in a month like this");
    let report = soak.dir.json("artifacts/slo.json");
    assert_eq!(
        (&report["pass"], &report["freeze"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(report["objectives"].as_array().unwrap().len(), 7);
}

#[test]
fn a_budget_that_is_used_up_freezes() {
    let soak = Soak::new();
    soak.store(|result| result["timeline"]["load"][0]["failed"] = json!(50));
    soak.run(&["slo", "load.json"])
        .exited(1)
        .says("EXHAUSTED, freeze")
        .says("freeze: true");
    assert_eq!(soak.dir.json("artifacts/slo.json")["freeze"], true);
    // One bad second is little of a month, unless nearly all of it was used before.
    soak.run(&["slo", "load.json", "--as-measured"])
        .exited(0)
        .says("1 of 28800 s used as measured");
    soak.run(&["slo", "load.json", "--as-measured", "--spent", "28799"])
        .exited(1)
        .says("freeze: true");
}

#[rstest]
#[case::missed(|r: &mut Value| r["steps"][0]["response"]["p95_ms"] = json!(351), 1, "MISSED standard requests p95: 351")]
#[case::missing(|r: &mut Value| r["trends"] = json!([]), 1, "MISSED first audio p50: missing")]
#[case::saturated(|r: &mut Value| r["exit_code"] = json!(3), 3, "its figures are not judged")]
#[case::none(|r: &mut Value| r["exit_code"] = json!(4), 4, "there is nothing to judge")]
#[case::another_version(|r: &mut Value| r["schema_version"] = json!(2), 4, "load.json: schema_version is 2")]
#[case::another_kind(|r: &mut Value| *r = json!({"tests": []}), 4, "load.json: it is no result")]
fn what_is_not_kept_is_no_pass(#[case] change: fn(&mut Value), #[case] code: i32, #[case] says: &str) {
    let soak = Soak::new();
    soak.store(change);
    soak.run(&["slo", "load.json"]).exited(code).says(says);
}

#[test]
fn what_cannot_be_read_is_named() {
    let soak = Soak::new();
    soak.store(|_| {});
    soak.run(&["slo", "none.json"]).exited(4).says("read none.json");
    soak.run(&["slo", "load.json", "--slo", "none.toml"])
        .exited(4)
        .says("read none.toml");
    soak.dir.write("bad.toml", "month_days = 30");
    soak.run(&["slo", "load.json", "--slo", "bad.toml"])
        .exited(4)
        .says("bad.toml: ")
        .says("missing field");
    soak.run(&["slo", "load.json", "--spent=-1"])
        .exited(2)
        .says("--spent");
}
