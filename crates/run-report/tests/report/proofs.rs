//! Proofs to render and to judge.

use jiff::Timestamp;
use perf_guard::{CacheState, Limits};
use run_report::{
    Alarm, BlindSpot, Breakage, CellOutcome, Control, ControlKind, Ending, MagnitudeMark, Mark, ProveExtent,
    ProveHead, ProveRule, ProveRun, ProveThreshold, SlowdownCell, SmallestCaught, StageSlowdowns,
    StatisticalRule, TestMap, TestStatus, Witness,
};

use crate::runs::{self, seconds};

const MAGNITUDES_MS: [f64; 3] = [10.0, 160.0, 2560.0];

/// A small proof in which everything was caught.
pub(crate) fn proven() -> ProveRun {
    let mut proof = ProveRun::new(ProveHead {
        suite_version: "0.1.0".into(),
        target: "reference".into(),
        started_at: Timestamp::UNIX_EPOCH,
        extent: ProveExtent::Usual,
        environment: runs::environment(),
        magnitudes_ms: MAGNITUDES_MS.to_vec(),
        statistical_rule: StatisticalRule {
            pairs: 10,
            smallest_effect: 0.05,
            error: 0.01,
        },
    });
    proof.api_base = "http://127.0.0.1:41234".into();
    proof.voice_cost = Some("fast".into());
    proof.finished_at = Some(Timestamp::from_second(500).unwrap());
    proof.timing_total_s = Some(seconds(500.0));
    proof.fixed_rule.repeats = 3;
    proof.fixed_rule.baseline_runs = 5;
    proof.fixed_rule.limits_from = Some("baselines/golden_baseline.json".into());
    proof.fixed_rule.thresholds = vec![ProveThreshold {
        name: "test_1".into(),
        cache: CacheState::Cold,
        baseline_s: seconds(0.011),
        threshold_s: seconds(0.161),
        effective_ratio: 14.6,
        limits: Limits::default(),
    }];
    proof.slowdowns = vec![synth()];
    proof.breakages = vec![playlist_error()];
    proof.controls = vec![
        control(ControlKind::Timed, vec![]),
        control(ControlKind::Correctness, vec![]),
    ];
    proof.settle(Ending::Completed, 0);
    proof
}

fn synth() -> StageSlowdowns {
    let cell = |magnitude_ms: f64, outcome, runs: u32| SlowdownCell {
        magnitude_ms,
        outcome,
        fired_total: (runs > 0).then_some(u64::from(runs) * 9),
        runs,
        took_s: (runs > 0).then(|| seconds(3.5)),
        note: None,
    };
    let mark = |magnitude_ms, mark, measured: Option<f64>| MagnitudeMark {
        magnitude_ms,
        mark,
        base_s: measured.map(|_| seconds(0.011)),
        measured_s: measured.map(seconds),
    };
    let [small, middle, large] = MAGNITUDES_MS;
    StageSlowdowns {
        stage: "synth".into(),
        cells: vec![
            cell(small, CellOutcome::Caught, 10),
            cell(middle, CellOutcome::Caught, 3),
            cell(large, CellOutcome::InferredCaught, 0),
        ],
        tests: vec![
            TestMap {
                name: "test_1".into(),
                cache: CacheState::Cold,
                on_path: true,
                fixed: vec![
                    mark(small, Mark::Missed, Some(0.021)),
                    mark(middle, Mark::Caught, Some(0.171)),
                    mark(large, Mark::InferredCaught, None),
                ],
                statistical: vec![
                    mark(small, Mark::Caught, Some(0.021)),
                    mark(middle, Mark::InferredCaught, None),
                    mark(large, Mark::InferredCaught, None),
                ],
            },
            TestMap {
                name: "test_1".into(),
                cache: CacheState::Warm,
                on_path: false,
                fixed: MAGNITUDES_MS.map(|ms| mark(ms, Mark::OffPath, None)).to_vec(),
                statistical: MAGNITUDES_MS.map(|ms| mark(ms, Mark::OffPath, None)).to_vec(),
            },
        ],
        smallest_caught: vec![
            SmallestCaught {
                rule: ProveRule::Fixed,
                magnitude_ms: Some(middle),
                by: vec!["test_1 (cold)".into()],
            },
            SmallestCaught {
                rule: ProveRule::Statistical,
                magnitude_ms: Some(small),
                by: vec!["test_1 (cold)".into()],
            },
        ],
    }
}

fn playlist_error() -> Breakage {
    Breakage {
        stage: "http.playlist".into(),
        kind: "error=503".into(),
        fault: "http.playlist:error=503".into(),
        outcome: CellOutcome::Caught,
        fired_total: Some(1),
        server_ended: false,
        tests: vec![
            Witness {
                name: "playlist_order_and_growth".into(),
                cache: None,
                status: TestStatus::Failed,
                reason: Some("playlist: 503, expected success".into()),
            },
            Witness {
                name: "head_transition".into(),
                cache: None,
                status: TestStatus::Passed,
                reason: None,
            },
        ],
        noticed_by: vec!["playlist_order_and_growth".into()],
        took_s: Some(seconds(0.4)),
        note: None,
    }
}

pub(crate) fn control(kind: ControlKind, alarms: Vec<Alarm>) -> Control {
    Control {
        kind,
        after: Some("synth".into()),
        judged: 20,
        alarms,
        took_s: Some(seconds(9.0)),
    }
}

/// Nobody noticed a cut playlist.
pub(crate) fn with_blind_spot(allowed: Option<&str>) -> ProveRun {
    let mut proof = proven();
    proof.breakages[0].outcome = CellOutcome::Missed;
    proof.breakages[0].noticed_by.clear();
    proof.blind_spots = vec![BlindSpot {
        stage: "http.playlist".into(),
        fault: "http.playlist:error=503".into(),
        test: None,
        rule: None,
        allowed: allowed.map(ToOwned::to_owned),
    }];
    proof.settle(Ending::Completed, 0);
    proof
}

/// A control went red.
pub(crate) fn with_false_alarm(allowed: u64) -> ProveRun {
    let mut proof = proven();
    let alarm = Alarm {
        rule: ProveRule::Statistical,
        test: "test_1 (cold)".into(),
        reason: "1.12×".into(),
    };
    proof.controls.push(control(ControlKind::Timed, vec![alarm]));
    proof.settle(Ending::Completed, allowed);
    proof
}
