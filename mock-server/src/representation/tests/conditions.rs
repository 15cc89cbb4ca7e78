//! Conditional requests. Each case names the section of RFC 9110 it holds.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, Method};
use rstest::rstest;

use super::super::{ETag, Representation, Selection, select};
use super::property::object_of;
use super::{get, header_map, outcome_of};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Full,
    NotModified,
    Failed,
    Partial,
    NotSatisfiable,
}

fn outcome(selection: &Selection) -> Outcome {
    match selection {
        Selection::Full => Outcome::Full,
        Selection::NotModified => Outcome::NotModified,
        Selection::PreconditionFailed => Outcome::Failed,
        Selection::Range(_) | Selection::Multi(_) => Outcome::Partial,
        Selection::NotSatisfiable => Outcome::NotSatisfiable,
    }
}

#[rstest]
// §13.1.1 If-Match, strong comparison
#[case::s13_1_1_if_match_same("if-match: \"abc\"", Outcome::Full)]
#[case::s13_1_1_if_match_other("if-match: \"abd\"", Outcome::Failed)]
#[case::s13_1_1_if_match_star("if-match: *", Outcome::Full)]
#[case::s13_1_1_if_match_list("if-match: \"x\", \"abc\"", Outcome::Full)]
#[case::s13_1_1_if_match_weak_never_matches("if-match: W/\"abc\"", Outcome::Failed)]
#[case::s13_1_1_if_match_unquoted_fails_closed("if-match: abc", Outcome::Failed)]
#[case::s13_1_1_if_match_empty_names_nothing("if-match:", Outcome::Failed)]
#[case::s13_1_1_if_match_prefix_is_another_tag("if-match: \"ab\"", Outcome::Failed)]
#[case::s13_1_1_if_match_unclosed_quote("if-match: \"abc", Outcome::Failed)]
#[case::s13_1_1_if_match_star_is_no_list_member("if-match: \"x\", *", Outcome::Failed)]
#[case::s13_1_1_if_match_star_beside_another_line("if-match: *\nif-match: \"x\"", Outcome::Failed)]
// §13.1.2 If-None-Match, weak comparison
#[case::s13_1_2_if_none_match_same("if-none-match: \"abc\"", Outcome::NotModified)]
#[case::s13_1_2_if_none_match_weak("if-none-match: W/\"abc\"", Outcome::NotModified)]
#[case::s13_1_2_if_none_match_star("if-none-match: *", Outcome::NotModified)]
#[case::s13_1_2_if_none_match_other("if-none-match: \"x\"", Outcome::Full)]
#[case::s13_1_2_if_none_match_unquoted("if-none-match: abc", Outcome::Full)]
#[case::s13_1_2_if_none_match_empty("if-none-match:", Outcome::Full)]
#[case::s13_1_2_if_none_match_opaque_is_case_sensitive("if-none-match: \"ABC\"", Outcome::Full)]
#[case::s8_8_3_weak_mark_is_case_sensitive("if-none-match: w/\"abc\"", Outcome::Full)]
#[case::s8_8_3_comma_within_a_tag("if-none-match: \"x,\", \"a,b\", \"abc\"", Outcome::NotModified)]
#[case::s8_8_3_comma_within_a_tag_hides_no_tag("if-none-match: \"x,abc,y\"", Outcome::Full)]
#[case::s5_6_1_2_empty_list_elements("if-none-match: , ,\t\"abc\" ,,", Outcome::NotModified)]
#[case::s5_3_lines_of_a_list_combine("if-none-match: \"x\"\nif-none-match: \"abc\"", Outcome::NotModified)]
#[case::s5_6_1_rest_of_a_malformed_line_is_not_read("if-none-match: \"x\" \"abc\"", Outcome::Full)]
// §13.1.3 If-Modified-Since
#[case::s13_1_3_same_second("if-modified-since: Sun, 06 Nov 1994 08:49:37 GMT", Outcome::NotModified)]
#[case::s13_1_3_later("if-modified-since: Sun, 06 Nov 1994 08:49:38 GMT", Outcome::NotModified)]
#[case::s13_1_3_a_second_before("if-modified-since: Sun, 06 Nov 1994 08:49:36 GMT", Outcome::Full)]
#[case::s5_6_7_rfc850_form("if-modified-since: Sunday, 06-Nov-94 08:49:37 GMT", Outcome::NotModified)]
#[case::s5_6_7_asctime_form("if-modified-since: Sun Nov  6 08:49:37 1994", Outcome::NotModified)]
#[case::s13_1_3_not_a_date_is_ignored("if-modified-since: yesterday", Outcome::Full)]
#[case::s13_1_3_iso_8601_is_not_a_date("if-modified-since: 1994-11-06T08:49:37Z", Outcome::Full)]
#[case::s13_1_3_impossible_date("if-modified-since: Sun, 31 Feb 2094 08:49:37 GMT", Outcome::Full)]
#[case::s13_1_3_several_members_are_ignored(
    "if-modified-since: Sun, 06 Nov 1994 08:49:37 GMT\nif-modified-since: Sun, 06 Nov 1994 08:49:37 GMT",
    Outcome::Full
)]
// §13.1.4 If-Unmodified-Since
#[case::s13_1_4_same_second("if-unmodified-since: Sun, 06 Nov 1994 08:49:37 GMT", Outcome::Full)]
#[case::s13_1_4_a_second_before("if-unmodified-since: Sun, 06 Nov 1994 08:49:36 GMT", Outcome::Failed)]
#[case::s13_1_4_not_a_date_is_ignored("if-unmodified-since: 0", Outcome::Full)]
#[case::s13_1_4_list_of_dates_is_ignored(
    "if-unmodified-since: Sun, 06 Nov 1994 08:49:36 GMT, Sun, 06 Nov 1994 08:49:35 GMT",
    Outcome::Full
)]
// §13.2.2 order
#[case::s13_2_2_step_1_before_2_true(
    "if-match: \"abc\"\nif-unmodified-since: Sun, 06 Nov 1994 08:49:36 GMT",
    Outcome::Full
)]
#[case::s13_2_2_step_1_before_2_false(
    "if-match: \"x\"\nif-unmodified-since: Sun, 06 Nov 1994 08:49:37 GMT",
    Outcome::Failed
)]
#[case::s13_2_2_step_1_before_3("if-match: \"x\"\nif-none-match: \"abc\"", Outcome::Failed)]
#[case::s13_2_2_step_1_then_3("if-match: \"abc\"\nif-none-match: \"abc\"", Outcome::NotModified)]
#[case::s13_2_2_step_2_then_3(
    "if-unmodified-since: Sun, 06 Nov 1994 08:49:37 GMT\nif-none-match: \"abc\"",
    Outcome::NotModified
)]
#[case::s13_2_2_step_2_then_4(
    "if-unmodified-since: Sun, 06 Nov 1994 08:49:36 GMT\nif-modified-since: Sun, 06 Nov 1994 08:49:37 GMT",
    Outcome::Failed
)]
#[case::s13_2_2_step_3_before_4(
    "if-none-match: \"x\"\nif-modified-since: Sun, 06 Nov 1994 08:49:38 GMT",
    Outcome::Full
)]
#[case::s13_2_2_step_3_before_range("if-none-match: \"abc\"\nrange: bytes=0-1", Outcome::NotModified)]
#[case::s14_2_not_modified_before_not_satisfiable(
    "if-none-match: \"abc\"\nrange: bytes=900-",
    Outcome::NotModified
)]
#[case::s14_2_failed_before_not_satisfiable("if-match: \"x\"\nrange: bytes=900-", Outcome::Failed)]
#[case::s14_2_true_condition_lets_the_range_through("if-match: \"abc\"\nrange: bytes=0-1", Outcome::Partial)]
// §13.1.5 If-Range
#[case::s13_1_5_same_tag("if-range: \"abc\"\nrange: bytes=0-1", Outcome::Partial)]
#[case::s13_1_5_other_tag("if-range: \"x\"\nrange: bytes=0-1", Outcome::Full)]
#[case::s13_1_5_weak_tag("if-range: W/\"abc\"\nrange: bytes=0-1", Outcome::Full)]
#[case::s13_1_5_list_of_tags("if-range: \"abc\", \"x\"\nrange: bytes=0-1", Outcome::Full)]
#[case::s13_1_5_star_is_no_validator("if-range: *\nrange: bytes=0-1", Outcome::Full)]
#[case::s13_1_5_empty("if-range:\nrange: bytes=0-1", Outcome::Full)]
#[case::s13_1_5_same_date("if-range: Sun, 06 Nov 1994 08:49:37 GMT\nrange: bytes=0-1", Outcome::Partial)]
#[case::s13_1_5_later_date_is_no_exact_match(
    "if-range: Sun, 06 Nov 1994 08:49:38 GMT\nrange: bytes=0-1",
    Outcome::Full
)]
#[case::s13_1_5_earlier_date("if-range: Sun, 06 Nov 1994 08:49:36 GMT\nrange: bytes=0-1", Outcome::Full)]
#[case::s13_1_5_not_a_validator("if-range: abc\nrange: bytes=0-1", Outcome::Full)]
#[case::s13_1_5_repeated("if-range: \"abc\"\nif-range: \"abc\"\nrange: bytes=0-1", Outcome::Full)]
#[case::s13_1_5_without_range("if-range: \"x\"", Outcome::Full)]
#[case::s13_1_5_false_hides_not_satisfiable("if-range: \"x\"\nrange: bytes=900-", Outcome::Full)]
#[case::s13_1_5_true_then_as_requested("if-range: \"abc\"\nrange: bytes=900-", Outcome::NotSatisfiable)]
#[case::s13_2_2_step_3_before_5(
    "if-none-match: \"abc\"\nif-range: \"x\"\nrange: bytes=0-1",
    Outcome::NotModified
)]
fn a_get_of_100_bytes(#[case] headers: &str, #[case] expected: Outcome) {
    assert_eq!(outcome(&get(headers, 100)), expected);
}

