//! What holds of every page, whatever it shows, and what the page of a golden run says.

use std::collections::BTreeSet;

use perf_guard::{CacheState, Seconds};
use roxmltree::{Document, Node, ParsingOptions};
use rstest::rstest;
use run_report::{FaultFired, GoldenRun, HtmlReport, TestResult, read_stored};

use crate::{comparing, hostile, proofs, runs};

/// Parses a page. Pages are written so that an XML parser takes them too, which forgives nothing.
pub(crate) fn parsed(page: &str) -> Document<'_> {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(page, options).unwrap_or_else(|error| panic!("{error}\n{page}"))
}

pub(crate) fn text_of(node: Node<'_, '_>) -> String {
    let texts = node
        .descendants()
        .filter(|n| n.is_text())
        .filter_map(|n| n.text());
    texts
        .collect::<Vec<_>>()
        .join(" ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// What people read: the body's text.
pub(crate) fn said(page: &str) -> String {
    let document = parsed(page);
    text_of(document.descendants().find(|n| n.has_tag_name("body")).unwrap())
}

fn elements<'a>(document: &'a Document<'_>, name: &'a str) -> impl Iterator<Item = Node<'a, 'a>> {
    document.descendants().filter(move |n| n.has_tag_name(name))
}

/// Cells of the table rows in which some cell begins with `start`.
pub(crate) fn rows_of(page: &str, start: &str) -> Vec<Vec<String>> {
    let document = parsed(page);
    let rows = document.descendants().filter(|n| n.has_tag_name("tr"));
    let cells = rows.map(|row| {
        row.children()
            .filter(Node::is_element)
            .map(text_of)
            .collect::<Vec<_>>()
    });
    cells
        .filter(|cells| cells.iter().any(|cell| cell.starts_with(start)))
        .collect()
}

/// Holds a page to what holds of all of them.
pub(crate) fn hold_to_the_rules(page: &str) {
    let document = parsed(page);
    let root = document.root_element();
    assert_eq!(root.attribute("lang"), Some("en"));
    assert!(!text_of(elements(&document, "title").next().unwrap()).is_empty());
    let policy = elements(&document, "meta")
        .find(|meta| meta.attribute("http-equiv") == Some("Content-Security-Policy"))
        .unwrap();
    assert!(
        policy
            .attribute("content")
            .unwrap()
            .starts_with("default-src 'none'; style-src 'unsafe-inline'; img-src data:"),
    );
    needs_nothing_else(&document);
    can_be_read_aloud(&document);
    let ids: Vec<&str> = document.descendants().filter_map(|n| n.attribute("id")).collect();
    assert_eq!(
        ids.iter().collect::<BTreeSet<_>>().len(),
        ids.len(),
        "ids are used once: {ids:?}"
    );
    for link in elements(&document, "a") {
        let target = link.attribute("href").unwrap().strip_prefix('#').unwrap();
        assert!(ids.contains(&target), "nothing has the id {target}");
    }
}

fn needs_nothing_else(document: &Document<'_>) {
    const ALLOWED: &str = "html head meta title link style body header p b h1 h2 h3 span ul ol li dl div dt dd nav a main \
                           section details summary code table caption thead tbody tr th td svg circle line path rect text \
                           desc footer figure figcaption";
    let allowed: BTreeSet<&str> = ALLOWED.split_whitespace().collect();
    for node in document.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        assert!(allowed.contains(name), "<{name}>");
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            assert!(
                !name.starts_with("on") && name != "src" && name != "style",
                "{name}={value}"
            );
            if name == "href" {
                assert!(value.starts_with('#') || value == "data:,", "{value}");
            }
        }
    }
    for style in elements(document, "style") {
        let style = style.text().unwrap();
        assert!(
            !style.contains("url(") && !style.contains("@import") && !style.contains("http"),
            "{style}"
        );
    }
}

