//! Fault rules in the engine: their ids, their counters, their end, and that racing does not change who is struck.

use std::{collections::BTreeSet, time::Duration};

use audio_api::fault::{FaultRecord, FaultRule, Kind, Stage};
use mock_server::engine::{EngineConfig, FaultRefused, FaultSite, SharedEngine, Strikes};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::harness::{Factory, Steps, quick, spec};

fn rule(wire: Value) -> FaultRule {
    serde_json::from_value(wire).expect("a legal rule")
}

async fn add(engine: &SharedEngine, wire: Value) -> FaultRecord {
    engine.add_fault(rule(wire)).await.expect("there is room")
}

/// An arrival at `stage` for a job of `text`.
async fn arrive(engine: &SharedEngine, stage: Stage, text: &str, index: u32) -> Strikes {
    let job = spec(text);
    let site = FaultSite {
        segment_index: Some(index),
        attempt: Some(1),
        ..FaultSite::of_job(stage, Some(&job))
    };
    engine.strike(&site).await.expect("reachable")
}

pub(super) async fn rules_are_numbered_and_listed_in_order(make: impl Factory) {
    let engine = make(quick()).await;
    let wires = [
        json!({"stage": "synth", "kind": {"sleep_ms": 5.0}}),
        json!({"stage": "encode", "kind": {"error": 500}, "when": {"p": 0.5}}),
        json!({"stage": "http.submit", "kind": {"stall": true}, "ttl_ms": 60_000}),
    ];
    for (wire, id) in wires.iter().zip(["f1", "f2", "f3"]) {
        let record = add(&engine, wire.clone()).await;
        assert_eq!((record.id.as_str(), record.fired_total), (id, 0));
        assert_eq!(record.rule, rule(wire.clone()));
    }
    assert!(engine.remove_fault("f2").await.expect("reachable"));
    assert_eq!(add(&engine, wires[1].clone()).await.id, "f4");
    let list = engine.faults().await.expect("reachable");
    let ids: Vec<_> = list.faults.iter().map(|fault| fault.id.as_str()).collect();
    assert_eq!(ids, ["f1", "f3", "f4"]);
}

pub(super) async fn at_most_a_hundred_rules_stand(make: impl Factory) {
    let engine = make(quick()).await;
    let wire = json!({"stage": "synth", "kind": {"stall": true}});
    for _ in 0..100 {
        add(&engine, wire.clone()).await;
    }
    let refused = engine.add_fault(rule(wire.clone())).await;
    assert!(
        matches!(refused, Err(FaultRefused::TooMany { limit: 100 })),
        "{refused:?}"
    );
    assert!(engine.remove_fault("f50").await.expect("reachable"));
    add(&engine, wire).await;
}

pub(super) async fn arrivals_and_strikes_are_counted_by_rule_and_in_all(make: impl Factory) {
    let engine = make(quick()).await;
    add(&engine, json!({"stage": "synth", "kind": {"sleep_ms": 7.0}})).await;
    add(
        &engine,
        json!({"stage": "synth", "kind": {"error": 500}, "match": {"text_contains": "gold"}, "when": {"after_n": 1}}),
    )
    .await;
    assert_eq!(
        arrive(&engine, Stage::Synth, "gold", 0).await.len(),
        1,
        "after_n lets one pass"
    );
    let strikes = arrive(&engine, Stage::Synth, "gold", 1).await;
    let struck: Vec<_> = strikes
        .iter()
        .map(|strike| (strike.rule_id.as_str(), strike.arrival))
        .collect();
    assert_eq!(struck, [("f1", 2), ("f2", 2)]);
    assert_eq!(strikes[0].sleep, Duration::from_millis(7));
    assert_eq!(
        strikes[1].kind,
        Kind::Error {
            status: 500,
            retry_after_s: None
        }
    );
    assert_eq!(arrive(&engine, Stage::Synth, "lead", 0).await.len(), 1);
    assert_eq!(arrive(&engine, Stage::Encode, "gold", 0).await.len(), 0);
    let list = engine.faults().await.expect("reachable");
    assert_eq!(counted(&list.faults), [(3, 3), (2, 1)]);
    assert_eq!(list.fired_total, 4);
    engine.remove_fault("f1").await.expect("reachable");
    assert_eq!(engine.faults().await.expect("reachable").fired_total, 4);
    assert_eq!(engine.figures().await.faults_fired, 4);
}