#[rstest]
#[case::s13_1_2_head_like_get(Method::HEAD, "if-none-match: \"abc\"", Outcome::NotModified)]
#[case::s13_1_3_head_like_get(
    Method::HEAD,
    "if-modified-since: Sun, 06 Nov 1994 08:49:37 GMT",
    Outcome::NotModified
)]
#[case::s13_1_1_head_like_get(Method::HEAD, "if-match: \"x\"", Outcome::Failed)]
#[case::s14_2_range_is_for_get_only(Method::HEAD, "range: bytes=0-1", Outcome::Full)]
#[case::s14_2_not_satisfiable_is_for_get_only(Method::HEAD, "range: bytes=900-", Outcome::Full)]
#[case::s13_1_2_state_changing_method(Method::DELETE, "if-none-match: \"abc\"", Outcome::Failed)]
#[case::s13_1_2_state_changing_method_other_tag(Method::PUT, "if-none-match: \"x\"", Outcome::Full)]
#[case::s13_1_3_for_get_and_head_only(
    Method::POST,
    "if-modified-since: Sun, 06 Nov 1994 08:49:37 GMT",
    Outcome::Full
)]
#[case::s13_1_4_state_changing_method(
    Method::DELETE,
    "if-unmodified-since: Sun, 06 Nov 1994 08:49:36 GMT",
    Outcome::Failed
)]
#[case::s14_2_range_of_a_post(Method::POST, "range: bytes=0-1", Outcome::Full)]
#[case::s13_2_1_options_has_no_conditions(Method::OPTIONS, "if-match: \"x\"", Outcome::Full)]
#[case::s13_2_1_trace_has_no_conditions(Method::TRACE, "if-none-match: *", Outcome::Full)]
fn another_method(#[case] method: Method, #[case] headers: &str, #[case] expected: Outcome) {
    assert_eq!(outcome(&outcome_of(&method, headers, 100)), expected);
}

