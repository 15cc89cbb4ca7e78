//! Properties over arbitrary requests: what is sent is what the headers name.

use http::{HeaderMap, HeaderValue, Method, StatusCode};
use proptest::prelude::*;

use super::super::{Answer, MAX_RANGES, Selection, select};
use super::property::{Request, object, object_of, ranged, received};

/// A `Range` value that is mostly well-formed, around an object of a few thousand bytes.
fn plausible_range() -> impl Strategy<Value = String> {
    let spec = prop_oneof![
        4 => (0..4000_u64, 0..900_u64).prop_map(|(first, more)| format!("{first}-{}", first + more)),
        1 => (0..4000_u64).prop_map(|first| format!("{first}-")),
        1 => (0..4000_u64).prop_map(|length| format!("-{length}")),
        1 => any::<u64>().prop_map(|first| format!("{first}-99999999999999999999")),
        1 => Just(String::new()),
    ];
    prop::collection::vec(spec, 1..MAX_RANGES + 3).prop_map(|specs| format!("bytes={}", specs.join(",")))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn what_is_sent_is_what_the_headers_name_and_what_was_asked_for(range in plausible_range(), len in 0_u64..4000) {
        Request { method: Method::GET, headers: ranged(&range), len }.check();
    }

    #[test]
    fn pieces_fetched_one_by_one_make_up_the_object(len in 1_usize..3000, step in 1_usize..400) {
        let (object, of) = (object(len), object_of(len as u64));
        let mut whole = Vec::new();
        for first in (0..len).step_by(step) {
            let headers = ranged(&format!("bytes={first}-{}", first + step - 1));
            let answer = Answer::new(&Method::GET, select(&Method::GET, &headers, &of), &of);
            prop_assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT);
            whole.extend(answer.content.of(&object).unwrap().flatten());
        }
        prop_assert_eq!(&whole[..], &object[..]);
    }

    #[test]
    fn pieces_fetched_together_make_up_the_object(len in 4_usize..3000, cuts in prop::collection::vec(0.0..1.0, 2)) {
        let object = object(len);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut: &f64| 1 + (cut * (len - 1) as f64) as usize).collect();
        cuts.sort_unstable();
        let (low, high) = (cuts[0], cuts[1].max(cuts[0] + 1));
        let of = object_of(len as u64);
        // From the back, so that order matters.
        let headers = ranged(&format!("bytes={high}-,{low}-{},0-{}", high - 1, low - 1));
        let answer = Answer::new(&Method::GET, select(&Method::GET, &headers, &of), &of);
        let mut received = received(answer, &object);
        received.sort_by_key(|(range, _)| range.start);
        let whole: Vec<u8> = received.into_iter().flat_map(|(_, bytes)| bytes).collect();
        prop_assert_eq!(&whole[..], &object[..]);
    }

    #[test]
    fn no_header_bytes_make_it_panic(
        lines in prop::collection::vec((0..6_usize, prop::collection::vec(any::<u8>(), 0..60)), 0..6),
        spec in "bytes=[-0-9, ]{0,40}",
        len in prop_oneof![Just(0), Just(u64::MAX), any::<u64>()],
    ) {
        const NAMES: [&str; 6] =
            ["range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];
        let lines = lines.into_iter().filter_map(|(name, value)| {
            Some((http::HeaderName::from_static(NAMES[name]), HeaderValue::from_bytes(&value).ok()?))
        });
        let arbitrary: HeaderMap = lines.collect();
        for headers in [arbitrary, ranged(&spec)] {
            if let Selection::Range(range) = select(&Method::GET, &headers, &object_of(len)) {
                prop_assert!(range.start < range.end && range.end <= len);
            }
        }
    }
}