/// What each rule matched and struck.
fn counted(faults: &[FaultRecord]) -> Vec<(u64, u64)> {
    faults
        .iter()
        .map(|fault| (fault.matched_total, fault.fired_total))
        .collect()
}

pub(super) async fn a_rule_behind_one_that_ends_the_stage_neither_strikes_nor_counts(make: impl Factory) {
    for ending in [
        json!({"error": 500}),
        json!({"drop": true}),
        json!({"crash": true}),
    ] {
        let engine = make(quick()).await;
        add(
            &engine,
            json!({"stage": "synth", "kind": ending, "when": {"every_n": 2}}),
        )
        .await;
        add(&engine, json!({"stage": "synth", "kind": {"sleep_ms": 7.0}})).await;
        for (index, rule) in ["f1", "f2", "f1", "f2"].iter().enumerate() {
            let index = u32::try_from(index).expect("a small number");
            let strikes = arrive(&engine, Stage::Synth, "text", index).await;
            let struck: Vec<_> = strikes.iter().map(|strike| strike.rule_id.as_str()).collect();
            assert_eq!(struck, [*rule]);
        }
        let list = engine.faults().await.expect("reachable");
        assert_eq!(counted(&list.faults), [(4, 2), (2, 2)]);
        assert_eq!(list.fired_total, 4);
    }
}

pub(super) async fn has_faults_says_at_which_stages_a_rule_stands(make: impl Factory) {
    let engine = make(quick()).await;
    let standing = || {
        Stage::ALL
            .into_iter()
            .filter(|stage| engine.has_faults(*stage))
            .collect::<Vec<_>>()
    };
    assert_eq!(standing(), []);
    add(&engine, json!({"stage": "store", "kind": {"stall": true}})).await;
    add(&engine, json!({"stage": "store", "kind": {"stall": true}})).await;
    add(&engine, json!({"stage": "http.submit", "kind": {"stall": true}})).await;
    assert_eq!(standing(), [Stage::HttpSubmit, Stage::Store]);
    engine.remove_fault("f1").await.expect("reachable");
    assert_eq!(standing(), [Stage::HttpSubmit, Stage::Store]);
    engine.remove_fault("f2").await.expect("reachable");
    assert_eq!(standing(), [Stage::HttpSubmit]);
    engine.remove_fault("f3").await.expect("reachable");
    assert_eq!(standing(), []);
}

pub(super) async fn removing_a_rule_releases_what_it_holds_up(make: impl Factory) {
    let engine = make(quick()).await;
    add(&engine, json!({"stage": "synth", "kind": {"stall": true}})).await;
    add(&engine, json!({"stage": "synth", "kind": {"stall": true}})).await;
    let strikes = arrive(&engine, Stage::Synth, "text", 0).await;
    assert!(engine.remove_fault("f1").await.expect("reachable"));
    let released: Vec<_> = strikes
        .iter()
        .map(|strike| strike.released.is_cancelled())
        .collect();
    assert_eq!(released, [true, false]);
    for unknown in ["f1", "f9", "", "1", "f01"] {
        assert!(!engine.remove_fault(unknown).await.expect("reachable"));
    }
}

