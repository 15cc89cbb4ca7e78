//! Every rendering of every kind of run, as snapshots.

use rstest::rstest;
use run_report::{Annotations, Exporter, GoldenRun, Json, Junit, Markdown, Style, Terminal};

use crate::runs;

#[rstest]
#[case::green("green", &runs::green())]
#[case::red_by_perf("red_by_perf", &runs::red_by_perf())]
#[case::red_by_correctness("red_by_correctness", &runs::red_by_correctness())]
#[case::inconclusive("inconclusive", &runs::inconclusive())]
#[case::could_not_run("could_not_run", &runs::could_not_run())]
fn a_run_is_rendered(#[case] name: &str, #[case] run: &GoldenRun) {
    let exporters: [(&str, &dyn Exporter); 5] = [
        ("terminal", &Terminal::default()),
        ("json", &Json),
        ("junit", &Junit),
        ("markdown", &Markdown::STEP_SUMMARY),
        ("annotations", &Annotations),
    ];
    for (kind, exporter) in exporters {
        insta::assert_snapshot!(format!("{kind}_{name}"), exporter.to_text(run).unwrap());
    }
}

#[rstest]
#[case::narrow(40)]
#[case::usual(80)]
#[case::wide(160)]
fn tables_keep_within_the_width(#[case] width: u16) {
    let text = Terminal {
        width,
        style: Style::Plain,
    }
    .to_text(&runs::red_by_perf())
    .unwrap();
    let tables = text
        .lines()
        .filter(|line| line.starts_with(['│', '┌', '╞', '└', '├']));
    let widths: Vec<usize> = tables.map(|line| line.chars().count()).collect();
    assert!(widths.len() > 10, "{text}");
    assert!(
        widths.iter().all(|w| *w <= usize::from(width)),
        "{widths:?}\n{text}"
    );
}

#[test]
fn colours_are_written_only_when_told() {
    let run = runs::red_by_perf();
    let plain = Terminal {
        width: 100,
        style: Style::Plain,
    }
    .to_text(&run)
    .unwrap();
    let colored = Terminal {
        width: 100,
        style: Style::Color,
    }
    .to_text(&run)
    .unwrap();
    assert!(!plain.contains('\u{1b}'));
    assert!(colored.contains("\u{1b}[1;31mSLOWER"), "{colored}");
    assert!(colored.matches('\u{1b}').count() > 20, "cells are coloured too");
}

#[test]
fn an_update_shows_before_and_after() {
    use perf_guard::{CacheState, TimedKey, UpdateRow};
    let row = |test: &str, before: Option<f64>, after: Option<f64>| UpdateRow {
        key: TimedKey::new(test, CacheState::Cold),
        before: before.map(runs::seconds),
        after: after.map(runs::seconds),
        effective_ratio: after.map(|_| 2.0),
    };
    let rows = [
        row("kept", Some(1.0), Some(1.25)),
        row("new\n", None, Some(0.01)),
        row("gone", Some(3.0), None),
    ];
    let mut out = Vec::new();
    Terminal::default().export_update(&rows, &mut out).unwrap();
    insta::assert_snapshot!("update", String::from_utf8(out).unwrap());
}
