//! The `Range` field. Each case names the section of RFC 9110 it holds.

use std::ops::Range;

use http::{HeaderMap, HeaderValue, Method};
use rstest::rstest;

use super::super::{MAX_RANGES, Selection, select};
use super::{get, property::object_of};

/// Several ranges in the order to send them; a single one is an ordinary 206.
fn sent(selection: Selection) -> Vec<Range<u64>> {
    match selection {
        Selection::Range(range) => vec![range],
        Selection::Multi(ranges) => ranges.ranges().to_vec(),
        other => panic!("no range: {other:?}"),
    }
}

#[rstest]
// §14.1.2 int-range
#[case::s14_1_2_first_500("bytes=0-499", 0, 500)]
#[case::s14_1_2_second_500("bytes=500-999", 500, 1000)]
#[case::s14_1_2_first_byte("bytes=0-0", 0, 1)]
#[case::s14_1_2_last_byte_by_position("bytes=9999-9999", 9999, 10_000)]
#[case::s14_1_2_open_ended("bytes=9500-", 9500, 10_000)]
#[case::s14_1_2_open_ended_from_zero("bytes=0-", 0, 10_000)]
#[case::s14_1_2_last_beyond_the_end_is_cut("bytes=9500-10000", 9500, 10_000)]
#[case::s14_1_2_last_beyond_64_bits_is_cut("bytes=1-18446744073709551616", 1, 10_000)]
#[case::s14_1_2_last_at_64_bits("bytes=1-18446744073709551615", 1, 10_000)]
#[case::s14_1_2_last_of_forty_digits(concat!("bytes=1-", "9999999999999999999999999999999999999999"), 1, 10_000)]
#[case::s14_1_2_leading_zeros("bytes=0000000000000000000000007-008", 7, 9)]
// §14.1.2 suffix-range
#[case::s14_1_2_final_500("bytes=-500", 9500, 10_000)]
#[case::s14_1_2_final_byte("bytes=-1", 9999, 10_000)]
#[case::s14_1_2_suffix_of_the_length("bytes=-10000", 0, 10_000)]
#[case::s14_1_2_suffix_longer_than_the_object("bytes=-10001", 0, 10_000)]
#[case::s14_1_2_suffix_beyond_64_bits("bytes=-18446744073709551616", 0, 10_000)]
// §14.1, §5.6.1.2 forms
#[case::s14_1_unit_is_case_insensitive("BYTES=0-499", 0, 500)]
#[case::s5_6_1_2_empty_elements_before("bytes=,, ,0-499", 0, 500)]
#[case::s5_6_1_2_empty_elements_after("bytes=0-499 , ,\t,", 0, 500)]
#[case::s5_6_1_white_space_around_elements("bytes= 0-499 ", 0, 500)]
// §15.3.7.2 one left of several
#[case::s15_3_7_2_one_satisfiable_of_two("bytes=0-499,10000-", 0, 500)]
#[case::s15_3_7_2_one_satisfiable_after_an_unsatisfiable("bytes=-0,20000-20001,0-499", 0, 500)]
#[case::s15_3_7_2_same_range_twice("bytes=0-499,0-499", 0, 500)]
#[case::s15_3_7_2_overlapping("bytes=0-499,400-899", 0, 900)]
#[case::s15_3_7_2_overlapping_descending("bytes=400-899,0-499", 0, 900)]
#[case::s15_3_7_2_touching("bytes=0-499,500-899", 0, 900)]
#[case::s15_3_7_2_one_within_the_other("bytes=0-9999,5-6", 0, 10_000)]
#[case::s15_3_7_2_gap_of_79_is_smaller_than_a_part("bytes=0-9,89-99", 0, 100)]
#[case::s15_3_7_2_chain_joined_by_its_last("bytes=0-99,400-499,50-450", 0, 500)]
#[case::s15_3_7_2_tiny_ones("bytes=0-0,2-2,4-4,6-6,8-8", 0, 9)]
fn one_range_of_10000_bytes(#[case] range: &str, #[case] start: u64, #[case] end: u64) {
    assert_eq!(
        get(&format!("range: {range}"), 10_000),
        Selection::Range(start..end)
    );
}

