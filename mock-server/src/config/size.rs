//! A number of bytes, written with a unit.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A number of bytes: `268435456`, `64KiB`, `256MiB`, `2GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

/// Why a size was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a size; legal: a whole number of bytes, or one with KiB, MiB or GiB, as in 256MiB")]
pub struct BadSize(String);

const UNITS: [(&str, u32); 3] = [("GiB", 30), ("MiB", 20), ("KiB", 10)];

impl FromStr for ByteSize {
    type Err = BadSize;

    fn from_str(size: &str) -> Result<Self, BadSize> {
        let (digits, shift) = UNITS
            .iter()
            .find_map(|(unit, shift)| Some((size.strip_suffix(unit)?.trim_end(), *shift)))
            .unwrap_or((size, 0));
        let bytes = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(1 << shift));
        bytes.map(Self).ok_or_else(|| BadSize(size.to_owned()))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS
            .iter()
            .find(|(_, shift)| self.0 != 0 && self.0.is_multiple_of(1 << shift));
        match whole {
            Some((unit, shift)) => write!(f, "{}{unit}", self.0 >> shift),
            None => write!(f, "{}", self.0),
        }
    }
}

impl Serialize for ByteSize {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Bytes(u64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Bytes(bytes) => Ok(Self(bytes)),
            Written::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::bytes("1000", 1_000, "1000")]
    #[case::kibi("64KiB", 65_536, "64KiB")]
    #[case::mebi("256 MiB", 268_435_456, "256MiB")]
    #[case::gibi("2GiB", 2_147_483_648, "2GiB")]
    #[case::zero("0", 0, "0")]
    fn a_size_is_read_and_written(#[case] written: &str, #[case] bytes: u64, #[case] shown: &str) {
        let size: ByteSize = written.parse().expect("legal");
        assert_eq!((size.0, size.to_string().as_str()), (bytes, shown));
    }

    #[rstest]
    #[case::empty("")]
    #[case::negative("-1")]
    #[case::other_unit("5MB")]
    #[case::beyond("99999999999GiB")]
    #[case::fraction("1.5GiB")]
    fn what_is_no_size_is_refused(#[case] written: &str) {
        assert!(written.parse::<ByteSize>().is_err());
    }
}
