//! Answers one by one: what each is by RFC 9112.

use std::fmt::Write as _;

use http::header::RETRY_AFTER;
use rstest::rstest;

use super::*;

/// An answer to a GET that came whole, and how the connection ended after it.
fn read(bytes: &str) -> Result<Read, Malformed> {
    read_as((&Method::GET, Keep::UpTo(100)), bytes.as_bytes())
}

fn read_as(asked: (&Method, Keep), bytes: &[u8]) -> Result<Read, Malformed> {
    let mut headers = Headers::default();
    let mut reading = Reading::new(asked, &mut headers);
    if reading.take(bytes)? == Progress::More {
        reading.end()?;
    }
    Ok(reading.read().unwrap())
}

/// How many bytes were beyond the answer; `None` when it goes on.
fn beyond(bytes: &str) -> Option<usize> {
    let mut headers = Headers::default();
    let progress = Reading::new((&Method::GET, Keep::Nothing), &mut headers).take(bytes.as_bytes());
    match progress.unwrap() {
        Progress::More => None,
        Progress::Whole { beyond } => Some(beyond),
    }
}

#[rstest]
#[case::as_long_as_said_6_3_6("content-length: 3\r\n\r\nabc", "abc")]
#[case::empty("content-length: 0\r\n\r\n", "")]
#[case::a_name_in_capitals_5_1("CONTENT-LENGTH:3\r\n\r\nabc", "abc")]
#[case::the_same_length_twice_6_3_5("content-length: 3\r\ncontent-length: 3\r\n\r\nabc", "abc")]
#[case::the_same_length_in_a_list_6_3_5("content-length: 3, 3\r\n\r\nabc", "abc")]
#[case::in_chunks_7_1("transfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", "abc")]
#[case::hexadecimal_7_1(
    "transfer-encoding: chunked\r\n\r\n00a\r\n0123456789\r\n0\r\n\r\n",
    "0123456789"
)]
#[case::with_extensions_7_1_1("transfer-encoding: chunked\r\n\r\n3 ;a=\"b;c\"\r\nabc\r\n0;x\r\n\r\n", "abc")]
#[case::with_trailers_7_1_2(
    "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx: 1\r\ny: 2\r\n\r\n",
    "abc"
)]
#[case::a_coding_in_capitals_7("transfer-encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "abc")]
#[case::no_chunk_but_the_last("transfer-encoding: chunked\r\n\r\n0\r\n\r\n", "")]
#[case::chunks_count_more_than_a_length_6_3_3(
    "content-length: 9\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "abc"
)]
#[case::until_the_connection_ends_6_3_8("\r\nabc", "abc")]
#[case::until_the_connection_ends_and_nothing("\r\n", "")]
fn content_ends_where_it_should(#[case] rest: &str, #[case] body: &str) {
    let read = read(&format!("HTTP/1.1 200 OK\r\n{rest}")).unwrap();
    assert_eq!(read.body, body);
    assert_eq!(read.bytes, body.len() as u64);
}

#[rstest]
#[case::no_content_6_3_1(Method::GET, 204)]
#[case::not_modified_6_3_1(Method::GET, 304)]
#[case::of_a_head_6_3_1(Method::HEAD, 200)]
fn some_answers_have_no_content_whatever_they_say(#[case] asked: Method, #[case] status: u16) {
    for framing in ["content-length: 3\r\n", "transfer-encoding: chunked\r\n", ""] {
        let answer = format!("HTTP/1.1 {status} x\r\n{framing}\r\n");
        let mut headers = Headers::default();
        let mut reading = Reading::new((&asked, Keep::Nothing), &mut headers);
        let whole = Progress::Whole { beyond: 0 };
        assert_eq!(reading.take(answer.as_bytes()), Ok(whole), "{answer}");
        let read = reading.read().unwrap();
        assert_eq!(
            (read.status.as_u16(), read.bytes, read.persists),
            (status, 0, true)
        );
    }
}

#[rstest]
#[case::one_one_9_3("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", true)]
#[case::one_one_that_closes_9_6("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", false)]
#[case::close_among_others(
    "HTTP/1.1 200 OK\r\nconnection: te, Close\r\ncontent-length: 0\r\n\r\n",
    false
)]
#[case::no_close_but_a_word_with_it(
    "HTTP/1.1 200 OK\r\nconnection: closed\r\ncontent-length: 0\r\n\r\n",
    true
)]
#[case::one_zero_9_3("HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", false)]
#[case::one_zero_that_goes_on_9_3(
    "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n",
    true
)]
#[case::both_options_9_3(
    "HTTP/1.0 200 OK\r\nconnection: keep-alive, close\r\ncontent-length: 0\r\n\r\n",
    false
)]
#[case::until_close_6_3_8("HTTP/1.1 200 OK\r\n\r\nabc", false)]
#[case::chunks("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", true)]
#[case::chunks_and_a_length_6_3_3(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
    false
)]
fn the_connection_goes_on_or_not(#[case] answer: &str, #[case] persists: bool) {
    assert_eq!(read(answer).unwrap().persists, persists);
}

