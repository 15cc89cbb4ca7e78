//! The looks: each judges all tests on the runs so far, at its own part of the error.

use super::{
    Comparer, Directions, Evidence, Look, PairedTest, PairedVerdict, Shortage,
    arms::{Arms, Direction},
    fisher, holm,
};

/// What the looks found in one test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Finding {
    pub(super) time: Directions,
    pub(super) hits: Option<Directions>,
    pub(super) shortage: Option<Shortage>,
}

impl Directions {
    const NONE: Self = Self {
        worse: Evidence::NONE,
        better: Evidence::NONE,
    };

    fn of_mut(&mut self, direction: Direction) -> &mut Evidence {
        match direction {
            Direction::Worse => &mut self.worse,
            Direction::Better => &mut self.better,
        }
    }
}

impl Finding {
    const NONE: Self = Self {
        time: Directions::NONE,
        hits: None,
        shortage: None,
    };

    /// A regression needs no more runs; anything else does.
    pub(super) fn verdict(&self) -> PairedVerdict {
        let shown = |which: fn(&Directions) -> &Evidence| {
            which(&self.time).is_shown() || self.hits.as_ref().is_some_and(|hits| which(hits).is_shown())
        };
        if shown(|directions| &directions.worse) {
            PairedVerdict::Regressed
        } else if self.shortage.is_some() {
            PairedVerdict::Insufficient
        } else if shown(|directions| &directions.better) {
            PairedVerdict::Improved
        } else {
            PairedVerdict::NotShown
        }
    }
}

/// The figure that a hypothesis is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Time,
    Hits,
}

/// One hypothesis of a look: a test by its number, and what of it.
struct Hypothesis {
    test: usize,
    subject: Subject,
    p: f64,
}

impl Comparer {
    /// In the order of the tests.
    pub(super) fn findings(&mut self, tests: &[&PairedTest]) -> Vec<Finding> {
        let mut findings = vec![Finding::NONE; tests.len()];
        for look in self.plan.looks().to_vec() {
            let arms = arms_at(tests, look);
            for direction in [Direction::Worse, Direction::Better] {
                self.look(look, &arms, direction, &mut findings);
            }
        }
        let hypotheses = self.hypotheses(tests);
        for (test, finding) in tests.iter().zip(&mut findings) {
            if !finding.time.worse.is_shown() {
                finding.shortage = self.shortage(test, hypotheses);
            }
        }
        findings
    }

    /// How many hypotheses share the last look's error: the times of every test, and the fast-ready shares where
    /// there is something to test.
    pub(super) fn hypotheses(&self, tests: &[&PairedTest]) -> usize {
        let arms = arms_at(tests, self.plan.last_look());
        let testable = arms.iter().flatten().filter(|arms| has_testable_shares(arms));
        tests.len() + testable.count()
    }

    fn look(&mut self, look: Look, arms: &[Option<Arms>], direction: Direction, findings: &mut [Finding]) {
        let hypotheses = self.test_all(arms, direction);
        let p_values: Vec<f64> = hypotheses.iter().map(|hypothesis| hypothesis.p).collect();
        let level = self.plan.error_of(look);
        for (hypothesis, p_adjusted) in hypotheses.iter().zip(holm::adjusted(&p_values)) {
            if arms[hypothesis.test].is_none() {
                continue;
            }
            let finding = &mut findings[hypothesis.test];
            let directions = match hypothesis.subject {
                Subject::Time => &mut finding.time,
                Subject::Hits => finding.hits.get_or_insert(Directions::NONE),
            };
            let evidence = directions.of_mut(direction);
            if !evidence.is_shown() {
                *evidence = Evidence {
                    p: hypothesis.p,
                    p_adjusted,
                    shown_after_pairs: (p_adjusted <= level).then_some(look.pairs),
                };
            }
        }
    }

    /// A test that has not reached the look is a hypothesis too, one that nothing speaks against: were it left out,
    /// a run cut short would judge the others by a softer rule.
    fn test_all(&mut self, arms: &[Option<Arms>], direction: Direction) -> Vec<Hypothesis> {
        let effect = self.plan.smallest_effect();
        let mut hypotheses = Vec::with_capacity(2 * arms.len());
        for (test, arms) in arms.iter().enumerate() {
            let tails = &mut self.tails;
            let p = arms.as_ref().map_or(1.0, |arms| arms.p(direction, effect, tails));
            hypotheses.push(Hypothesis {
                test,
                subject: Subject::Time,
                p,
            });
            if let Some(arms) = arms.as_ref().filter(|arms| has_testable_shares(arms)) {
                let (base, head) = arms.shares();
                let p = match direction {
                    Direction::Worse => fisher::p_second_smaller(base, head),
                    Direction::Better => fisher::p_second_smaller(head, base),
                };
                hypotheses.push(Hypothesis {
                    test,
                    subject: Subject::Hits,
                    p,
                });
            }
        }
        hypotheses
    }

    fn shortage(&self, test: &PairedTest, hypotheses: usize) -> Option<Shortage> {
        let (pairs, planned) = (test.pairs.len(), self.plan.pairs());
        if pairs < planned {
            return Some(Shortage::Unfinished { pairs, planned });
        }
        let usable = Arms::of(test.pairs.first(planned)).usable();
        (!self.plan.can_show(usable, hypotheses)).then(|| Shortage::TooFewUsable {
            base: usable.base,
            head: usable.head,
            floor: self.plan.floor(hypotheses),
        })
    }
}

/// The first runs of each test; nothing for one that has not so many.
fn arms_at(tests: &[&PairedTest], look: Look) -> Vec<Option<Arms>> {
    let reached =
        |test: &&PairedTest| (test.pairs.len() >= look.pairs).then(|| Arms::of(test.pairs.first(look.pairs)));
    tests.iter().map(reached).collect()
}

fn has_testable_shares(arms: &Arms) -> bool {
    let (base, head) = arms.shares();
    fisher::is_testable(base, head)
}
