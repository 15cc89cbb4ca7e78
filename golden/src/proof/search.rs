//! Finding the smallest magnitude that is caught with few probes. Pure.
//!
//! What is caught at one magnitude is taken as caught at every larger one, what is missed as missed at every smaller
//! one. Whatever was seen stands against whatever would follow from it, so an answer out of line shows.

use run_report::Mark;

/// The search of one test under one rule, over magnitudes in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    seen: Vec<Option<bool>>,
}

impl Search {
    /// Over so many magnitudes.
    #[must_use]
    pub fn new(magnitudes: usize) -> Self {
        Self {
            seen: vec![None; magnitudes],
        }
    }

    /// Takes a probe's answer. A second one at the same magnitude replaces the first.
    pub fn saw(&mut self, magnitude: usize, caught: bool) {
        if let Some(seen) = self.seen.get_mut(magnitude) {
            *seen = Some(caught);
        }
    }

    /// Where to look next: in ever larger steps until one is caught, because small ones are over soon, and then halfway between
    /// the largest that was missed and the smallest that was caught above it. Nothing once they are neighbours.
    #[must_use]
    pub fn next(&self) -> Option<usize> {
        if self.seen.is_empty() {
            return None;
        }
        let (low, high) = self.bounds();
        if low == high {
            return None;
        }
        Some(if high == self.seen.len() {
            (2 * low).saturating_sub(1).clamp(low, high - 1)
        } else {
            low.midpoint(high)
        })
    }

    /// The smallest magnitude from which on everything is caught, as far as that was seen or follows.
    #[must_use]
    pub fn smallest_caught(&self) -> Option<usize> {
        let (low, high) = self.bounds();
        (low == high && high < self.seen.len()).then_some(high)
    }

    /// One mark a magnitude.
    #[must_use]
    pub fn marks(&self) -> Vec<Mark> {
        let (low, high) = self.bounds();
        let mark = |(i, seen): (usize, &Option<bool>)| match seen {
            Some(true) => Mark::Caught,
            Some(false) => Mark::Missed,
            None if i >= high => Mark::InferredCaught,
            None if i < low => Mark::InferredMissed,
            None => Mark::NotMeasured,
        };
        self.seen.iter().enumerate().map(mark).collect()
    }

    /// All below the first are missed, all from the second on are caught; what lies between is not known yet. A miss counts
    /// more than a catch below it: a rule that caught once and missed something larger has not been shown to catch.
    fn bounds(&self) -> (usize, usize) {
        let low = self
            .seen
            .iter()
            .rposition(|seen| *seen == Some(false))
            .map_or(0, |i| i + 1);
        let caught = (low..self.seen.len()).find(|&i| self.seen[i] == Some(true));
        (low, caught.unwrap_or(self.seen.len()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Searches where everything from `from` on is caught, and gives the probes too.
    fn searched(magnitudes: usize, from: usize) -> (Search, Vec<usize>) {
        let mut search = Search::new(magnitudes);
        let mut probes = Vec::new();
        while let Some(next) = search.next() {
            probes.push(next);
            assert!(probes.len() <= magnitudes, "{probes:?}");
            search.saw(next, next >= from);
        }
        (search, probes)
    }

    proptest! {
        #[test]
        fn the_smallest_that_is_caught_is_found_and_no_magnitude_is_probed_twice(
            magnitudes in 1_usize..40, from in 0_usize..41,
        ) {
            let from = from.min(magnitudes);
            let (search, mut probes) = searched(magnitudes, from);
            prop_assert_eq!(search.smallest_caught(), (from < magnitudes).then_some(from));
            let many = probes.len();
            probes.sort_unstable();
            probes.dedup();
            prop_assert_eq!(probes.len(), many);
            // Doubling finds the range, halving what is in it.
            prop_assert!(many <= 2 * magnitudes.ilog2() as usize + 3, "{} of {}", many, magnitudes);
        }

        #[test]
        fn marks_say_what_is_true_and_which_of_it_was_seen(
            magnitudes in 1_usize..40, from in 0_usize..41,
        ) {
            let (search, probes) = searched(magnitudes, from);
            for (i, mark) in search.marks().into_iter().enumerate() {
                let expected = match (i >= from, probes.contains(&i)) {
                    (true, true) => Mark::Caught,
                    (true, false) => Mark::InferredCaught,
                    (false, true) => Mark::Missed,
                    (false, false) => Mark::InferredMissed,
                };
                prop_assert_eq!(mark, expected, "{}", i);
            }
        }

        #[test]
        fn answers_out_of_line_stand_as_they_were_seen_and_a_miss_outweighs_a_smaller_catch(
            answers in prop::collection::vec(any::<bool>(), 1..20),
        ) {
            let mut search = Search::new(answers.len());
            for (i, &caught) in answers.iter().enumerate() {
                search.saw(i, caught);
            }
            let marks = search.marks();
            for (mark, caught) in marks.iter().zip(&answers) {
                prop_assert_eq!(*mark, if *caught { Mark::Caught } else { Mark::Missed });
            }
            if let Some(smallest) = search.smallest_caught() {
                prop_assert!(answers[smallest..].iter().all(|caught| *caught));
            } else {
                prop_assert!(!answers[answers.len() - 1]);
            }
        }
    }

    #[test]
    fn what_is_caught_at_the_smallest_takes_one_probe() {
        let (search, probes) = searched(6, 0);
        assert_eq!(probes, [0]);
        assert_eq!(search.marks()[5], Mark::InferredCaught);
    }

    #[test]
    fn without_magnitudes_there_is_nothing_to_look_for() {
        let search = Search::new(0);
        assert_eq!((search.next(), search.smallest_caught()), (None, None));
        assert_eq!(search.marks(), []);
    }
}