#[rstest]
#[case::continued_15_2_1("HTTP/1.1 100 Continue\r\n\r\n")]
#[case::early_hints_twice("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n")]
#[case::an_interim_answer_with_a_length("HTTP/1.1 102 x\r\ncontent-length: 5\r\n\r\n")]
fn interim_answers_are_passed_over(#[case] interim: &str) {
    let answer = format!("{interim}HTTP/1.1 200 OK\r\nretry-after: 3\r\ncontent-length: 3\r\n\r\nabc");
    let read = read(&answer).unwrap();
    assert_eq!((read.status.as_u16(), &read.body[..]), (200, &b"abc"[..]));
    assert_eq!(read.headers.get(&RETRY_AFTER), Some("3"));
}

#[test]
fn an_answer_begins_after_the_interim_ones() {
    let mut headers = Headers::default();
    let mut reading = Reading::new((&Method::GET, Keep::Nothing), &mut headers);
    assert!(!reading.has_begun());
    reading.take(b"HTTP/1.1 103 Early Hints\r\n\r\n").unwrap();
    assert!(!reading.has_begun());
    reading.take(b"H").unwrap();
    assert!(reading.has_begun());
    reading.take(b"TTP/1.1 200 OK\r\n\r\n").unwrap();
    assert!(reading.has_begun());
}

#[rstest]
#[case::nothing("", Malformed::Truncated)]
#[case::half_a_head("HTTP/1.1 200 OK\r\ncont", Malformed::Truncated)]
#[case::interim_alone("HTTP/1.1 100 Continue\r\n\r\n", Malformed::Truncated)]
#[case::content_cut_off_8("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab", Malformed::Truncated)]
#[case::chunk_cut_off_8(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nab",
    Malformed::Truncated
)]
#[case::no_last_chunk_8(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
    Malformed::Truncated
)]
#[case::no_end_of_trailers_8(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: 1\r\n",
    Malformed::Truncated
)]
#[case::another_protocol("SSH-2.0-OpenSSH_9.9\r\n\r\n", Malformed::Head(httparse::Error::Version))]
#[case::another_version_2_3("HTTP/2.0 200 OK\r\n\r\n", Malformed::Head(httparse::Error::Version))]
#[case::no_status_4("HTTP/1.1 xyz\r\n\r\n", Malformed::Head(httparse::Error::Status))]
#[case::a_status_below_100_4("HTTP/1.1 042 x\r\n\r\n", Malformed::Status)]
#[case::space_before_a_colon_5_1(
    "HTTP/1.1 200 OK\r\ncontent-length : 3\r\n\r\nabc",
    Malformed::Head(httparse::Error::HeaderName)
)]
#[case::a_folded_line_5_2(
    "HTTP/1.1 200 OK\r\nx: 1\r\n 2\r\n\r\n",
    Malformed::Head(httparse::Error::HeaderName)
)]
#[case::a_length_that_is_none_6_3_5("HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", Malformed::ContentLength)]
#[case::an_empty_length("HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n", Malformed::ContentLength)]
#[case::a_length_with_a_sign("HTTP/1.1 200 OK\r\ncontent-length: +3\r\n\r\nabc", Malformed::ContentLength)]
#[case::a_length_past_all_numbers(
    "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n",
    Malformed::ContentLength
)]
#[case::two_lengths_6_3_5(
    "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc",
    Malformed::ContentLength
)]
#[case::two_lengths_in_a_list_6_3_5(
    "HTTP/1.1 200 OK\r\ncontent-length: 3, 4\r\n\r\nabc",
    Malformed::ContentLength
)]
#[case::a_length_and_none(
    "HTTP/1.1 200 OK\r\ncontent-length: x\r\ncontent-length: 3\r\n\r\nabc",
    Malformed::ContentLength
)]
#[case::a_coding_that_nobody_asked_for_7_4(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    Malformed::TransferEncoding
)]
#[case::chunked_twice_6_1(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    Malformed::TransferEncoding
)]
#[case::chunks_from_one_zero_6_1(
    "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    Malformed::TransferEncoding
)]
#[case::switched_protocols_15_2_2("HTTP/1.1 101 x\r\nupgrade: websocket\r\n\r\n", Malformed::Switched)]
#[case::a_chunk_without_size_7_1(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\r\n\r\n",
    Malformed::Chunk
)]
#[case::a_chunk_size_that_is_none_7_1(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n",
    Malformed::Chunk
)]
#[case::a_chunk_size_past_all_numbers(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10000000000000000\r\n",
    Malformed::Chunk
)]
#[case::a_chunk_longer_than_it_said_7_1(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
    Malformed::Chunk
)]
#[case::a_line_feed_alone_in_trailers_2_2(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: 1\ny: 2\r\n\r\n",
    Malformed::LineFeed
)]
#[case::a_line_feed_in_an_extension_2_2(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;a\nb\r\nabc\r\n0\r\n\r\n",
    Malformed::LineFeed
)]
fn what_is_no_whole_answer_is_refused(#[case] answer: &str, #[case] because: Malformed) {
    assert_eq!(read(answer).unwrap_err(), because);
}

