//! Whether a matching arrival is struck, and how hard.

use std::time::Duration;

use audio_api::fault::{FaultRule, Kind, When};

use super::{
    ChanceOf, Draw,
    extent::{drawn_sleep, leaked_by},
    matches,
};
use crate::engine::FaultSite;

/// What a rule has seen and done so far. An engine keeps one beside each rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleProgress {
    /// Arrivals that matched.
    pub matched: u64,
    /// Strikes.
    pub fired: u64,
    /// The rule's age when `after_n` first let an arrival through, which opens the window.
    window_opened: Option<Duration>,
    /// Arrivals within the window, which `every_n` counts.
    eligible: u64,
    /// Bytes that were leaked so far.
    leaked_bytes: u64,
}

/// One strike: what a rule does to one arrival, its chance drawn already.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// The arrival's number among those that the rule matched, from 1.
    pub arrival: u64,
    /// What it does.
    pub kind: Kind,
    /// How long a sleep lasts; zero for other kinds.
    pub sleep: Duration,
    /// How many bytes a leak leaks; zero for other kinds.
    pub leak_bytes: u64,
}

impl RuleProgress {
    /// Counts an arrival at the stage of `rule`, `age` after the rule was added, and says whether it is struck.
    ///
    /// What `when` asks is read in the order `after_n`, `window_ms`, `every_n`, `p`, `count`; each looks only at what
    /// the one before let through.
    pub fn arrive(
        &mut self,
        rule: &FaultRule,
        chance: &ChanceOf<'_>,
        site: &FaultSite<'_>,
        age: Duration,
    ) -> Option<Decision> {
        if site.stage != rule.stage() || !matches(rule.matches(), site) {
            return None;
        }
        self.matched += 1;
        let draw = chance.draw(site, self.matched);
        self.strikes(&rule.when(), age, &draw).then(|| {
            self.fired += 1;
            self.decide(rule.kind(), age, &draw)
        })
    }

    fn strikes(&mut self, when: &When, age: Duration, draw: &Draw) -> bool {
        if when.after_n.is_some_and(|passed| self.matched <= passed) {
            return false;
        }
        let opened = *self.window_opened.get_or_insert(age);
        let in_window = |ms| age.saturating_sub(opened) < Duration::from_millis(ms);
        if !when.window_ms.is_none_or(in_window) {
            return false;
        }
        self.eligible += 1;
        when.every_n
            .is_none_or(|every| (self.eligible - 1).is_multiple_of(every))
            && when.p.is_none_or(|p| draw.chance() < p)
            && when.count.is_none_or(|count| self.fired < count)
    }

    fn decide(&mut self, kind: Kind, age: Duration, draw: &Draw) -> Decision {
        let mut decision = Decision {
            arrival: self.matched,
            kind,
            sleep: Duration::ZERO,
            leak_bytes: 0,
        };
        match kind {
            Kind::Sleep(sleep) => decision.sleep = drawn_sleep(sleep, draw),
            Kind::LeakBytesPerS(rate) => {
                let due = leaked_by(age, rate);
                decision.leak_bytes = due.saturating_sub(self.leaked_bytes);
                self.leaked_bytes = due;
            }
            _ => {}
        }
        decision
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use audio_api::{Mode, ModelId, fault::Stage};
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;
    use crate::engine::{CacheUse, JobSpec};

    const SECOND: Duration = Duration::from_secs(1);

    fn spec(text_digest: [u8; 32]) -> JobSpec {
        JobSpec {
            text: "text".to_owned(),
            text_digest,
            mode: Mode::Segments,
            model_id: ModelId::Default,
            voice_id: "anna".to_owned(),
            prefer_phonemes: false,
            reading_profile: None,
            cache: CacheUse::Allowed,
        }
    }

    fn rule(stage: &str, kind: &Value, when: &Value) -> FaultRule {
        serde_json::from_value(json!({"stage": stage, "kind": kind, "when": when})).expect("a legal rule")
    }

    fn chance(seed: u64) -> ChanceOf<'static> {
        ChanceOf { seed, rule_id: "f1" }
    }

