//! What a request asks for, found another way than by the code under test.

use std::ops::Range;

use http::HeaderMap;
use http::header::RANGE;

use crate::representation::MAX_RANGES;

/// What a request's `Range` asks for, read another way than by the code under test: by the grammar of RFC 9110
/// §14.1.1, with decimal numbers of any length.
#[derive(Debug)]
pub(crate) enum Asked {
    /// No field, or one to be ignored.
    Whole,
    TooMuch,
    Ranges(Vec<(Option<Number>, Option<Number>)>),
}

/// Digits without leading zeros, compared by their count first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Number(usize, String);

impl Number {
    fn read(digits: &str) -> Option<Self> {
        let legal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let digits = digits.trim_start_matches('0');
        legal.then(|| Self(digits.len(), digits.to_owned()))
    }

    /// At most `limit`.
    fn upto(&self, limit: usize) -> usize {
        if self.0 == 0 {
            0
        } else {
            self.1.parse().unwrap_or(usize::MAX).min(limit)
        }
    }
}

impl Asked {
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let lines: Vec<_> = headers.get_all(RANGE).iter().collect();
        let value = match lines[..] {
            [only] => String::from_utf8_lossy(only.as_bytes()),
            _ => return Self::Whole,
        };
        let value = value.trim_start_matches([' ', '\t']);
        let Some((unit, set)) = value.split_once('=') else {
            return Self::Whole;
        };
        if !unit.eq_ignore_ascii_case("bytes") {
            return Self::Whole;
        }
        let mut ranges = Vec::new();
        for (index, element) in set
            .split(',')
            .map(|element| element.trim_matches([' ', '\t']))
            .enumerate()
        {
            if index == MAX_RANGES {
                return Self::TooMuch;
            }
            if element.is_empty() {
                continue;
            }
            let Some((first, last)) = element.split_once('-') else {
                return Self::Whole;
            };
            let pair = (Number::read(first), Number::read(last));
            let legal = match &pair {
                (Some(first), Some(other)) => first <= other,
                (Some(_), None) => last.is_empty(),
                (None, Some(_)) => first.is_empty(),
                (None, None) => false,
            };
            if !legal {
                return Self::Whole;
            }
            ranges.push(pair);
        }
        if ranges.is_empty() {
            Self::Whole
        } else {
            Self::Ranges(ranges)
        }
    }

    fn spans(&self, len: usize) -> Vec<Range<usize>> {
        let Self::Ranges(ranges) = self else {
            return Vec::new();
        };
        let span = |range: &(Option<Number>, Option<Number>)| match range {
            (Some(first), None) => first.upto(len)..len,
            (Some(first), Some(last)) => first.upto(len)..last.upto(len).saturating_add(1).min(len),
            (None, Some(length)) => len - length.upto(len)..len,
            (None, None) => 0..0,
        };
        ranges
            .iter()
            .map(span)
            .filter(|span| span.start < span.end)
            .collect()
    }

    pub(crate) fn is_satisfiable(&self, len: u64) -> bool {
        !self.spans(len as usize).is_empty()
    }

    /// A suffix of an object without bytes is satisfiable by §14.1.2 and still cannot be written as a 206.
    pub(crate) fn is_refused(&self, len: u64) -> bool {
        match self {
            Self::Whole => false,
            Self::TooMuch => true,
            Self::Ranges(ranges) => {
                let suffix = |(first, length): &(Option<Number>, Option<Number>)| {
                    first.is_none() && length.as_ref().is_some_and(|length| length.0 > 0)
                };
                !(self.is_satisfiable(len) || len == 0 && ranges.iter().any(suffix))
            }
        }
    }

    /// Which bytes are asked for.
    pub(crate) fn bytes(&self, len: usize) -> Vec<bool> {
        let mut bytes = vec![false; len];
        for span in self.spans(len) {
            bytes[span].fill(true);
        }
        bytes
    }
}
