//! A rule that stands, with what it did so far.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::FaultRule;

/// A rule that stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FaultRecord {
    /// The rule's id: `f1`, `f2`, … in the order in which they were added.
    pub id: String,
    /// The rule.
    #[serde(flatten)]
    pub rule: FaultRule,
    /// Arrivals that matched.
    pub matched_total: u64,
    /// Strikes.
    pub fired_total: u64,
    /// When it was added, RFC 3339 UTC.
    pub created_at: Timestamp,
}

/// All rules that stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FaultList {
    /// In the order in which they were added.
    pub faults: Vec<FaultRecord>,
    /// Strikes of all rules, removed ones included.
    pub fired_total: u64,
}
