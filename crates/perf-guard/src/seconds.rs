//! A time that can be compared: finite and above zero.

use std::{fmt, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A number that its field does not take.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{field} is {value}, legal is {legal}")]
pub struct ValueError {
    /// The field, flag or JSON path that holds the value.
    pub field: String,
    /// The value as it was given.
    pub value: String,
    /// The legal values, in words.
    pub legal: &'static str,
}

impl ValueError {
    pub(crate) fn new(field: &str, value: impl fmt::Display, legal: &'static str) -> Self {
        Self {
            field: field.to_owned(),
            value: value.to_string(),
            legal,
        }
    }

    /// The same error under the name by which the caller knows the field.
    #[must_use]
    pub fn under(mut self, field: impl Into<String>) -> Self {
        self.field = field.into();
        self
    }
}

/// A duration in seconds, finite and above zero.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
#[schemars(with = "f64", extend("exclusiveMinimum" = 0))]
pub struct Seconds(f64);

impl Seconds {
    pub(crate) const LEGAL: &'static str = "a finite number of seconds above 0";

    /// # Errors
    /// A value that is not finite or not above zero; the error names it `seconds`, see [`ValueError::under`].
    pub fn new(seconds: f64) -> Result<Self, ValueError> {
        if seconds.is_finite() && seconds > 0.0 {
            Ok(Self(seconds))
        } else {
            Err(ValueError::new("seconds", seconds, Self::LEGAL))
        }
    }

    /// A measured duration. A clock too coarse to see it gives zero, which counts as one nanosecond.
    #[must_use]
    pub fn from_measured(measured: Duration) -> Self {
        Self(measured.max(Duration::from_nanos(1)).as_secs_f64())
    }

    /// The value in seconds.
    #[must_use]
    pub const fn as_secs_f64(self) -> f64 {
        self.0
    }

    /// The value in milliseconds.
    #[must_use]
    pub fn as_millis_f64(self) -> f64 {
        self.0 * 1e3
    }

    /// The order of the values; total, because none of them is NaN.
    #[must_use]
    pub fn total_cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }

    /// Rounded to whole microseconds, at least one: finer digits in a file are noise.
    #[must_use]
    pub fn rounded_to_micros(self) -> Self {
        let rounded = (self.0 * 1e6).round().max(1.0) / 1e6;
        // Beyond 2^53 µs the product may overflow; such a value has no finer digits to lose.
        if rounded.is_finite() { Self(rounded) } else { self }
    }
}

impl TryFrom<f64> for Seconds {
    type Error = ValueError;

    fn try_from(seconds: f64) -> Result<Self, ValueError> {
        Self::new(seconds)
    }
}

impl From<Seconds> for f64 {
    fn from(seconds: Seconds) -> Self {
        seconds.0
    }
}

impl fmt::Display for Seconds {
    /// Three decimals and the unit, or more for a given precision: `0.123 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.*} s", f.precision().unwrap_or(3), self.0)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::zero(0.0)]
    #[case::negative_zero(-0.0)]
    #[case::negative(-1.5)]
    #[case::nan(f64::NAN)]
    #[case::infinite(f64::INFINITY)]
    #[case::minus_infinite(f64::NEG_INFINITY)]
    fn a_time_that_cannot_be_compared_is_refused_by_name(#[case] value: f64) {
        let error = Seconds::new(value).unwrap_err().under("--timeout-job");
        let text = error.to_string();
        assert!(text.starts_with("--timeout-job is "), "{text}");
        assert!(
            text.ends_with("legal is a finite number of seconds above 0"),
            "{text}"
        );
    }

    #[test]
    fn a_measured_zero_counts_as_a_nanosecond() {
        assert_eq!(Seconds::from_measured(Duration::ZERO).as_secs_f64(), 1e-9);
        assert_eq!(
            Seconds::from_measured(Duration::from_millis(1500)).as_secs_f64(),
            1.5
        );
    }

    #[test]
    fn json_refuses_what_the_type_refuses() {
        assert!(serde_json::from_str::<Seconds>("-1").is_err());
        assert_eq!(
            serde_json::to_string(&Seconds::new(0.25).unwrap()).unwrap(),
            "0.25"
        );
    }

    #[test]
    fn rounding_never_makes_zero_or_infinity() {
        assert_eq!(Seconds(1e-9).rounded_to_micros().as_secs_f64(), 1e-6);
        assert_eq!(Seconds(f64::MAX).rounded_to_micros().as_secs_f64(), f64::MAX);
        assert_eq!(
            Seconds(0.123_456_789).rounded_to_micros().as_secs_f64(),
            0.123_457
        );
    }
}