#[test]
fn a_tunnel_is_no_answer() {
    // RFC 9112 §6.3, 2.
    let answer = read_as((&Method::CONNECT, Keep::Nothing), b"HTTP/1.1 200 OK\r\n\r\n");
    assert_eq!(answer.unwrap_err(), Malformed::Switched);
}

#[rstest]
#[case::none("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc", Some(0))]
#[case::behind_a_length("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcde", Some(2))]
#[case::behind_a_head("HTTP/1.1 204 x\r\n\r\nab", Some(2))]
#[case::behind_chunks("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nabc", Some(3))]
#[case::there_is_no_behind("HTTP/1.1 200 OK\r\n\r\nabc", None)]
fn what_comes_beyond_an_answer_is_told(#[case] bytes: &str, #[case] told: Option<usize>) {
    assert_eq!(beyond(bytes), told);
}

#[rstest]
#[case::fields("HTTP/1.1 200 OK\r\n", "x: 1\r\n", 100)]
#[case::trailers("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", "x: 1\r\n", 100)]
fn a_head_or_trailer_of_a_hundred_fields_is_taken_and_no_longer(
    #[case] begin: &str,
    #[case] field: &str,
    #[case] most: usize,
) {
    let answer = |fields| format!("{begin}{}\r\n", field.repeat(fields));
    assert!(read(&answer(most)).is_ok());
    let error = read(&answer(most + 1)).unwrap_err();
    assert_eq!(error, Malformed::Head(httparse::Error::TooManyHeaders));
}

#[rstest]
#[case::head("HTTP/1.1 200 OK\r\nx: ", "\r\n\r\n", 0)]
#[case::chunk_size("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "0;", 47)]
fn a_head_that_does_not_end_is_not_waited_for(
    #[case] begin: &str,
    #[case] then: &str,
    #[case] skipped: usize,
) {
    let answer = |bytes: usize| match skipped {
        0 => format!("{begin}{}{then}", "x".repeat(bytes - begin.len() - then.len())),
        _ => format!("{begin}{then}{}\r\n\r\n", "x".repeat(bytes - then.len() - 2)),
    };
    assert!(read(&answer(MOST_BYTES)).is_ok());
    assert_eq!(read(&answer(MOST_BYTES + 1)).unwrap_err(), Malformed::TooLongHead);
}

#[rstest]
#[case::nothing(Keep::Nothing, Ok(""))]
#[case::up_to_all_of_it(Keep::UpTo(10), Ok("0123456789"))]
#[case::up_to_less(Keep::UpTo(9), Err(Malformed::TooLong(9)))]
#[case::its_beginning(Keep::First(4), Ok("0123"))]
#[case::more_than_there_is(Keep::First(40), Ok("0123456789"))]
#[case::nothing_of_its_beginning(Keep::First(0), Ok(""))]
fn content_is_kept_as_asked(#[case] keep: Keep, #[case] kept: Result<&str, Malformed>) {
    let framed = [
        "content-length: 10\r\n\r\n0123456789",
        "transfer-encoding: chunked\r\n\r\n7\r\n0123456\r\n3\r\n789\r\n0\r\n\r\n",
        "\r\n0123456789",
    ];
    for rest in framed {
        let answer = format!("HTTP/1.1 200 OK\r\n{rest}");
        match read_as((&Method::GET, keep), answer.as_bytes()) {
            Ok(read) => {
                assert_eq!(Ok(std::str::from_utf8(&read.body).unwrap()), kept);
                assert_eq!(read.bytes, 10);
            }
            Err(error) => assert_eq!(Err(error), kept),
        }
    }
}

#[test]
fn a_length_takes_no_memory_before_the_content_comes() {
    let mut headers = Headers::default();
    let mut reading = Reading::new((&Method::GET, Keep::UpTo(usize::MAX)), &mut headers);
    let mut head = "HTTP/1.1 200 OK\r\n".to_owned();
    write!(head, "content-length: {}\r\n\r\n", u64::MAX).unwrap();
    assert_eq!(reading.take(head.as_bytes()), Ok(Progress::More));
    assert_eq!(reading.take(b"abc"), Ok(Progress::More));
    assert_eq!(reading.end(), Err(Malformed::Truncated));
}
