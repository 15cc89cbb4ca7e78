//! Status, headers and body of each outcome.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Method;
use rstest::rstest;

use super::super::{Answer, Selection};
use super::{outcome_of, property::object_of};

fn answer(method: &Method, headers: &str, len: u64) -> Answer {
    Answer::new(method, outcome_of(method, headers, len), &object_of(len))
}

fn listed(answer: &Answer) -> BTreeMap<&str, &str> {
    answer
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect()
}

fn body_of(answer: Answer, object: &Bytes) -> Vec<u8> {
    answer.content.of(object).unwrap().flatten().collect()
}

const DESCRIBED: [(&str, &str); 4] = [
    ("accept-ranges", "bytes"),
    ("content-type", "audio/ogg"),
    ("etag", "\"abc\""),
    ("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
];

#[rstest]
#[case::s15_3_1_full("accept: */*", 200, &[("content-length", "10")], b"0123456789")]
#[case::s15_3_7_1_single_part(
    "range: bytes=2-4",
    206,
    &[("content-length", "3"), ("content-range", "bytes 2-4/10")],
    b"234"
)]
#[case::s15_3_7_1_whole_as_a_range(
    "range: bytes=0-",
    206,
    &[("content-length", "10"), ("content-range", "bytes 0-9/10")],
    b"0123456789"
)]
fn content_is_described(
    #[case] headers: &str,
    #[case] status: u16,
    #[case] more: &[(&str, &str)],
    #[case] body: &[u8],
) {
    let answer = answer(&Method::GET, headers, 10);
    assert_eq!(answer.status.as_u16(), status);
    assert_eq!(listed(&answer), DESCRIBED.iter().chain(more).copied().collect());
    assert_eq!(body_of(answer, &Bytes::from_static(b"0123456789")), body);
}

#[rstest]
#[case::s15_4_5_not_modified("if-none-match: *", 304, &[("etag", "\"abc\"")])]
#[case::s15_5_13_precondition_failed("if-match: \"x\"", 412, &[])]
#[case::s15_5_17_not_satisfiable(
    "range: bytes=10-",
    416,
    &[("accept-ranges", "bytes"), ("content-range", "bytes */10")]
)]
fn an_answer_without_content(#[case] headers: &str, #[case] status: u16, #[case] expected: &[(&str, &str)]) {
    let answer = answer(&Method::GET, headers, 10);
    assert_eq!(answer.status.as_u16(), status);
    assert_eq!(listed(&answer), expected.iter().copied().collect());
    assert!(answer.content.is_empty());
    assert!(body_of(answer, &Bytes::new()).is_empty());
}

#[rstest]
#[case::s9_3_2_plain("accept: */*")]
#[case::s14_2_range_ignored("range: bytes=2-4")]
#[case::s14_2_unsatisfiable_range_ignored("range: bytes=10-")]
#[case::s13_1_5_if_range_ignored("if-range: \"x\"\nrange: bytes=2-4")]
fn s9_3_2_head_has_the_headers_of_the_whole_and_no_content(#[case] headers: &str) {
    let head = answer(&Method::HEAD, headers, 10);
    let get = answer(&Method::GET, "accept: */*", 10);
    assert_eq!((head.status, &head.headers), (get.status, &get.headers));
    assert!(head.content.is_empty());
    assert!(body_of(head, &Bytes::new()).is_empty());
}

#[test]
fn an_object_without_bytes_has_a_length_of_zero_and_no_chunk() {
    let answer = answer(&Method::GET, "range: bytes=-5", 0);
    assert_eq!(
        (answer.status.as_u16(), listed(&answer)["content-length"]),
        (200, "0")
    );
    assert_eq!(answer.content.of(&Bytes::new()).unwrap().count(), 0);
}