#[test]
fn bytes_that_are_no_text_are_no_validator() {
    for name in [
        "if-match",
        "if-none-match",
        "if-range",
        "if-modified-since",
        "if-unmodified-since",
    ] {
        let mut headers = header_map("range: bytes=0-1");
        headers.insert(name, HeaderValue::from_bytes(b"\xff\x80\"").unwrap());
        let expected = match name {
            "if-match" => Outcome::Failed,
            "if-range" => Outcome::Full,
            _ => Outcome::Partial,
        };
        assert_eq!(
            outcome(&select(&Method::GET, &headers, &object_of(100))),
            expected,
            "{name}"
        );
    }
}

#[rstest]
#[case::before_1970(SystemTime::UNIX_EPOCH - Duration::from_secs(1), "Thu, 01 Jan 1970 00:00:00 GMT")]
#[case::after_9999(SystemTime::UNIX_EPOCH + Duration::from_secs(300_000_000_000), "Fri, 31 Dec 9999 23:59:59 GMT")]
fn a_time_that_no_header_can_write_is_brought_into_range(
    #[case] modified: SystemTime,
    #[case] written: &str,
) {
    let of = Representation::new(
        ETag::strong("abc").unwrap(),
        modified,
        HeaderValue::from_static("audio/ogg"),
        1,
    );
    assert_eq!(of.last_modified_value, written);
    assert_eq!(select(&Method::GET, &HeaderMap::new(), &of), Selection::Full);
}

#[rstest]
#[case::quote("a\"b")]
#[case::space("a b")]
#[case::line_break("a\nb")]
#[case::not_ascii("ä")]
fn a_tag_that_cannot_be_quoted_is_refused(#[case] opaque: &str) {
    assert!(
        ETag::strong(opaque)
            .unwrap_err()
            .to_string()
            .contains("entity tag")
    );
}