pub(super) async fn a_rule_ends_with_its_time_and_releases_what_it_holds_up(make: impl Factory) {
    let engine = make(quick()).await;
    add(
        &engine,
        json!({"stage": "synth", "kind": {"stall": true}, "ttl_ms": 150}),
    )
    .await;
    let strikes = arrive(&engine, Stage::Synth, "text", 0).await;
    assert!(!strikes[0].released.is_cancelled());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(arrive(&engine, Stage::Synth, "text", 0).await.is_empty());
    assert_eq!(engine.sweep().await.expect("reachable").expired_faults, 1);
    assert!(strikes[0].released.is_cancelled());
    assert!(!engine.has_faults(Stage::Synth));
    let list = engine.faults().await.expect("reachable");
    assert!(list.faults.is_empty());
    assert_eq!(list.fired_total, 1);
}

/// The segments, of 8 texts with 8 segments each, that a rule of p = 0.3 strikes when all arrive at once.
async fn struck_when_racing(engine: &SharedEngine) -> BTreeSet<(u32, u32)> {
    add(
        engine,
        json!({"stage": "synth", "kind": {"error": 500}, "when": {"p": 0.3}}),
    )
    .await;
    let mut arrivals = JoinSet::new();
    for n in 0..64_u32 {
        let engine = engine.clone();
        arrivals.spawn(async move {
            let (text, index) = (n / 8, n % 8);
            let strikes = arrive(&engine, Stage::Synth, &format!("text {text}"), index).await;
            (!strikes.is_empty()).then_some((text, index))
        });
    }
    arrivals.join_all().await.into_iter().flatten().collect()
}

pub(super) async fn a_chance_strikes_the_same_arrivals_however_they_race(make: impl Factory) {
    let mut struck = Vec::new();
    for _ in 0..4 {
        let engine = make(quick()).await;
        struck.push(struck_when_racing(&engine).await);
    }
    assert!((8..32).contains(&struck[0].len()), "{}", struck[0].len());
    assert!(struck.iter().all(|other| *other == struck[0]), "{struck:?}");
}

pub(super) async fn the_seed_decides_who_is_struck(make: impl Factory) {
    let mut struck = BTreeSet::new();
    for fault_seed in 0..3 {
        let engine = make(EngineConfig {
            fault_seed,
            ..quick()
        })
        .await;
        struck.insert(struck_when_racing(&engine).await);
    }
    assert_eq!(struck.len(), 3);
}

pub(super) async fn a_count_is_exact_however_arrivals_race(make: impl Factory) {
    let engine = make(quick()).await;
    add(
        &engine,
        json!({"stage": "synth", "kind": {"error": 500}, "when": {"count": 5}}),
    )
    .await;
    let mut arrivals = JoinSet::new();
    for n in 0..64 {
        let engine = engine.clone();
        arrivals.spawn(async move { arrive(&engine, Stage::Synth, "text", n).await.len() });
    }
    assert_eq!(arrivals.join_all().await.into_iter().sum::<usize>(), 5);
    let list = engine.faults().await.expect("reachable");
    assert_eq!(counted(&list.faults), [(64, 5)]);
}

pub(super) async fn sleeps_and_leaks_say_how_much(make: impl Factory) {
    let engine = make(quick()).await;
    add(
        &engine,
        json!({"stage": "synth", "kind": {"sleep_ms": {"lognormal": [100.0, 0.5]}}}),
    )
    .await;
    add(
        &engine,
        json!({"stage": "synth", "kind": {"leak_bytes_per_s": 1_000_000}}),
    )
    .await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let first = arrive(&engine, Stage::Synth, "text", 0).await;
    let second = arrive(&engine, Stage::Synth, "text", 1).await;
    assert_ne!(first[0].sleep, second[0].sleep);
    assert!(first[0].sleep > Duration::from_millis(5));
    assert_eq!((first[0].leak_bytes, first[1].sleep), (0, Duration::ZERO));
    assert!(first[1].leak_bytes >= 50_000, "{}", first[1].leak_bytes);
    assert!(
        second[1].leak_bytes < first[1].leak_bytes,
        "{}",
        second[1].leak_bytes
    );
}