#[rstest]
// §14.1.2
#[case::s14_1_2_first_and_last_byte("bytes=0-0,-1", &[0..1, 9999..10_000])]
#[case::s14_1_2_first_middle_last_1000("bytes= 0-999, 4500-5499, -1000", &[0..1000, 4500..5500, 9000..10_000])]
// §15.3.7.2
#[case::s15_3_7_2_order_of_the_request("bytes=-1000,4500-5499,0-999", &[9000..10_000, 4500..5500, 0..1000])]
#[case::s15_3_7_2_gap_of_80_is_worth_a_part("bytes=0-9,90-99", &[0..10, 90..100])]
#[case::s15_3_7_2_unsatisfiable_ones_are_left_out("bytes=0-9,10000-,5000-5009,-0", &[0..10, 5000..5010])]
#[case::s15_3_7_2_joined_range_takes_its_first_place(
    "bytes=5000-5099,0-9,5050-5199,9000-",
    &[5000..5200, 0..10, 9000..10_000]
)]
#[case::s15_3_7_2_joined_range_by_a_later_start("bytes=500-599,9000-,400-510", &[400..600, 9000..10_000])]
#[case::s5_6_1_2_empty_elements("bytes=,0-9,,,5000-5009,", &[0..10, 5000..5010])]
fn several_ranges_of_10000_bytes(#[case] range: &str, #[case] expected: &[Range<u64>]) {
    let selection = get(&format!("range: {range}"), 10_000);
    assert!(matches!(selection, Selection::Multi(_)), "{selection:?}");
    assert_eq!(sent(selection), expected);
}

#[rstest]
// §14.2: a unit that is not understood, or a value that is malformed
#[case::s14_2_unknown_unit("items=0-1")]
#[case::s14_2_unit_that_starts_alike("bytesx=0-1")]
#[case::s14_2_unit_none("none=0-1")]
#[case::s14_2_no_unit("0-1")]
#[case::s14_2_no_equals_sign("bytes 0-1")]
#[case::s14_2_space_before_equals_sign("bytes =0-1")]
#[case::s14_2_no_set("bytes=")]
#[case::s14_2_only_empty_elements("bytes=, ,")]
#[case::s14_2_empty("")]
#[case::s14_2_no_dash("bytes=5")]
#[case::s14_2_only_a_dash("bytes=-")]
#[case::s14_2_letters("bytes=a-b")]
#[case::s14_2_hexadecimal("bytes=0x1-0x2")]
#[case::s14_2_sign("bytes=+1-2")]
#[case::s14_2_negative_first("bytes=-1-2")]
#[case::s14_2_two_dashes("bytes=1--2")]
#[case::s14_2_space_within("bytes=1 - 2")]
#[case::s14_2_other_separator("bytes=0-1;5-6")]
#[case::s14_2_decimals("bytes=0.5-1")]
#[case::s14_2_star("bytes=*")]
#[case::s14_1_1_last_before_first("bytes=5-4")]
#[case::s14_1_1_last_before_first_beyond_64_bits("bytes=99999999999999999999-88888888888888888888")]
#[case::s14_1_1_one_malformed_spoils_all("bytes=0-1,x,5000-5001")]
#[case::s14_1_1_one_invalid_spoils_all("bytes=0-1,5-4")]
#[case::s14_2_malformed_after_unsatisfiable("bytes=20000-,x")]
#[case::s14_2_repeated_field("bytes=0-1\nrange: bytes=0-1")]
fn an_ignored_range_gets_the_whole_object(#[case] range: &str) {
    assert_eq!(get(&format!("range: {range}"), 10_000), Selection::Full);
}

