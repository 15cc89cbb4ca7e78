//! What a request must be before any route looks at it: rules on its head that the HTTP machinery leaves open.

use std::str::FromStr as _;

use http::{
    HeaderMap, HeaderName, Request, StatusCode, Version,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST, TRANSFER_ENCODING},
    uri::Authority,
};

use super::problem::Refusal;

/// The longest request target; RFC 9110 §4.1 recommends to support at least 8000 bytes.
pub(super) const MAX_TARGET_BYTES: usize = 8 << 10;

/// Fields that decide what a request means or who sends it, and that are no lists: given twice, two readers of one
/// request could take different ones. `Range` and `Idempotency-Key` have their own words for it.
const SINGLE: [HeaderName; 4] = [
    HOST,
    AUTHORIZATION,
    CONTENT_TYPE,
    HeaderName::from_static("x-admin-token"),
];

/// Refuses a request whose head no route may see.
///
/// # Errors
/// 414 for a target that is too long, 501 for a transfer coding that is not `chunked`, 400 for the rest.
pub(super) fn check<B>(request: &Request<B>) -> Result<(), Refusal> {
    let target = request
        .uri()
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    if target > MAX_TARGET_BYTES {
        return Err(Refusal::new(
            StatusCode::URI_TOO_LONG,
            "uri_too_long",
            "The request's target is too long",
            format!("it has {target} bytes; legal: at most {MAX_TARGET_BYTES}"),
        ));
    }
    let headers = request.headers();
    if headers.len() > headers.keys_len()
        && let Some(twice) = SINGLE
            .iter()
            .find(|name| headers.get_all(*name).iter().count() > 1)
    {
        let detail = format!("the field {twice} is given more than once; legal: once at most");
        return Err(Refusal::bad_request("repeated_field", detail));
    }
    check_host(headers, request.version())?;
    check_coding(headers)
}

/// RFC 9112 §3.2: exactly one in HTTP/1.1, and a valid one; it may be empty.
fn check_host(headers: &HeaderMap, version: Version) -> Result<(), Refusal> {
    let valid = match headers.get(HOST) {
        None => version < Version::HTTP_11,
        Some(host) => host
            .to_str()
            .is_ok_and(|host| host.is_empty() || (!host.contains('@') && Authority::from_str(host).is_ok())),
    };
    let detail = "the field host is missing or not valid; legal: HOST or HOST:PORT";
    if valid {
        Ok(())
    } else {
        Err(Refusal::bad_request("bad_host", detail))
    }
}

/// RFC 9112 §6.1: a coding that is not understood is refused with 501, for the length of what follows is not known.
fn check_coding(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let known = match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    };
    if known {
        return Ok(());
    }
    let detail = "the transfer coding is not known; legal: chunked, once";
    let (status, code) = (StatusCode::NOT_IMPLEMENTED, "unknown_transfer_coding");
    Err(Refusal::new(status, code, "The server cannot read this", detail).closing())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn status_of(version: Version, target: &str, fields: &[(&str, &str)]) -> u16 {
        let request = Request::builder().version(version).uri(target);
        let request = fields
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, *value));
        match check(&request.body(()).expect("a request")) {
            Ok(()) => 200,
            Err(refusal) => axum::response::IntoResponse::into_response(refusal)
                .status()
                .as_u16(),
        }
    }

    #[rstest]
    #[case::a_host(&[("host", "example.org:80")], 200)]
    #[case::a_host_of_version_6(&[("host", "[::1]:80")], 200)]
    #[case::an_empty_host(&[("host", "")], 200)]
    #[case::no_host(&[], 400)]
    #[case::a_host_with_a_path(&[("host", "a/b")], 400)]
    #[case::a_host_with_a_user(&[("host", "root@a")], 400)]
    #[case::two_hosts(&[("host", "a"), ("host", "a")], 400)]
    #[case::two_types(&[("host", "a"), ("content-type", "text/plain"), ("content-type", "application/json")], 400)]
    #[case::two_tokens(&[("host", "a"), ("authorization", "Bearer a"), ("authorization", "Bearer b")], 400)]
    #[case::two_admin_tokens(&[("host", "a"), ("x-admin-token", "a"), ("x-admin-token", "b")], 400)]
    #[case::two_of_a_list(&[("host", "a"), ("accept", "a/b"), ("accept", "c/d")], 200)]
    #[case::chunked(&[("host", "a"), ("transfer-encoding", "Chunked")], 200)]
    #[case::compressed(&[("host", "a"), ("transfer-encoding", "gzip, chunked")], 501)]
    #[case::chunked_twice(&[("host", "a"), ("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")], 501)]
    fn a_head_is_let_through_or_refused(#[case] fields: &[(&str, &str)], #[case] status: u16) {
        assert_eq!(status_of(Version::HTTP_11, "/", fields), status);
    }

    #[test]
    fn http_1_0_needs_no_host_but_not_a_wrong_one() {
        assert_eq!(status_of(Version::HTTP_10, "/", &[]), 200);
        assert_eq!(status_of(Version::HTTP_10, "/", &[("host", "a b")]), 400);
    }

    #[test]
    fn a_target_may_have_8_kib() {
        let host = [("host", "a")];
        let legal = format!("/{}", "x".repeat(MAX_TARGET_BYTES - 1));
        assert_eq!(status_of(Version::HTTP_11, &legal, &host), 200);
        assert_eq!(status_of(Version::HTTP_11, &format!("{legal}x"), &host), 414);
    }
}
