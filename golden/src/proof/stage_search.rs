//! The search at one stage: which magnitude to probe next, until for every test and rule the smallest slowdown that is
//! caught is known. Pure.

use std::time::Duration;

use audio_api::fault::Stage;
use perf_guard::{Seconds, TimedKey};
use run_report::{
    CellOutcome, MagnitudeMark, Mark, ProveRule, SlowdownCell, SmallestCaught, StageSlowdowns, TestMap,
};

use super::{GridFault, search::Search};

/// How many magnitudes are probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thoroughness {
    /// As few as it takes; the others follow.
    Search,
    /// Every one.
    Every,
}

/// How many runs a probe needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Depth {
    /// As many as the fixed rule's median.
    Fixed,
    /// A whole comparison, which serves the fixed rule too.
    Statistical,
}

/// A probe to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NextProbe {
    /// Which magnitude.
    pub(super) magnitude: usize,
    /// How many runs.
    pub(super) depth: Depth,
}

/// What a probe saw in one test by one rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sight {
    /// Whether it went red.
    pub(super) caught: bool,
    /// Median without the fault.
    pub(super) base_s: Option<Seconds>,
    /// Median under it.
    pub(super) measured_s: Option<Seconds>,
}

/// What a probe saw in one test.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    /// The test.
    pub(super) key: TimedKey,
    /// By the fixed rule.
    pub(super) fixed: Sight,
    /// By the statistical rule, if the probe was deep enough.
    pub(super) statistical: Option<Sight>,
}

/// What became of a probe.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Probed {
    /// How often the fault fired; null when nobody could say.
    pub(super) fired_total: Option<u64>,
    /// How deep it went.
    pub(super) depth: Depth,
    /// Runs of each test under it.
    pub(super) runs: u32,
    /// What it took.
    pub(super) took: Duration,
    /// What was seen of each test, or why nothing was.
    pub(super) seen: Result<Vec<Seen>, String>,
}

/// The search at one stage.
#[derive(Debug, Clone)]
pub(super) struct StageSearch {
    stage: Stage,
    magnitudes: Vec<Duration>,
    thoroughness: Thoroughness,
    cells: Vec<Option<Probed>>,
    tests: Vec<TestSearch>,
}

#[derive(Debug, Clone)]
struct TestSearch {
    key: TimedKey,
    on_path: bool,
    fixed: RuleSearch,
    statistical: RuleSearch,
}

/// One rule's search, with the figures of what was seen.
#[derive(Debug, Clone)]
struct RuleSearch {
    search: Search,
    sights: Vec<Option<Sight>>,
}

impl StageSearch {
    /// Over `magnitudes`, ascending, of tests that pass the stage or not.
    pub(super) fn new(
        stage: Stage,
        magnitudes: &[Duration],
        tests: impl IntoIterator<Item = (TimedKey, bool)>,
        thoroughness: Thoroughness,
    ) -> Self {
        let many = magnitudes.len();
        let tests = tests.into_iter().map(|(key, on_path)| TestSearch {
            key,
            on_path,
            fixed: RuleSearch::new(many),
            statistical: RuleSearch::new(many),
        });
        Self {
            stage,
            magnitudes: magnitudes.to_vec(),
            thoroughness,
            cells: vec![None; many],
            tests: tests.collect(),
        }
    }

    /// The fault of a magnitude.
    pub(super) fn fault(&self, magnitude: usize) -> GridFault {
        GridFault::sleep(self.stage, self.magnitudes[magnitude])
    }

    /// What to probe next; nothing once everything is known, or nothing can be.
    pub(super) fn next(&self) -> Option<NextProbe> {
        if self.is_stuck() {
            return None;
        }
        let deep = |magnitude| NextProbe {
            magnitude,
            depth: Depth::Statistical,
        };
        if self.thoroughness == Thoroughness::Every {
            return self.cells.iter().position(Option::is_none).map(deep);
        }
        let of = |rule: fn(&TestSearch) -> &RuleSearch| {
            let on_path = self.tests.iter().filter(|test| test.on_path);
            on_path.filter_map(|test| rule(test).search.next()).min()
        };
        let fixed = |magnitude| NextProbe {
            magnitude,
            depth: Depth::Fixed,
        };
        of(|test| &test.statistical)
            .map(deep)
            .or_else(|| of(|test| &test.fixed).map(fixed))
    }