fn can_be_read_aloud(document: &Document<'_>) {
    for header in elements(document, "th") {
        assert!(
            matches!(header.attribute("scope"), Some("col" | "row")),
            "{header:?}"
        );
    }
    for table in elements(document, "table") {
        assert!(
            table.children().any(|n| n.has_tag_name("caption")),
            "a table without a caption"
        );
        let columns: Vec<usize> = table
            .descendants()
            .filter(|n| n.has_tag_name("tr"))
            .map(|row| row.children().filter(Node::is_element).count())
            .collect();
        assert!(columns.windows(2).all(|pair| pair[0] == pair[1]), "{columns:?}");
    }
    let outer =
        elements(document, "svg").filter(|svg| !svg.ancestors().skip(1).any(|n| n.has_tag_name("svg")));
    for svg in outer {
        if svg.attribute("aria-hidden") == Some("true") {
            continue;
        }
        assert_eq!(svg.attribute("role"), Some("img"));
        for part in ["title", "desc"] {
            let part = svg.children().find(|n| n.has_tag_name(part)).unwrap();
            assert!(!text_of(part).is_empty());
            let id = part.attribute("id").unwrap();
            assert!(
                svg.attribute("aria-labelledby")
                    .unwrap()
                    .split(' ')
                    .any(|name| name == id)
            );
        }
    }
    for badge in document
        .descendants()
        .filter(|n| n.attribute("class").is_some_and(|c| c.starts_with("badge")))
    {
        let (sign, word) = (
            text_of(badge),
            badge.children().filter_map(|n| n.tail()).collect::<String>(),
        );
        assert!(
            !sign.is_empty() && !word.trim().is_empty(),
            "a colour alone: {badge:?}"
        );
    }
}

#[rstest]
#[case::green(&runs::green())]
#[case::red_by_perf(&runs::red_by_perf())]
#[case::red_by_correctness(&runs::red_by_correctness())]
#[case::inconclusive(&runs::inconclusive())]
#[case::could_not_run(&runs::could_not_run())]
#[case::hostile(&hostile::hostile())]
fn a_page_is_whole_safe_and_accessible(#[case] run: &GoldenRun) {
    hold_to_the_rules(&run.to_html().unwrap());
}

#[rstest]
#[case::green(&runs::green(), "Passed exit code 0")]
#[case::red_by_perf(&runs::red_by_perf(), "Failed exit code 1")]
#[case::red_by_correctness(&runs::red_by_correctness(), "Failed exit code 1")]
#[case::inconclusive(&runs::inconclusive(), "Inconclusive exit code 3")]
#[case::could_not_run(&runs::could_not_run(), "Could not run exit code 4")]
fn the_verdict_comes_first_with_its_reasons_and_exit_code(#[case] run: &GoldenRun, #[case] verdict: &str) {
    let page = run.to_html().unwrap();
    let document = parsed(&page);
    let header = text_of(elements(&document, "header").next().unwrap());
    assert!(header.contains(verdict), "{header}");
    assert_eq!(header.contains("Passed"), run.pass, "{header}");
    for reason in &run.verdict_reasons {
        assert!(header.contains(&reason.text), "{} in {header}", reason.text);
    }
}

#[test]
fn an_empty_run_says_that_nothing_has_passed() {
    let run = runs::settled(runs::started());
    let page = said(&run.to_html().unwrap());
    assert!(page.contains("No test was run, so nothing has passed."), "{page}");
    assert!(page.contains("No time was held against a baseline"), "{page}");
    assert!(page.contains("active_jobs is not known"), "{page}");
    assert!(!page.contains("Passed"), "{page}");
}

#[rstest]
#[case::green(&runs::green())]
#[case::red_by_perf(&runs::red_by_perf())]
#[case::red_by_correctness(&runs::red_by_correctness())]
fn every_test_stands_in_a_row_with_its_verdict(#[case] run: &GoldenRun) {
    let page = run.to_html().unwrap();
    for test in &run.tests {
        let word = test.status.as_str();
        let cache = test.cache.map_or("", |cache| cache.as_str());
        let is_it = |row: &Vec<String>| {
            row[0] == test.name
                && (cache.is_empty() || row[1] == cache)
                && row.iter().any(|cell| cell.contains(word))
        };
        let rows = rows_of(&page, &test.name);
        assert!(rows.iter().any(is_it), "{} {cache} {word} in {rows:?}", test.name);
    }
    for check in &run.perf_checks {
        let slower = run
            .perf_failures
            .iter()
            .any(|f| f.name == check.name && f.cache == check.cache);
        let name = format!("{} {}", check.name, check.cache);
        let rows = rows_of(&page, &name);
        let verdict = if slower { "✗ slower" } else { "✓ held" };
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(rows[0].last().unwrap(), verdict);
    }
}

