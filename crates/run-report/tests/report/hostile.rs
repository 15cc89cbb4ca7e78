//! Texts that try to break out of every rendering.

use perf_guard::{CacheState, Skipped};
use run_report::{Annotations, Exporter, GoldenRun, Json, Junit, Markdown, Terminal, TestResult};

use crate::runs;

const NAME: &str =
    "a|b<script>alert(1)</script>\n::error::x\r\n\u{1b}[2J\u{9b}31m `*_@me_* ]]> &amp; \u{202e}dne \"'% ,:\0";

pub(crate) fn hostile() -> GoldenRun {
    let mut run = runs::red_by_perf();
    let mut failed = TestResult::failed(NAME, Some(CacheState::Cold), NAME);
    failed.evidence = vec![NAME.to_owned(), "```\n</details>".to_owned()];
    run.tests.push(failed);
    run.tests.push(TestResult::skipped(NAME, None, NAME));
    run.perf_failures[0].name = NAME.into();
    run.perf_checks[0].name = NAME.into();
    run.perf_skipped.push(Skipped {
        name: NAME.into(),
        cache: CacheState::Warm,
        reason: NAME.into(),
    });
    run.notices.push(NAME.into());
    run.api_base = NAME.into();
    runs::settled(run)
}

#[test]
fn a_terminal_is_neither_cleared_nor_given_lines_of_their_own() {
    let text = Terminal::default().to_text(&hostile()).unwrap();
    assert!(text.contains("alert(1)"), "{text}");
    assert!(
        !text.contains(['\u{1b}', '\u{9b}', '\r', '\0', '\u{202e}']),
        "{text}"
    );
    assert!(
        text.lines().all(|line| !line.trim_start().starts_with("::")),
        "{text}"
    );
}

#[test]
fn json_reads_back() {
    let run = hostile();
    assert_eq!(GoldenRun::from_json(&Json.to_text(&run).unwrap()).unwrap(), run);
}

#[test]
fn junit_stays_well_formed() {
    let text = Junit.to_text(&hostile()).unwrap();
    assert!(
        !text.contains("<script>") && !text.contains(['\u{1b}', '\0', '\u{9b}']),
        "{text}"
    );
    let report = quick_junit::Report::deserialize_from_str(&text).unwrap();
    assert_eq!(
        report
            .test_suites
            .iter()
            .map(|suite| suite.test_cases.len())
            .collect::<Vec<_>>(),
        [6, 6, 1]
    );
}

#[test]
fn markdown_keeps_its_rows_and_shows_no_foreign_markup() {
    let text = Markdown::STEP_SUMMARY.to_text(&hostile()).unwrap();
    assert!(text.contains("alert(1)"), "{text}");
    let foreign = ["<script", "</details", "@me", "```", "\u{1b}", "\n::error"];
    for markup in foreign {
        assert!(!text.contains(markup), "{markup} in {text}");
    }
    let rows = |start: &str| -> Vec<usize> {
        let table = text.split(start).nth(1).unwrap();
        table
            .lines()
            .skip(1)
            .take_while(|l| l.starts_with('|'))
            .map(|l| l.matches('|').count())
            .collect()
    };
    assert_eq!(rows("| test | cache |"), [6; 7]);
    assert_eq!(rows("| timed | cache |"), [7; 5]);
}

#[test]
fn a_summary_keeps_within_its_limit_whatever_the_run_holds() {
    let mut run = hostile();
    for i in 0..2_000 {
        run.tests
            .push(TestResult::failed(format!("{NAME}{i}"), None, NAME.repeat(20)));
    }
    let run = runs::settled(run);
    for (markdown, limit) in [(Markdown::STEP_SUMMARY, 1 << 20), (Markdown::COMMENT, 65_536)] {
        let text = markdown.to_text(&run).unwrap();
        assert!(text.len() < limit && text.len() > limit / 4, "{}", text.len());
        assert!(text.ends_with("more lines did not fit; golden.json has them.\n"));
    }
}

#[test]
fn every_annotation_is_one_command_on_one_line() {
    let text = Annotations.to_text(&hostile()).unwrap();
    assert!(text.lines().count() > 5, "{text}");
    for command in text.lines() {
        let (head, message) = command[2..].split_once("::").unwrap();
        assert!(
            ["error title=", "warning title=", "notice title="]
                .iter()
                .any(|h| head.starts_with(h)),
            "{command}"
        );
        assert!(
            !head.split_once('=').unwrap().1.contains([':', ',', '\u{1b}']),
            "{command}"
        );
        assert!(!message.contains(['\r', '\u{1b}', '\0']), "{command}");
    }
}

#[test]
fn annotations_beyond_what_is_shown_are_folded_into_the_last() {
    let mut run = runs::green();
    run.tests
        .extend((0..30).map(|i| TestResult::failed(format!("t{i}"), None, "wrong")));
    let text = Annotations.to_text(&runs::settled(run)).unwrap();
    let errors: Vec<&str> = text.lines().filter(|l| l.starts_with("::error")).collect();
    assert_eq!(errors.len(), 10);
    assert!(
        errors[9].starts_with("::error title=golden%3A 21 more::failed: t9%0A"),
        "{}",
        errors[9]
    );
}