    /// A fault that does not fire, and a server that cannot be worked with, are no better at another magnitude.
    fn is_stuck(&self) -> bool {
        self.cells.iter().flatten().any(|probed| !probed.is_valid())
    }

    /// Takes what a probe saw.
    pub(super) fn saw(&mut self, magnitude: usize, probed: Probed) {
        if probed.is_valid()
            && let Ok(seen) = &probed.seen
        {
            for test in &mut self.tests {
                // A test that was to be seen and was not has not noticed.
                let seen = seen.iter().find(|seen| seen.key == test.key);
                test.fixed.saw(magnitude, seen.map(|seen| seen.fixed));
                if probed.depth == Depth::Statistical {
                    test.statistical
                        .saw(magnitude, seen.and_then(|seen| seen.statistical));
                }
            }
        }
        self.cells[magnitude] = Some(probed);
    }

    /// How many magnitudes have not been probed.
    pub(super) fn unprobed(&self) -> usize {
        self.cells.iter().filter(|cell| cell.is_none()).count()
    }

    /// What is known.
    pub(super) fn into_result(self) -> StageSlowdowns {
        let of_rule = |rule| self.smallest(rule);
        let smallest_caught = vec![of_rule(ProveRule::Fixed), of_rule(ProveRule::Statistical)];
        let cells = (0..self.magnitudes.len()).map(|i| self.cell(i)).collect();
        StageSlowdowns {
            stage: self.stage.to_string(),
            cells,
            smallest_caught,
            tests: self.tests.iter().map(|test| self.map_of(test)).collect(),
        }
    }

    fn cell(&self, i: usize) -> SlowdownCell {
        let probed = self.cells[i].as_ref();
        let stuck = self.is_stuck();
        let marks = || {
            let on_path = self.tests.iter().filter(|test| test.on_path);
            on_path.flat_map(|test| [test.fixed.search.marks()[i], test.statistical.search.marks()[i]])
        };
        let outcome = match probed {
            Some(probed) if !probed.is_valid() => match (probed.fired_total, &probed.seen) {
                (Some(0), Ok(_)) => CellOutcome::NotFired,
                _ => CellOutcome::NotRun,
            },
            Some(_) if marks().any(|mark| mark == Mark::Caught) => CellOutcome::Caught,
            // Also where the fixed rule alone was put to it and missed it.
            _ if marks().any(Mark::is_caught) => CellOutcome::InferredCaught,
            Some(_) => CellOutcome::Missed,
            None if stuck => CellOutcome::NotRun,
            None => CellOutcome::InferredMissed,
        };
        let note = match probed {
            Some(Probed { seen: Err(why), .. }) => Some(why.clone()),
            Some(Probed {
                fired_total: None, ..
            }) => Some("whether it fired is not known".to_owned()),
            None if outcome == CellOutcome::NotRun => {
                Some("another magnitude could not be tested".to_owned())
            }
            _ => None,
        };
        SlowdownCell {
            magnitude_ms: in_ms(self.magnitudes[i]),
            outcome,
            fired_total: probed.and_then(|probed| probed.fired_total),
            runs: probed.map_or(0, |probed| probed.runs),
            took_s: probed.map(|probed| Seconds::from_measured(probed.took).rounded_to_micros()),
            note,
        }
    }

    fn map_of(&self, test: &TestSearch) -> TestMap {
        let marks = |rule: &RuleSearch| {
            let marks = rule.search.marks().into_iter().enumerate();
            let all = marks.map(|(i, mark)| {
                let sight = rule.sights[i];
                MagnitudeMark {
                    magnitude_ms: in_ms(self.magnitudes[i]),
                    mark: self.shown(test, i, mark),
                    base_s: sight.and_then(|sight| sight.base_s),
                    measured_s: sight.and_then(|sight| sight.measured_s),
                }
            });
            all.collect()
        };
        TestMap {
            name: test.key.test.clone(),
            cache: test.key.cache,
            on_path: test.on_path,
            fixed: marks(&test.fixed),
            statistical: marks(&test.statistical),
        }
    }

