//! How much slower than its baseline a test may be, and whose word on that counts.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::seconds::ValueError;

/// Factor on the baseline: finite, at least 1. Below 1 it could not matter, since the threshold is never below
/// the baseline.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
#[schemars(with = "f64", extend("minimum" = 1))]
pub struct Multiplier(f64);

impl Multiplier {
    /// 1.5, when nobody says otherwise.
    pub const DEFAULT: Self = Self(1.5);
    const LEGAL: &'static str = "a finite number of at least 1";

    /// # Errors
    /// Not finite, or below 1; the error names it `multiplier`.
    pub fn new(value: f64) -> Result<Self, ValueError> {
        if value.is_finite() && value >= 1.0 {
            Ok(Self(value))
        } else {
            Err(ValueError::new("multiplier", value, Self::LEGAL))
        }
    }

    /// The factor.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// Seconds on top of the baseline: finite, 0 or more. 0 leaves the rule to the multiplier alone.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
#[schemars(with = "f64", extend("minimum" = 0))]
pub struct AddSeconds(f64);

impl AddSeconds {
    /// 3.0 s, when nobody says otherwise.
    pub const DEFAULT: Self = Self(3.0);
    const LEGAL: &'static str = "a finite number of seconds, 0 or more";

    /// # Errors
    /// Not finite, or negative; the error names it `add_seconds`.
    pub fn new(value: f64) -> Result<Self, ValueError> {
        if value.is_finite() && value >= 0.0 {
            Ok(Self(value))
        } else {
            Err(ValueError::new("add_seconds", value, Self::LEGAL))
        }
    }

    /// The value in seconds.
    #[must_use]
    pub const fn as_secs_f64(self) -> f64 {
        self.0
    }
}

macro_rules! number_door {
    ($type:ident, $field:literal) => {
        impl TryFrom<f64> for $type {
            type Error = ValueError;
            fn try_from(value: f64) -> Result<Self, ValueError> {
                Self::new(value)
            }
        }
        impl From<$type> for f64 {
            fn from(value: $type) -> f64 {
                value.0
            }
        }
        impl FromStr for $type {
            type Err = ValueError;
            fn from_str(text: &str) -> Result<Self, ValueError> {
                let value = text
                    .trim()
                    .parse()
                    .map_err(|_| ValueError::new($field, text, Self::LEGAL))?;
                Self::new(value)
            }
        }
    };
}
number_door!(Multiplier, "multiplier");
number_door!(AddSeconds, "add_seconds");

/// The limits that hold for one timed test in one cache state.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Factor on the baseline.
    pub multiplier: Multiplier,
    /// Seconds on top of the baseline.
    pub add_seconds: AddSeconds,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            multiplier: Multiplier::DEFAULT,
            add_seconds: AddSeconds::DEFAULT,
        }
    }
}

/// Limits of which each may be left to somebody else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitOverrides {
    /// Factor on the baseline, if said here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiplier: Option<Multiplier>,
    /// Seconds on top of the baseline, if said here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add_seconds: Option<AddSeconds>,
}

impl LimitOverrides {
    /// Nothing said here.
    pub const NONE: Self = Self {
        multiplier: None,
        add_seconds: None,
    };

    /// Whether nothing is said here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::NONE
    }

    /// What is said here, else what `weaker` says, field by field.
    #[must_use]
    pub fn or(self, weaker: Self) -> Self {
        Self {
            multiplier: self.multiplier.or(weaker.multiplier),
            add_seconds: self.add_seconds.or(weaker.add_seconds),
        }
    }

    /// What is said here, else the defaults, field by field.
    #[must_use]
    pub fn or_default(self) -> Limits {
        Limits {
            multiplier: self.multiplier.unwrap_or(Multiplier::DEFAULT),
            add_seconds: self.add_seconds.unwrap_or(AddSeconds::DEFAULT),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::zero("0")]
    #[case::negative("-1")]
    #[case::below_one("0.99")]
    #[case::nan("NaN")]
    #[case::infinite("inf")]
    #[case::no_number("fast")]
    fn an_illegal_multiplier_is_refused_with_the_legal_values(#[case] text: &str) {
        let error = text.parse::<Multiplier>().unwrap_err();
        assert_eq!(error.field, "multiplier");
        assert!(
            error
                .to_string()
                .ends_with("legal is a finite number of at least 1"),
            "{error}"
        );
    }

    #[rstest]
    #[case::negative("-0.1")]
    #[case::nan("nan")]
    #[case::infinite("infinity")]
    #[case::no_number("")]
    fn illegal_added_seconds_are_refused_with_the_legal_values(#[case] text: &str) {
        let error = text.parse::<AddSeconds>().unwrap_err();
        assert_eq!(error.field, "add_seconds");
        assert!(
            error
                .to_string()
                .ends_with("legal is a finite number of seconds, 0 or more"),
            "{error}"
        );
    }

    #[test]
    fn the_stronger_word_counts_field_by_field() {
        let flag = LimitOverrides {
            multiplier: Some(Multiplier(9.0)),
            add_seconds: None,
        };
        let file = LimitOverrides {
            multiplier: Some(Multiplier(2.0)),
            add_seconds: Some(AddSeconds(0.0)),
        };
        assert_eq!(
            flag.or(file).or_default(),
            Limits {
                multiplier: Multiplier(9.0),
                add_seconds: AddSeconds(0.0)
            }
        );
        assert_eq!(LimitOverrides::NONE.or_default(), Limits::default());
    }
}
