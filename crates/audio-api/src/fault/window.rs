//! When a matching fault strikes.

use serde::{Deserialize, Serialize};

use super::RuleError;

/// Which of the matching arrivals a rule strikes. Read in this order: `after_n`, `window_ms`, `every_n`, `p`, `count`.
///
/// `p` does not depend on concurrency: it is decided by a hash of the seed, the rule, the job's text, the segment and
/// the attempt, or at `http.*` stages by the rule's request number. The others follow the order of arrival.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The share of arrivals that it strikes, above 0, at most 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(exclusive_minimum = 0.0, maximum = 1.0))]
    pub p: Option<f64>,
    /// Lets this many matching arrivals pass first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_n: Option<u64>,
    /// Strikes the first of every so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub every_n: Option<u64>,
    /// Strikes at most this often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub count: Option<u64>,
    /// Strikes only within this time of the first arrival that `after_n` did not let pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub window_ms: Option<u64>,
}

impl When {
    pub(super) fn check(&self) -> Result<(), RuleError> {
        if let Some(p) = self.p
            && !(p > 0.0 && p <= 1.0)
        {
            return Err(RuleError::Value {
                field: "when.p",
                given: p.to_string(),
                legal: "above 0, at most 1",
            });
        }
        let counts = [
            ("when.every_n", self.every_n),
            ("when.count", self.count),
            ("when.window_ms", self.window_ms),
        ];
        match counts.into_iter().find(|(_, count)| *count == Some(0)) {
            Some((field, _)) => Err(RuleError::Value {
                field,
                given: "0".to_owned(),
                legal: "1 or more",
            }),
            None => Ok(()),
        }
    }
}