    fn attempt(job: &JobSpec, index: u32, attempt: u32) -> FaultSite<'_> {
        FaultSite {
            segment_index: Some(index),
            attempt: Some(attempt),
            ..FaultSite::of_job(Stage::Synth, Some(job))
        }
    }

    /// Which of 20 requests are struck that arrive a second after another.
    fn struck(when: &Value) -> Vec<u64> {
        let rule = rule("http.job", &json!({"error": 500}), when);
        let mut progress = RuleProgress::default();
        let site = FaultSite::of_job(Stage::HttpJob, None);
        (1..=20_u32)
            .filter(|n| progress.arrive(&rule, &chance(1), &site, SECOND * *n).is_some())
            .map(u64::from)
            .collect()
    }

    #[rstest]
    #[case::always(json!({}), (1..=20).collect())]
    #[case::after(json!({"after_n": 17}), vec![18, 19, 20])]
    #[case::every(json!({"every_n": 8}), vec![1, 9, 17])]
    #[case::count(json!({"count": 2}), vec![1, 2])]
    #[case::window(json!({"window_ms": 3_000}), vec![1, 2, 3])]
    #[case::window_opens_after_what_passed(json!({"after_n": 10, "window_ms": 2_000}), vec![11, 12])]
    #[case::every_counts_within_the_window(json!({"after_n": 2, "every_n": 2, "window_ms": 4_000}), vec![3, 5])]
    #[case::count_counts_strikes(json!({"after_n": 2, "every_n": 5, "count": 3}), vec![3, 8, 13])]
    #[case::certain(json!({"p": 1.0, "count": 3}), vec![1, 2, 3])]
    fn when_is_read_in_its_order(#[case] when: Value, #[case] expected: Vec<u64>) {
        assert_eq!(struck(&when), expected);
    }

    #[test]
    fn a_chance_thins_what_every_n_lets_through_and_count_bounds_what_is_left() {
        let thinned = struck(&json!({"every_n": 2, "p": 0.5}));
        assert!(thinned.iter().all(|n| n % 2 == 1), "{thinned:?}");
        assert!((1..10).contains(&thinned.len()), "{thinned:?}");
        let bounded = struck(&json!({"every_n": 2, "p": 0.5, "count": 2}));
        assert_eq!(bounded, thinned[..2]);
    }

    #[test]
    fn an_arrival_elsewhere_is_not_counted() {
        let rule = rule("synth", &json!({"stall": true}), &json!({}));
        let mut progress = RuleProgress::default();
        let site = FaultSite::of_job(Stage::Encode, None);
        assert_eq!(progress.arrive(&rule, &chance(1), &site, SECOND), None);
        assert_eq!(progress, RuleProgress::default());
    }

    proptest! {
        #[test]
        fn who_is_struck_depends_neither_on_order_nor_on_repetition(
            seed: u64,
            mut arrivals in proptest::collection::vec((0..4_u8, 0..20_u32, 1..4_u32), 1..60),
            rotation: usize,
        ) {
            let rule = rule("synth", &json!({"sleep_ms": {"lognormal": [100.0, 0.5]}}), &json!({"p": 0.4}));
            let specs = [0, 1, 2, 3].map(|byte| spec([byte; 32]));
            let run = |arrivals: &[(u8, u32, u32)]| -> BTreeSet<(u8, u32, u32, Duration)> {
                let mut progress = RuleProgress::default();
                arrivals
                    .iter()
                    .filter_map(|&(job, index, number)| {
                        let site = attempt(&specs[usize::from(job)], index, number);
                        let decision = progress.arrive(&rule, &chance(seed), &site, SECOND)?;
                        Some((job, index, number, decision.sleep))
                    })
                    .collect()
            };
            let first = run(&arrivals);
            let middle = rotation % arrivals.len();
            arrivals.rotate_left(middle);
            arrivals.reverse();
            prop_assert_eq!(first, run(&arrivals));
        }
    }

    #[rstest]
    #[case::rare(0.05)]
    #[case::even(0.5)]
    #[case::frequent(0.9)]
    fn a_chance_strikes_its_share(#[case] p: f64) {
        let count = 10_000_u32;
        let spec = spec([7; 32]);
        let segment_rule = rule("synth", &json!({"error": 500}), &json!({"p": p}));
        let request_rule = rule("http.job", &json!({"error": 500}), &json!({"p": p}));
        let (mut segments, mut requests) = (RuleProgress::default(), RuleProgress::default());
        let request = FaultSite::of_job(Stage::HttpJob, Some(&spec));
        for n in 0..count {
            segments.arrive(&segment_rule, &chance(3), &attempt(&spec, n, 1), SECOND);
            requests.arrive(&request_rule, &chance(3), &request, SECOND);
        }
        // Four standard deviations of a binomial share.
        let tolerance = 4.0 * (p * (1.0 - p) / f64::from(count)).sqrt();
        for fired in [segments.fired, requests.fired] {
            let share = fired as f64 / f64::from(count);
            assert!((share - p).abs() < tolerance, "{share} is not near {p}");
        }
    }

    #[test]
    fn a_leak_leaks_its_rate_from_strike_to_strike_and_loses_no_fraction() {
        let rule = rule("http.job", &json!({"leak_bytes_per_s": 10}), &json!({}));
        let site = FaultSite::of_job(Stage::HttpJob, None);
        let mut progress = RuleProgress::default();
        let leaked: Vec<u64> = [1_000, 1_050, 1_100, 1_150, 2_000]
            .into_iter()
            .filter_map(|ms| progress.arrive(&rule, &chance(1), &site, Duration::from_millis(ms)))
            .map(|decision| decision.leak_bytes)
            .collect();
        assert_eq!(leaked, [10, 0, 1, 0, 9]);
    }
}