#[test]
fn a_slow_run_says_what_got_slower_and_in_which_stage() {
    let page = runs::red_by_perf().to_html().unwrap();
    let synth = rows_of(&page, "synth");
    assert!(
        synth
            .iter()
            .any(|row| row[0] == "synth ▲ accounts for it" && row[3] == "+2000 ms"),
        "{synth:?}"
    );
    let said = said(&page);
    for text in [
        "test_1 (cold), submit to complete",
        "21.01× its baseline",
        "synth grew by 2000.2 ms",
        "synth:sleep=2s",
    ] {
        assert!(said.contains(text), "{text} in {said}");
    }
}

#[test]
fn a_failure_shows_its_evidence_line_by_line() {
    let page = runs::red_by_correctness().to_html().unwrap();
    let document = parsed(&page);
    let evidence = document
        .descendants()
        .find(|n| n.attribute("class") == Some("evidence"))
        .unwrap();
    let lines: Vec<String> = evidence
        .children()
        .filter(Node::is_element)
        .map(text_of)
        .collect();
    assert_eq!(
        lines,
        [
            "GET /v1/tts/jobs/j/segments/s Range: bytes=10-19 -> 206",
            "expected 0a, got 0b"
        ]
    );
    assert!(evidence.ancestors().any(|n| n.has_tag_name("details")));
}

#[test]
fn the_rest_at_the_end_is_told() {
    let page = runs::red_by_correctness().to_html().unwrap();
    assert!(said(&page).contains("2 jobs were still active"));
    let rows = rows_of(&page, "active_jobs");
    assert_eq!(rows[0], ["active_jobs", "0", "2", "changed"]);
}

#[test]
fn a_fault_that_never_fired_is_told_from_one_that_did() {
    let mut run = runs::red_by_perf();
    run.faults_fired.push(FaultFired {
        rule: "encode:sleep=1s".into(),
        fired_total: 0,
    });
    let page = run.to_html().unwrap();
    assert_eq!(
        rows_of(&page, "synth:sleep=2s"),
        [["synth:sleep=2s", "84", "– fired"]]
    );
    assert_eq!(
        rows_of(&page, "encode:sleep=1s"),
        [["encode:sleep=1s", "0", "? never fired"]]
    );
}

#[test]
fn hostile_texts_stay_text() {
    let run = hostile::hostile();
    let page = run.to_html().unwrap();
    assert!(
        !page.contains(['\u{1b}', '\0', '\u{202e}', '\u{9b}', '\r']),
        "control characters are visible"
    );
    assert!(!page.contains("<script"));
    let said = said(&page);
    assert!(said.contains("<script>alert(1)</script>"), "{said}");
    assert!(said.contains("\\u{202e}dne"), "{said}");
}

#[test]
fn an_attribute_cannot_be_left() {
    let mut run = runs::red_by_perf();
    run.perf_checks[0].name = "\"' onload='alert(1)' x=\"".into();
    run.perf_failures[0].name = run.perf_checks[0].name.clone();
    hold_to_the_rules(&run.to_html().unwrap());
}

#[test]
fn thousands_of_repeats_are_thinned_and_the_page_says_so() {
    let mut run = runs::green();
    let repeat = run.tests[1].repeats[0].clone();
    run.tests[1].repeats = (0..5_000)
        .map(|i| {
            let mut repeat = repeat.clone();
            let time = Seconds::new(0.1 + f64::from(i) * 1e-6).unwrap();
            repeat.samples_s.insert("test_1".into(), time);
            repeat
        })
        .collect();
    let page = run.to_html().unwrap();
    let document = parsed(&page);
    let dots = document
        .descendants()
        .filter(|n| n.attribute("class") == Some("dot"));
    // One more is the legend's.
    assert_eq!(dots.count(), 101);
    assert!(said(&page).contains("Of more than 100 repeats 100 are drawn"));
}

