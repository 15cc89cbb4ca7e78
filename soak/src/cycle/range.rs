//! Random ranges of a file that is known whole, and what the answers have to be (RFC 9110 §14).

use audio_client::Reply;
use bytes::Bytes;
use fastrand::Rng;
use http::{StatusCode, header::CONTENT_RANGE};

/// A range of a file, and what of the file has to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RangeWish {
    /// The header's value.
    pub(super) header: String,
    /// First byte and the byte after the last; `None` where nothing can be satisfied.
    expected: Option<(usize, usize)>,
}

impl RangeWish {
    /// Any range of a file of this size, above 0.
    pub(super) fn draw(size: usize, rng: &mut Rng) -> Self {
        let first = rng.usize(0..size);
        let (header, expected) = match rng.u8(0..10) {
            0 => (format!("bytes={first}-"), Some((first, size))),
            1 => {
                let suffix = rng.usize(1..=size + 10);
                (
                    format!("bytes=-{suffix}"),
                    Some((size.saturating_sub(suffix), size)),
                )
            }
            2 => (format!("bytes={}-", size + first), None),
            3 => {
                let beyond = size + rng.usize(0..1_000);
                (format!("bytes={first}-{beyond}"), Some((first, size)))
            }
            _ => {
                let last = rng.usize(first..size);
                (format!("bytes={first}-{last}"), Some((first, last + 1)))
            }
        };
        Self { header, expected }
    }

    /// Why an answer is not that part of the file; nothing if it is.
    pub(super) fn deviation(&self, whole: &Bytes, reply: &Reply) -> Option<String> {
        let content_range = reply.header(CONTENT_RANGE);
        self.wrong(whole, (reply.status, content_range, &reply.body))
    }

    fn wrong(&self, whole: &[u8], (status, said, body): (StatusCode, Option<&str>, &[u8])) -> Option<String> {
        let size = whole.len();
        let wish = &self.header;
        let Some((from, to)) = self.expected else {
            let expected = format!("bytes */{size}");
            let is_it = status == StatusCode::RANGE_NOT_SATISFIABLE && said == Some(&expected);
            return (!is_it).then(|| {
                format!("{wish} of {size} bytes: {status} with Content-Range {said:?}, expected 416 with {expected:?}")
            });
        };
        let expected = format!("bytes {from}-{}/{size}", to - 1);
        if status != StatusCode::PARTIAL_CONTENT || said != Some(&expected) {
            return Some(format!(
                "{wish} of {size} bytes: {status} with Content-Range {said:?}, expected 206 with {expected:?}"
            ));
        }
        if body.len() != to - from {
            return Some(format!(
                "{wish} of {size} bytes: {} bytes came, expected {}",
                body.len(),
                to - from
            ));
        }
        let differs = body.iter().zip(&whole[from..to]).position(|(a, b)| a != b);
        differs.map(|at| {
            format!(
                "{wish} of {size} bytes: byte {} differs from that of the whole",
                from + at
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const WHOLE: &[u8] = b"0123456789";

    fn wish(header: &str, expected: Option<(usize, usize)>) -> RangeWish {
        RangeWish {
            header: header.to_owned(),
            expected,
        }
    }

    #[test]
    fn the_part_of_the_whole_is_what_has_to_come() {
        let middle = wish("bytes=2-4", Some((2, 5)));
        let answer = (StatusCode::PARTIAL_CONTENT, Some("bytes 2-4/10"), &b"234"[..]);
        assert_eq!(middle.wrong(WHOLE, answer), None);
        let none = wish("bytes=10-", None);
        let answer = (StatusCode::RANGE_NOT_SATISFIABLE, Some("bytes */10"), &b""[..]);
        assert_eq!(none.wrong(WHOLE, answer), None);
    }

    #[rstest]
    #[case::whole_file(StatusCode::OK, None, b"0123456789", "200 OK with Content-Range None")]
    #[case::other_place(
        StatusCode::PARTIAL_CONTENT,
        Some("bytes 3-5/10"),
        b"345",
        "expected 206 with \"bytes 2-4/10\""
    )]
    #[case::short(
        StatusCode::PARTIAL_CONTENT,
        Some("bytes 2-4/10"),
        b"23",
        "2 bytes came, expected 3"
    )]
    #[case::another_byte(StatusCode::PARTIAL_CONTENT, Some("bytes 2-4/10"), b"2x4", "byte 3 differs")]
    fn any_other_answer_is_a_deviation(
        #[case] status: StatusCode,
        #[case] content_range: Option<&str>,
        #[case] body: &[u8],
        #[case] says: &str,
    ) {
        let middle = wish("bytes=2-4", Some((2, 5)));
        let found = middle.wrong(WHOLE, (status, content_range, body)).unwrap();
        assert!(found.contains(says), "{found}");
    }

    #[test]
    fn what_cannot_be_satisfied_must_not_be() {
        let beyond = wish("bytes=10-", None);
        let answer = (StatusCode::PARTIAL_CONTENT, Some("bytes 0-0/10"), &b"0"[..]);
        assert!(beyond.wrong(WHOLE, answer).is_some());
    }

    #[test]
    fn every_drawn_range_lies_in_the_file() {
        let mut rng = Rng::with_seed(3);
        for size in [1, 2, 10, 1_000] {
            for _ in 0..200 {
                let drawn = RangeWish::draw(size, &mut rng);
                assert!(
                    drawn.expected.is_none_or(|(from, to)| from < to && to <= size),
                    "{drawn:?}"
                );
            }
        }
    }
}
