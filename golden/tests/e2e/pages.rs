//! The page of a run, written with it and from its stored result.

use std::path::Path;

use rstest::rstest;

use crate::harness::{Result as _, golden, own};
use test_support::Ran;

async fn report(file: &Path, page: Option<&Path>) -> Ran {
    let page = page.into_iter().flat_map(|page| [Path::new("--out-html"), page]);
    golden([Path::new("report"), file].into_iter().chain(page))
        .ran()
        .await
}

#[tokio::test]
async fn a_run_leaves_its_page_and_its_stored_result_gives_the_same_one() {
    let ran = own(&["--repeat", "1", "--filter", "job_list"]).ran().await;
    let result = ran.exited(3).result();
    let page = std::fs::read_to_string(ran.dir.path().join("artifacts/golden.html")).unwrap();
    assert!(
        page.contains("Inconclusive") && page.contains("job_list"),
        "{page}"
    );
    assert!(page.contains(&result.api_base), "{page}");

    let (stored, again) = (
        ran.dir.path().join("artifacts/golden.json"),
        ran.dir.path().join("again/page.html"),
    );
    let said = report(&stored, Some(&again)).await;
    // A page of a result that did not pass is still a page.
    assert!(said.exited(0).stdout.contains("page.html"), "{}", said.said());
    assert_eq!(std::fs::read_to_string(again).unwrap(), page);
}

#[rstest]
#[case::not_json("{", "it is no JSON")]
#[case::another_kind("{\"schema_version\": 1}", "no result of a kind that is known here")]
#[case::future(
    "{\"schema_version\": 9, \"perf_checks\": [], \"status_end\": null, \"tests\": []}",
    "golden.json has schema_version 9, legal is 1"
)]
#[case::not_text("\u{0}", "it is no JSON")]
#[tokio::test]
async fn what_is_no_result_gives_no_page(#[case] content: &str, #[case] says: &str) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("result.json");
    std::fs::write(&file, content).unwrap();
    let ran = report(&file, None).await;
    assert!(ran.exited(4).stderr.contains(says), "{}", ran.said());
    assert!(ran.stderr.contains("result.json"), "{}", ran.said());
    assert_eq!(
        std::fs::read_dir(dir.path()).unwrap().count(),
        1,
        "nothing was written"
    );
}

#[tokio::test]
async fn a_result_that_is_not_there_is_named() {
    let ran = report(Path::new("/nonexistent/golden.json"), None).await;
    assert!(
        ran.exited(4)
            .stderr
            .contains("/nonexistent/golden.json: cannot be read"),
        "{}",
        ran.said()
    );
}

#[tokio::test]
async fn a_page_does_not_replace_what_it_shows() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("result.json");
    std::fs::write(&file, "{}").unwrap();
    let ran = report(&file, Some(&file)).await;
    assert!(
        ran.exited(2).stderr.contains("--out-html and FILE are both"),
        "{}",
        ran.said()
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{}");
}