#[test]
fn a_huge_run_gives_a_page_of_bounded_size_that_says_what_it_leaves_out() {
    let mut run = runs::red_by_correctness();
    for i in 0..3_000 {
        let mut test = TestResult::failed(format!("t{i}"), Some(CacheState::Cold), "x".repeat(3_000));
        test.evidence = vec!["y".repeat(5_000); if i < 3 { 200 } else { 1 }];
        run.tests.push(test);
    }
    let page = runs::settled(run).to_html().unwrap();
    assert!(page.len() < 8 << 20, "{}", page.len());
    let said = said(&page);
    assert!(said.contains("failures are not shown here"), "failures");
    assert!(
        said.contains("140 more lines of evidence are not shown here"),
        "evidence"
    );
    assert!(said.contains("timed tests are not shown here"), "tests");
    assert!(said.contains("more characters)"), "texts");
}

/// Headings, rows and entries of lists, with what they say.
pub(crate) fn outline(page: &str) -> String {
    let document = parsed(page);
    let mut outline = String::new();
    for node in document.descendants() {
        let depth = match node.tag_name().name() {
            "h1" => 0,
            "h2" => 1,
            "h3" | "caption" | "dt" => 2,
            "tr" | "li" | "dd" => 3,
            _ => continue,
        };
        let cells: Vec<String> = if node.has_tag_name("tr") {
            node.children().filter(Node::is_element).map(text_of).collect()
        } else {
            vec![text_of(node)]
        };
        outline += &format!("{}{}\n", "  ".repeat(depth), cells.join(" | "));
    }
    outline
}

#[test]
fn the_structure_of_a_page_is_this() {
    insta::assert_snapshot!(
        "page_red_by_perf",
        outline(&runs::red_by_perf().to_html().unwrap())
    );
}

#[test]
fn a_stored_result_of_each_kind_gives_the_same_page() {
    let (run, proof, comparison) = (runs::red_by_perf(), proofs::proven(), comparing::red());
    let kinds: [(String, &dyn HtmlReport); 3] = [
        (run.to_json().unwrap(), &run),
        (proof.to_json().unwrap(), &proof),
        (comparison.to_json().unwrap(), &comparison),
    ];
    for (stored, report) in kinds {
        let again = read_stored(&stored).unwrap();
        assert_eq!(again.to_html().unwrap(), report.to_html().unwrap());
    }
}

#[rstest]
#[case::no_json("{", "it is no JSON")]
#[case::no_object("[]", "no result of a kind that is known here")]
#[case::another_kind(
    "{\"schema_version\": 1, \"surprise\": []}",
    "no result of a kind that is known here"
)]
fn what_is_no_result_is_refused(#[case] text: &str, #[case] says: &str) {
    let error = read_stored(text).err().unwrap().to_string();
    assert!(error.contains(says), "{error}");
}

#[rstest]
#[case::future("2", "golden.json has schema_version 2, legal is 1")]
#[case::text("\"1\"", "golden.json has schema_version \"1\", legal is 1")]
#[case::null("null", "golden.json has schema_version null, legal is 1")]
fn another_version_is_refused_before_anything_else(#[case] version: &str, #[case] says: &str) {
    let mut value = serde_json::to_value(runs::green()).unwrap();
    value["schema_version"] = serde_json::from_str(version).unwrap();
    value["of_the_future"] = true.into();
    assert_eq!(read_stored(&value.to_string()).err().unwrap().to_string(), says);
}

#[test]
fn a_stored_result_that_lacks_a_field_is_refused() {
    let mut value = serde_json::to_value(runs::green()).unwrap();
    value.as_object_mut().unwrap().remove("notices");
    assert!(read_stored(&value.to_string()).is_err());
}
