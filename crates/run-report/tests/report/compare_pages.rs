//! The page of a comparison.

use rstest::rstest;
use run_report::{CompareRun, HtmlReport};

use crate::{
    comparing,
    pages::{hold_to_the_rules, outline, parsed, rows_of, said},
};

const NAME: &str = "\"><script>alert(1)</script>\u{202e}";

fn hostile() -> CompareRun {
    let mut run = comparing::insufficient();
    run.tests[0].name = NAME.into();
    run.base.given = NAME.into();
    run.failures[0].reason = NAME.into();
    run.failures[0].evidence = vec![NAME.into(), "</details>".into()];
    run.self_checks[0].detail = NAME.into();
    run
}

#[rstest]
#[case::green(&comparing::green())]
#[case::red(&comparing::red())]
#[case::insufficient(&comparing::insufficient())]
#[case::could_not_run(&comparing::could_not_run())]
#[case::hostile(&hostile())]
fn a_page_is_whole_safe_and_accessible(#[case] run: &CompareRun) {
    let page = run.to_html().unwrap();
    hold_to_the_rules(&page);
    let said = said(&page);
    assert_eq!(said.contains("Passed exit code 0"), run.pass, "{said}");
    for reason in &run.verdict_reasons {
        assert!(said.contains(&reason.text), "{} in {said}", reason.text);
    }
}

#[test]
fn an_empty_comparison_says_that_nothing_is_known() {
    let page = said(&comparing::could_not_run().to_html().unwrap());
    assert!(page.contains("Could not run exit code 4"), "{page}");
    assert!(
        page.contains("No test was compared, so nothing is known."),
        "{page}"
    );
}

#[rstest]
#[case::green(&comparing::green(), &["✓ not shown", "✓ not shown"])]
#[case::red(&comparing::red(), &["✗ regressed, twice", "✗ regressed"])]
#[case::insufficient(&comparing::insufficient(), &["? insufficient data", "? insufficient data", "? insufficient data"])]
fn every_test_stands_in_a_row_with_its_verdict(#[case] run: &CompareRun, #[case] verdicts: &[&str]) {
    let page = run.to_html().unwrap();
    for (test, verdict) in run.tests.iter().zip(verdicts) {
        let rows = rows_of(&page, &format!("{} {}, ", test.name, test.cache));
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(rows[0].last().unwrap(), verdict);
    }
}

#[test]
fn a_regression_says_where_it_comes_from() {
    let page = comparing::red().to_html().unwrap();
    let synth = rows_of(&page, "synth");
    assert!(
        synth
            .iter()
            .any(|row| row[0] == "synth ▲ accounts for it" && row[3] == "+27.0 ms"),
        "{synth:?}"
    );
    let said = said(&page);
    assert!(
        said.contains("finds less in its cache: base 8/8, head 0/8"),
        "{said}"
    );
}

#[test]
fn a_broken_cache_stands_with_its_own_test() {
    let page = comparing::red().to_html().unwrap();
    let rows = rows_of(&page, "8 of 8");
    assert_eq!(rows[0][2..4], ["8 of 8", "0 of 8"]);
    assert_eq!(rows[0][5], "✗ head finds less in its cache");
}

#[test]
fn all_runs_of_both_arms_are_drawn_in_order() {
    let page = comparing::green().to_html().unwrap();
    let document = parsed(&page);
    let of_class = |class: &str| {
        document
            .descendants()
            .filter(|n| n.attribute("class") == Some(class))
            .count()
    };
    // Two tests with eight runs an arm, and one mark of each kind in the legend.
    assert_eq!((of_class("ring"), of_class("dot")), (17, 17));
    assert!(page.contains("base, pair 1: 100 ms after 0 s"), "{page}");
}

#[test]
fn the_structure_of_a_page_is_this() {
    insta::assert_snapshot!("page_compared_red", outline(&comparing::red().to_html().unwrap()));
}
