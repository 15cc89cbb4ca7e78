//! One rule, whole, and what makes it one that can fire.

use serde::{Deserialize, Serialize};

use super::{Kind, Stage, When, object::object};
use crate::{MAX_SEGMENTS, ModelId};

/// The most characters a `text_contains` may have.
const MAX_NEEDLE_CHARS: usize = 1_000;

/// One rule of fault injection. A value of this type has been checked: it can match and do something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Wire")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FaultRule {
    /// Where it strikes.
    stage: Stage,
    /// What it does there.
    kind: Kind,
    /// What it strikes; absent means everything.
    #[serde(rename = "match", skip_serializing_if = "Match::is_empty")]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    matches: Match,
    /// When it strikes; absent means always.
    #[serde(skip_serializing_if = "is_always")]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    when: When,
    /// How long it stands, in milliseconds; absent means until it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    ttl_ms: Option<u64>,
}

fn is_always(when: &When) -> bool {
    *when == When::default()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    stage: Stage,
    #[serde(deserialize_with = "object")]
    kind: Kind,
    #[serde(default, rename = "match", deserialize_with = "object")]
    matches: Match,
    #[serde(default, deserialize_with = "object")]
    when: When,
    #[serde(default)]
    ttl_ms: Option<u64>,
}

/// What a rule strikes. All members that are given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// The job's text holds this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 1_000))]
    pub text_contains: Option<String>,
    /// The job's voice is this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice_id: Option<String>,
    /// The attempt's model is this; where no attempt is at hand, the job's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<ModelId>))]
    pub model_id: Option<String>,
    /// The segment has this index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 119))]
    pub segment_index: Option<u32>,
    /// The attempt has this number, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub attempt: Option<u32>,
}

impl Match {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Why a rule was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// A value is outside its range.
    #[error("{field} is {given}; legal: {legal}")]
    Value {
        /// The member.
        field: &'static str,
        /// What stood there.
        given: String,
        /// What may stand there.
        legal: &'static str,
    },
    /// Something that has no meaning at that stage, so the rule could never match or act.
    #[error("{what} means nothing at stage {stage}: the rule could never fire")]
    NotHere {
        /// The member.
        what: &'static str,
        /// The rule's stage.
        stage: Stage,
    },
    /// None, or more than one kind.
    #[error(
        "kind must have exactly one of sleep_ms, error, stall, drop, truncate, bytes_per_s, crash, leak_bytes_per_s"
    )]
    OneKind,
    /// `retry_after_s` beside another kind.
    #[error("kind.retry_after_s goes with kind.error only")]
    RetryAfterWithoutError,
}

impl FaultRule {
    /// A checked rule.
    ///
    /// # Errors
    /// When a value is out of range, or when the rule could never match or do anything.
    pub fn new(
        stage: Stage,
        kind: Kind,
        matches: Match,
        when: When,
        ttl_ms: Option<u64>,
    ) -> Result<Self, RuleError> {
        kind.check(stage)?;
        matches.check(stage)?;
        when.check()?;
        if ttl_ms == Some(0) {
            return Err(RuleError::Value {
                field: "ttl_ms",
                given: "0".to_owned(),
                legal: "1 or more",
            });
        }
        Ok(Self {
            stage,
            kind,
            matches,
            when,
            ttl_ms,
        })
    }

    /// Where it strikes.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// What it does.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// What it strikes.
    #[must_use]
    pub const fn matches(&self) -> &Match {
        &self.matches
    }

    /// When it strikes.
    #[must_use]
    pub const fn when(&self) -> When {
        self.when
    }

    /// How long the rule stands, in milliseconds from when it was added; `None` until it is removed.
    #[must_use]
    pub const fn ttl_ms(&self) -> Option<u64> {
        self.ttl_ms
    }
}

impl TryFrom<Wire> for FaultRule {
    type Error = RuleError;

    fn try_from(wire: Wire) -> Result<Self, RuleError> {
        Self::new(wire.stage, wire.kind, wire.matches, wire.when, wire.ttl_ms)
    }
}

impl Match {
    fn check(&self, stage: Stage) -> Result<(), RuleError> {
        let has_segment = stage.has_attempt() || stage == Stage::HttpSegment;
        let needs = [
            (
                "match.text_contains",
                self.text_contains.is_some(),
                stage.has_job(),
            ),
            ("match.voice_id", self.voice_id.is_some(), stage.has_job()),
            ("match.model_id", self.model_id.is_some(), stage.has_job()),
            ("match.segment_index", self.segment_index.is_some(), has_segment),
            ("match.attempt", self.attempt.is_some(), stage.has_attempt()),
        ];
        if let Some((what, ..)) = needs.into_iter().find(|(_, given, possible)| *given && !possible) {
            return Err(RuleError::NotHere { what, stage });
        }
        self.check_values()
    }

