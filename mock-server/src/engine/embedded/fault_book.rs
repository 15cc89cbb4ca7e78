//! The fault rules that stand, with their counters.
//!
//! Behind a lock of their own, and not even that is touched at a stage without a rule.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use audio_api::fault::{FaultList, FaultRecord, FaultRule, Stage};
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    engine::{FaultRefused, FaultSite, Strike, Strikes},
    faults::{ChanceOf, MAX_RULES, RuleProgress},
};

/// The rules that stand.
#[derive(Debug)]
pub(super) struct FaultBook {
    seed: u64,
    /// One bit a stage, set while a rule stands there.
    stages: AtomicU32,
    rules: Mutex<Rules>,
}

#[derive(Debug, Default)]
struct Rules {
    /// By the number in their id, so in the order in which they were added.
    standing: BTreeMap<u64, StandingRule>,
    added: u64,
    fired_total: u64,
    expired: u64,
}

#[derive(Debug)]
struct StandingRule {
    record: FaultRecord,
    progress: RuleProgress,
    since: Instant,
    released: CancellationToken,
}

impl FaultBook {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            stages: AtomicU32::new(0),
            rules: Mutex::default(),
        }
    }

    pub(super) fn add(&self, rule: FaultRule) -> Result<FaultRecord, FaultRefused> {
        self.with(|rules| {
            if rules.standing.len() >= MAX_RULES {
                return Err(FaultRefused::TooMany { limit: MAX_RULES });
            }
            rules.added += 1;
            let record = FaultRecord {
                id: format!("f{}", rules.added),
                rule,
                matched_total: 0,
                fired_total: 0,
                created_at: Timestamp::now(),
            };
            let standing = StandingRule {
                record: record.clone(),
                progress: RuleProgress::default(),
                since: Instant::now(),
                released: CancellationToken::new(),
            };
            rules.standing.insert(rules.added, standing);
            Ok(record)
        })
    }

    pub(super) fn remove(&self, id: &str) -> bool {
        self.with(|rules| {
            let number = rules
                .standing
                .iter()
                .find(|(_, rule)| rule.record.id == id)
                .map(|(number, _)| *number);
            let removed = number.and_then(|number| rules.standing.remove(&number));
            if let Some(rule) = &removed {
                rule.released.cancel();
            }
            removed.is_some()
        })
    }

    pub(super) fn list(&self) -> FaultList {
        self.with(|rules| FaultList {
            faults: rules.standing.values().map(StandingRule::record).collect(),
            fired_total: rules.fired_total,
        })
    }

    /// Strikes of all rules since the start.
    pub(super) fn fired_total(&self) -> u64 {
        self.rules.lock().fired_total
    }

    /// Drops the rules that have expired; how many have since the last call.
    pub(super) fn sweep(&self) -> u64 {
        self.with(|rules| std::mem::take(&mut rules.expired))
    }

    pub(super) fn any_at(&self, stage: Stage) -> bool {
        self.stages.load(Ordering::Acquire) & bit(stage) != 0
    }

    /// Counts an arrival and says which rules strike it. What one rule ends does not get to the next, so that no strike is
    /// counted that was never felt.
    pub(super) fn strike(&self, site: &FaultSite<'_>) -> Strikes {
        if !self.any_at(site.stage) {
            return Strikes::new();
        }
        self.with(|rules| {
            let now = Instant::now();
            let mut strikes = Strikes::new();
            for rule in rules.standing.values_mut() {
                strikes.extend(rule.arrive(self.seed, site, now));
                if strikes.last().is_some_and(|strike| strike.kind.ends_the_stage()) {
                    break;
                }
            }
            rules.fired_total += strikes.len() as u64;
            strikes
        })
    }

    /// Works on the rules without those that have expired.
    fn with<R>(&self, work: impl FnOnce(&mut Rules) -> R) -> R {
        let mut rules = self.rules.lock();
        rules.expire(Instant::now());
        let result = work(&mut rules);
        let stages = rules
            .standing
            .values()
            .fold(0, |bits, rule| bits | bit(rule.record.rule.stage()));
        self.stages.store(stages, Ordering::Release);
        result
    }
}

impl Rules {
    fn expire(&mut self, now: Instant) {
        let before = self.standing.len();
        self.standing.retain(|_, rule| {
            let stands = !rule.has_expired(now);
            if !stands {
                rule.released.cancel();
            }
            stands
        });
        self.expired += (before - self.standing.len()) as u64;
    }
}

impl StandingRule {
    fn has_expired(&self, now: Instant) -> bool {
        let ttl = self.record.rule.ttl_ms().map(Duration::from_millis);
        ttl.is_some_and(|ttl| now.saturating_duration_since(self.since) >= ttl)
    }

    fn arrive(&mut self, seed: u64, site: &FaultSite<'_>, now: Instant) -> Option<Strike> {
        let chance = ChanceOf {
            seed,
            rule_id: &self.record.id,
        };
        let age = now.saturating_duration_since(self.since);
        let decision = self.progress.arrive(&self.record.rule, &chance, site, age)?;
        Some(Strike {
            rule_id: self.record.id.clone(),
            arrival: decision.arrival,
            kind: decision.kind,
            sleep: decision.sleep,
            leak_bytes: decision.leak_bytes,
            released: self.released.clone(),
        })
    }

    fn record(&self) -> FaultRecord {
        FaultRecord {
            matched_total: self.progress.matched,
            fired_total: self.progress.fired,
            ..self.record.clone()
        }
    }
}

const fn bit(stage: Stage) -> u32 {
    1 << stage as u32
}