    fn shown(&self, test: &TestSearch, i: usize, mark: Mark) -> Mark {
        let fired = self.cells[i].as_ref().map(|probed| probed.fired_total);
        match (mark, fired) {
            (Mark::NotMeasured, Some(Some(0))) => Mark::NotFired,
            // What does not pass the stage is not searched; what was seen of it is shown.
            (Mark::Caught | Mark::Missed, _) => mark,
            _ if !test.on_path => Mark::OffPath,
            _ => mark,
        }
    }

    fn smallest(&self, rule: ProveRule) -> SmallestCaught {
        let of = |test: &TestSearch| match rule {
            ProveRule::Statistical => test.statistical.search.smallest_caught(),
            _ => test.fixed.search.smallest_caught(),
        };
        let on_path = || self.tests.iter().filter(|test| test.on_path);
        let smallest = on_path().filter_map(of).min();
        let by = on_path().filter(|test| smallest.is_some() && of(test) == smallest);
        SmallestCaught {
            rule,
            magnitude_ms: smallest.map(|i| in_ms(self.magnitudes[i])),
            by: by.map(|test| test.key.to_string()).collect(),
        }
    }
}

impl Probed {
    /// Whether a test noticed by the fixed rule.
    pub(super) fn is_noticed(&self) -> bool {
        self.is_valid() && self.seen.iter().flatten().any(|seen| seen.fixed.caught)
    }

    /// Whether it says anything about what a test notices.
    pub(super) fn is_valid(&self) -> bool {
        self.seen.is_ok() && self.fired_total.is_some_and(|times| times > 0)
    }
}

impl RuleSearch {
    fn new(magnitudes: usize) -> Self {
        Self {
            search: Search::new(magnitudes),
            sights: vec![None; magnitudes],
        }
    }

    fn saw(&mut self, magnitude: usize, sight: Option<Sight>) {
        self.search
            .saw(magnitude, sight.is_some_and(|sight| sight.caught));
        self.sights[magnitude] = sight;
    }
}