#[rstest]
// §14.1.2, §15.5.17
#[case::s14_1_2_first_at_the_end("bytes=10000-", 10_000)]
#[case::s14_1_2_first_beyond_the_end("bytes=10001-10002", 10_000)]
#[case::s14_1_2_suffix_of_zero("bytes=-0", 10_000)]
#[case::s14_1_2_all_of_several("bytes=10000-,-0,20000-30000", 10_000)]
#[case::s14_1_2_first_beyond_64_bits("bytes=18446744073709551616-", 10_000)]
#[case::s14_1_2_first_of_seventy_digits(
    "bytes=1000000000000000000000000000000000000000000000000000000000000000000000-",
    10_000
)]
#[case::s14_1_2_first_at_64_bits("bytes=18446744073709551615-", u64::MAX)]
#[case::s14_1_2_ascending_beyond_64_bits("bytes=88888888888888888888-99999999999999999999", 10_000)]
#[case::s14_1_2_object_without_bytes_from_zero("bytes=0-", 0)]
#[case::s14_1_2_object_without_bytes_first_byte("bytes=0-0", 0)]
#[case::s14_1_2_object_without_bytes_suffix_of_zero("bytes=-0", 0)]
fn a_range_that_is_not_satisfiable(#[case] range: &str, #[case] len: u64) {
    assert_eq!(get(&format!("range: {range}"), len), Selection::NotSatisfiable);
}

#[rstest]
// §14.1.2 calls them satisfiable, §14.4 has no way to write the answer as a 206
#[case::s14_1_2_suffix("bytes=-5")]
#[case::s14_1_2_suffix_among_others("bytes=0-,-5")]
fn a_suffix_of_an_object_without_bytes_gets_the_whole_of_it(#[case] range: &str) {
    assert_eq!(get(&format!("range: {range}"), 0), Selection::Full);
}

#[test]
fn s14_1_2_the_largest_object_there_can_be_has_a_last_byte() {
    let last = u64::MAX - 1;
    assert_eq!(
        get(&format!("range: bytes={last}-"), u64::MAX),
        Selection::Range(last..u64::MAX)
    );
    assert_eq!(get("range: bytes=-1", u64::MAX), Selection::Range(last..u64::MAX));
}

fn spaced(count: u64) -> String {
    let ranges: Vec<String> = (0..count).map(|index| format!("{0}-{0}", index * 1000)).collect();
    format!("range: bytes={}", ranges.join(","))
}

#[test]
fn s15_5_17_ranges_up_to_the_limit_are_served_and_more_are_refused() {
    let limit = MAX_RANGES as u64;
    assert_eq!(sent(get(&spaced(limit), 1_000_000)).len(), MAX_RANGES);
    assert_eq!(get(&spaced(limit + 1), 1_000_000), Selection::NotSatisfiable);
}

#[test]
fn s14_2_many_overlapping_ranges_of_the_whole_object_are_refused() {
    let whole = vec!["0-"; MAX_RANGES + 1].join(",");
    assert_eq!(
        get(&format!("range: bytes={whole}"), 10_000),
        Selection::NotSatisfiable
    );
}

#[test]
fn s5_6_1_2_empty_elements_count_against_the_limit() {
    let commas = ",".repeat(MAX_RANGES);
    assert_eq!(
        get(&format!("range: bytes={commas}0-1"), 10_000),
        Selection::NotSatisfiable
    );
    assert_eq!(
        get(&format!("range: bytes={}0-1", &commas[1..]), 10_000),
        Selection::Range(0..2)
    );
}

#[test]
fn s14_2_bytes_that_are_no_text_are_malformed() {
    let mut headers = HeaderMap::new();
    headers.insert("range", HeaderValue::from_bytes(b"bytes=0-\xb2").unwrap());
    assert_eq!(
        select(&Method::GET, &headers, &object_of(10_000)),
        Selection::Full
    );
}
