//! In which order the runs of two arms are made: side by side, and which of them is first changes from pair to pair
//! (ABBA), so that drift and whatever a run leaves behind meet both arms alike.

use perf_guard::CacheState;
use run_report::Arm;

use super::TimedTest;

/// How the arms alternate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interleaving {
    /// Both servers run, and each test's runs are neighbours.
    SideBySide,
    /// One server at a time: all tests of a pair in the one arm, then all in the other. Of two pairs in a row the inner
    /// two visits are of one arm, so that a server that was started serves both.
    OneAtATime,
}

/// One run to be made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step<'a> {
    /// Of which test.
    pub test: &'a TimedTest,
    /// In which cache state.
    pub cache: CacheState,
    /// In which arm.
    pub arm: Arm,
}

/// Which arm has the first run of a pair: base in half of them, head in the other half.
#[must_use]
pub const fn first_arm(pair: usize) -> Arm {
    if pair.is_multiple_of(2) {
        Arm::Base
    } else {
        Arm::Head
    }
}

/// All runs of one pair, in order. In each arm a test's cold run comes before its warm one.
#[must_use]
pub fn steps<'a>(tests: &[&'a TimedTest], pair: usize, interleaving: Interleaving) -> Vec<Step<'a>> {
    let first = first_arm(pair);
    let arms = [first, first.other()];
    let states = tests
        .iter()
        .flat_map(|&test| test.states.iter().map(move |&cache| (test, cache)));
    match interleaving {
        Interleaving::SideBySide => states
            .flat_map(|(test, cache)| arms.map(|arm| Step { test, cache, arm }))
            .collect(),
        Interleaving::OneAtATime => arms
            .into_iter()
            .flat_map(|arm| states.clone().map(move |(test, cache)| Step { test, cache, arm }))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use run_report::Metric;

    use super::*;

    fn tests() -> [TimedTest; 2] {
        ["a", "b"].map(|name| TimedTest {
            name: name.into(),
            case: name.into(),
            metrics: vec![Metric::SubmitToComplete],
            states: CacheState::ALL.to_vec(),
        })
    }

    fn shown(pair: usize, interleaving: Interleaving) -> String {
        let tests = tests();
        let all: Vec<&TimedTest> = tests.iter().collect();
        let words = steps(&all, pair, interleaving).into_iter().map(|step| {
            let arm = match step.arm {
                Arm::Base => 'A',
                Arm::Head => 'B',
            };
            format!("{}{}{arm}", step.test.name, &step.cache.as_str()[..1])
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn side_by_side_the_runs_of_a_pair_are_neighbours_and_the_first_arm_changes() {
        assert_eq!(
            shown(0, Interleaving::SideBySide),
            "acA acB awA awB bcA bcB bwA bwB"
        );
        assert_eq!(
            shown(1, Interleaving::SideBySide),
            "acB acA awB awA bcB bcA bwB bwA"
        );
    }

    #[test]
    fn one_at_a_time_a_server_serves_two_visits_in_a_row() {
        assert_eq!(
            shown(0, Interleaving::OneAtATime),
            "acA awA bcA bwA acB awB bcB bwB"
        );
        assert_eq!(
            shown(1, Interleaving::OneAtATime),
            "acB awB bcB bwB acA awA bcA bwA"
        );
    }

    #[test]
    fn each_arm_is_first_in_half_of_the_pairs() {
        let firsts = (0..20).filter(|&pair| first_arm(pair) == Arm::Base).count();
        assert_eq!(firsts, 10);
    }
}