/// Milliseconds.
pub(super) fn in_ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use perf_guard::CacheState;
    use rstest::rstest;

    use super::*;

    fn ms(ms: [u64; 4]) -> [Duration; 4] {
        ms.map(Duration::from_millis)
    }

    const MAGNITUDES: [u64; 4] = [10, 40, 160, 640];

    fn key(name: &str) -> TimedKey {
        TimedKey::new(name, CacheState::Cold)
    }

    /// Of each test, the magnitudes from which on the fixed and the statistical rule catch.
    type Truth = [(&'static str, usize, usize); 2];

    fn probed(truth: Truth, next: NextProbe, fired_total: Option<u64>) -> Probed {
        let sight = |caught| Sight {
            caught,
            base_s: None,
            measured_s: None,
        };
        let seen = truth.map(|(name, fixed, statistical)| Seen {
            key: key(name),
            fixed: sight(next.magnitude >= fixed),
            statistical: (next.depth == Depth::Statistical).then(|| sight(next.magnitude >= statistical)),
        });
        Probed {
            fired_total,
            depth: next.depth,
            runs: 3,
            took: Duration::ZERO,
            seen: Ok(seen.to_vec()),
        }
    }

    fn searched(
        truth: Truth,
        thoroughness: Thoroughness,
        fired: Option<u64>,
    ) -> (StageSlowdowns, Vec<NextProbe>) {
        let tests = truth.map(|(name, ..)| (key(name), name != "off"));
        let mut search = StageSearch::new(Stage::Synth, &ms(MAGNITUDES), tests, thoroughness);
        let mut probes = Vec::new();
        while let Some(next) = search.next() {
            probes.push(next);
            assert!(probes.len() <= 8, "{probes:?}");
            search.saw(next.magnitude, probed(truth, next, fired));
        }
        (search.into_result(), probes)
    }

    fn outcomes(result: &StageSlowdowns) -> Vec<CellOutcome> {
        result.cells.iter().map(|cell| cell.outcome).collect()
    }

    #[test]
    fn small_sleeps_are_compared_first_and_the_fixed_rule_is_searched_with_few_runs() {
        let (result, probes) = searched([("a", 2, 0), ("b", 3, 0)], Thoroughness::Search, Some(9));
        let [small, large] = [Depth::Statistical, Depth::Fixed];
        let probe = |magnitude, depth| NextProbe { magnitude, depth };
        assert_eq!(
            probes,
            [probe(0, small), probe(1, large), probe(3, large), probe(2, large)]
        );
        let smallest: Vec<_> = result
            .smallest_caught
            .iter()
            .map(|s| (s.magnitude_ms, s.by.len()))
            .collect();
        assert_eq!(smallest, [(Some(160.0), 1), (Some(10.0), 2)]);
        // The second was probed for the fixed rule alone, which missed it; the statistical one had caught a smaller one.
        assert_eq!(
            outcomes(&result),
            [
                CellOutcome::Caught,
                CellOutcome::InferredCaught,
                CellOutcome::Caught,
                CellOutcome::Caught
            ]
        );
    }

    #[test]
    fn what_no_rule_catches_at_all_is_missed_from_top_to_bottom() {
        let (result, probes) = searched([("a", 9, 9), ("off", 9, 9)], Thoroughness::Search, Some(9));
        assert!(probes.len() < 8, "{probes:?}");
        let missed =
            |outcome: &CellOutcome| matches!(outcome, CellOutcome::Missed | CellOutcome::InferredMissed);
        assert!(outcomes(&result).iter().all(missed), "{result:?}");
        assert_eq!(
            result.cells[3].outcome,
            CellOutcome::Missed,
            "the largest was seen"
        );
        assert!(
            result
                .smallest_caught
                .iter()
                .all(|s| s.magnitude_ms.is_none() && s.by.is_empty())
        );
    }

    #[test]
    fn what_is_off_the_path_is_not_searched_and_shown_as_that() {
        let (result, probes) = searched([("a", 0, 0), ("off", 9, 9)], Thoroughness::Search, Some(9));
        assert_eq!(probes.len(), 1);
        let off = &result.tests[1];
        let marks: Vec<Mark> = off.fixed.iter().map(|mark| mark.mark).collect();
        assert_eq!(marks, [Mark::Missed, Mark::OffPath, Mark::OffPath, Mark::OffPath]);
    }

    #[test]
    fn every_magnitude_is_probed_where_that_is_asked_for() {
        let (result, probes) = searched([("a", 2, 1), ("b", 3, 0)], Thoroughness::Every, Some(9));
        let magnitudes: Vec<usize> = probes.iter().map(|probe| probe.magnitude).collect();
        assert_eq!(magnitudes, [0, 1, 2, 3]);
        let marks: Vec<Mark> = result.tests[0].statistical.iter().map(|mark| mark.mark).collect();
        assert_eq!(marks, [Mark::Missed, Mark::Caught, Mark::Caught, Mark::Caught]);
    }

    #[rstest]
    #[case::not_fired(Some(0), CellOutcome::NotFired)]
    #[case::not_known(None, CellOutcome::NotRun)]
    fn a_fault_that_did_not_fire_ends_the_search_and_nothing_is_caught(
        #[case] fired: Option<u64>,
        #[case] expected: CellOutcome,
    ) {
        let (result, probes) = searched([("a", 0, 0), ("b", 0, 0)], Thoroughness::Search, fired);
        assert_eq!(probes.len(), 1);
        assert_eq!(result.cells[0].outcome, expected);
        assert!(
            outcomes(&result)[1..].iter().all(|o| *o == CellOutcome::NotRun),
            "{result:?}"
        );
        assert!(result.smallest_caught.iter().all(|s| s.magnitude_ms.is_none()));
    }
}