    fn check_values(&self) -> Result<(), RuleError> {
        let refuse = |field, given: String, legal| Err(RuleError::Value { field, given, legal });
        if let Some(needle) = &self.text_contains {
            let chars = needle.chars().count();
            if !(1..=MAX_NEEDLE_CHARS).contains(&chars) {
                return refuse(
                    "match.text_contains",
                    format!("{chars} characters"),
                    "1 to 1000 characters",
                );
            }
        }
        if let Some(model) = &self.model_id
            && model.parse::<ModelId>().is_err()
        {
            return refuse("match.model_id", format!("{model:?}"), "default, quality");
        }
        if let Some(index) = self.segment_index
            && index as usize >= MAX_SEGMENTS
        {
            return refuse("match.segment_index", index.to_string(), "0 to 119");
        }
        if self.attempt == Some(0) {
            return refuse("match.attempt", "0".to_owned(), "1 or more");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::sleep(json!({"stage": "synth", "kind": {"sleep_ms": 800.0}}))]
    #[case::drawn(json!({"stage": "store", "kind": {"sleep_ms": {"lognormal": [100.0, 0.5]}}}))]
    #[case::error(json!({"stage": "http.submit", "kind": {"error": 503, "retry_after_s": 1}}))]
    #[case::error_of_a_merge(json!({"stage": "merge.lock", "kind": {"error": 503, "retry_after_s": 1}}))]
    #[case::stall(json!({"stage": "worker", "kind": {"stall": true}, "ttl_ms": 5000}))]
    #[case::drop(json!({"stage": "http.segment", "kind": {"drop": true}, "match": {"segment_index": 3}}))]
    #[case::truncate(json!({"stage": "http.merged", "kind": {"truncate": 0.5}}))]
    #[case::slow(json!({"stage": "http.merged", "kind": {"bytes_per_s": 1000}}))]
    #[case::crash(json!({"stage": "worker", "kind": {"crash": true}, "when": {"count": 1}}))]
    #[case::leak(json!({"stage": "synth", "kind": {"leak_bytes_per_s": 20000}}))]
    #[case::all(json!({
        "stage": "synth", "kind": {"error": 500},
        "match": {"text_contains": "x", "voice_id": "v", "model_id": "default", "segment_index": 0, "attempt": 1},
        "when": {"p": 0.25, "after_n": 1, "every_n": 2, "count": 3, "window_ms": 4},
    }))]
    fn a_legal_rule_survives_the_wire(#[case] wire: serde_json::Value) {
        let rule: FaultRule = serde_json::from_value(wire.clone()).expect("legal");
        assert_eq!(serde_json::to_value(rule).expect("plain"), wire);
    }

    #[rstest]
    #[case::no_kind(json!({"stage": "synth", "kind": {}}), "exactly one of")]
    #[case::two_kinds(json!({"stage": "synth", "kind": {"stall": true, "drop": true}}), "exactly one of")]
    #[case::false_stall(json!({"stage": "synth", "kind": {"stall": false}}), "kind.stall is false; legal: true")]
    #[case::stage(json!({"stage": "synht", "kind": {"stall": true}}), "legal stages: http.submit,")]
    #[case::zero_sleep(json!({"stage": "synth", "kind": {"sleep_ms": 0}}), "kind.sleep_ms is 0 ms")]
    #[case::negative_sleep(json!({"stage": "synth", "kind": {"sleep_ms": -5}}), "kind.sleep_ms")]
    #[case::long_sleep(json!({"stage": "synth", "kind": {"sleep_ms": 1e9}}), "0.001 to 3600000 ms")]
    #[case::status(json!({"stage": "http.job", "kind": {"error": 200}}), "kind.error is 200; legal: 400 to 599")]
    #[case::retry_after(json!({"stage": "synth", "kind": {"error": 503, "retry_after_s": 1}}), "means nothing at stage synth")]
    #[case::lone_retry_after(json!({"stage": "http.job", "kind": {"stall": true, "retry_after_s": 1}}), "goes with kind.error")]
    #[case::whole(json!({"stage": "store", "kind": {"truncate": 1.0}}), "kind.truncate is 1")]
    #[case::lease_bytes(json!({"stage": "queue.lease", "kind": {"truncate": 0.5}}), "kind.truncate means nothing")]
    #[case::synth_rate(json!({"stage": "synth", "kind": {"bytes_per_s": 5}}), "kind.bytes_per_s means nothing")]
    #[case::never(json!({"stage": "synth", "kind": {"stall": true}, "when": {"p": 0.0}}), "when.p is 0")]
    #[case::no_count(json!({"stage": "synth", "kind": {"stall": true}, "when": {"count": 0}}), "when.count is 0")]
    #[case::http_attempt(json!({"stage": "http.job", "kind": {"stall": true}, "match": {"attempt": 1}}), "match.attempt means nothing")]
    #[case::status_text(json!({"stage": "http.status", "kind": {"stall": true}, "match": {"text_contains": "a"}}), "match.text_contains means nothing")]
    #[case::model(json!({"stage": "synth", "kind": {"stall": true}, "match": {"model_id": "best"}}), "legal: default, quality")]
    #[case::index(json!({"stage": "synth", "kind": {"stall": true}, "match": {"segment_index": 120}}), "0 to 119")]
    #[case::needle(json!({"stage": "synth", "kind": {"stall": true}, "match": {"text_contains": ""}}), "match.text_contains is 0 characters")]
    #[case::ttl(json!({"stage": "synth", "kind": {"stall": true}, "ttl_ms": 0}), "ttl_ms is 0")]
    #[case::unknown(json!({"stage": "synth", "kind": {"stall": true}, "mach": {}}), "unknown field `mach`")]
    #[case::listed_kind(json!({"stage": "synth", "kind": [5.0]}), "expected an object")]
    #[case::listed_match(json!({"stage": "synth", "kind": {"stall": true}, "match": [null, null]}), "expected an object")]
    #[case::listed_when(json!({"stage": "synth", "kind": {"stall": true}, "when": [0.5]}), "expected an object")]
    #[case::listed_draw(json!({"stage": "synth", "kind": {"sleep_ms": [[5.0, 0.5]]}}), "did not match any variant")]
    #[case::unknown_kind(json!({"stage": "synth", "kind": {"sleep": 5}}), "unknown field `sleep`")]
    fn a_rule_that_could_never_fire_is_refused_by_name(#[case] wire: serde_json::Value, #[case] says: &str) {
        let error = serde_json::from_value::<FaultRule>(wire)
            .expect_err("must be refused")
            .to_string();
        assert!(error.contains(says), "{error}");
    }
}