#[test]
fn s14_6_multipart_frames_each_part() {
    let object = Bytes::from(vec![b'.'; 1000]);
    let answer = answer(&Method::GET, "range: bytes=-2,0-2", 1000);
    assert_eq!(answer.status.as_u16(), 206);
    let content_type = listed(&answer)["content-type"].to_owned();
    let boundary = content_type
        .strip_prefix("multipart/byteranges; boundary=")
        .unwrap()
        .to_owned();
    // §15.3.7.2: `Content-Range` only in the parts.
    let names: Vec<&str> = listed(&answer).into_keys().collect();
    assert_eq!(
        names,
        [
            "accept-ranges",
            "content-length",
            "content-type",
            "etag",
            "last-modified"
        ]
    );
    let content_length: usize = listed(&answer)["content-length"].parse().unwrap();
    let body = String::from_utf8(body_of(answer, &object)).unwrap();
    let expected = format!(
        "--{boundary}\r\nContent-Type: audio/ogg\r\nContent-Range: bytes 998-999/1000\r\n\r\n..\r\n\
         --{boundary}\r\nContent-Type: audio/ogg\r\nContent-Range: bytes 0-2/1000\r\n\r\n...\r\n\
         --{boundary}--\r\n"
    );
    assert_eq!(body, expected);
    assert_eq!(body.len(), content_length);
}

#[test]
fn the_boundary_depends_on_the_ranges_and_on_nothing_that_changes() {
    let boundary = |range: &str| listed(&answer(&Method::GET, range, 1000))["content-type"].to_owned();
    let first = boundary("range: bytes=0-0,-1");
    assert_eq!(first, boundary("range: bytes=0-0,-1"));
    assert_ne!(first, boundary("range: bytes=0-1,-1"));
    assert_ne!(first, boundary("range: bytes=-1,0-0"));
    // RFC 2046 §5.1.1: at most 70 characters; letters and digits need no quotes.
    let token = first.rsplit_once('=').unwrap().1;
    assert!(
        token.len() <= 70 && token.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "{token}"
    );
}

#[rstest]
#[case::whole("accept: */*")]
#[case::single("range: bytes=100-199")]
#[case::multipart("range: bytes=100-199,800-")]
fn the_object_is_never_copied(#[case] headers: &str) {
    let object = Bytes::from((0..1000_u32).map(|index| index as u8).collect::<Vec<u8>>());
    let memory = object.as_ptr_range();
    let chunks: Vec<Bytes> = answer(&Method::GET, headers, 1000)
        .content
        .of(&object)
        .unwrap()
        .collect();
    let shared: usize = chunks
        .iter()
        .filter(|chunk| memory.contains(&chunk.as_ptr()))
        .map(Bytes::len)
        .sum();
    let expected = match headers {
        "accept: */*" => 1000,
        "range: bytes=100-199" => 100,
        _ => 300,
    };
    assert_eq!(shared, expected);
}

#[test]
fn a_body_tells_its_exact_length_while_it_is_sent() {
    let object = Bytes::from(vec![0; 1000]);
    let answer = answer(&Method::GET, "range: bytes=0-0,-1", 1000);
    let mut left = answer.content.len();
    let mut body = answer.content.of(&object).unwrap();
    while body.remaining_bytes() > 0 {
        assert_eq!(body.remaining_bytes(), left);
        assert_eq!(http_body::Body::size_hint(&body).exact(), Some(left));
        left -= body.next().unwrap().len() as u64;
    }
    assert_eq!((left, body.next()), (0, None));
}

#[test]
fn an_object_of_another_length_than_announced_is_an_error() {
    let error = answer(&Method::GET, "range: bytes=0-1", 10)
        .content
        .of(&Bytes::from_static(b"012"))
        .unwrap_err();
    assert_eq!(error.to_string(), "object has 3 bytes where 10 were announced");
}

#[test]
fn a_selection_of_everything_needs_no_request() {
    let of = object_of(3);
    let answer = Answer::new(&Method::GET, Selection::Full, &of);
    assert_eq!(body_of(answer, &Bytes::from_static(b"abc")), b"abc");
}
