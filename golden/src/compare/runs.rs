//! How many runs an arm: as asked for, or as many as fit into a time, and never fewer than can show anything.

use std::time::Duration;

use perf_guard::comparison::{MAX_PAIRS, Plan};

use crate::{cli::RunsChoice, suite::Demand};

/// What is known before the first timed run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// Timed values that are compared.
    pub(super) hypotheses: usize,
    /// What one pair of every test takes, by the warm-up.
    pub(super) pair: Duration,
    /// What is left of the time for all of it.
    pub(super) left: Duration,
    /// What one pair of every test submits.
    pub(super) demand: Demand,
    /// The most characters that may still be submitted.
    pub(super) characters: Option<u64>,
}

/// The plan with its number of runs, and why it is that.
///
/// # Errors
/// In words, when no run of that number could show a slowdown.
pub(super) fn choose(plan: &Plan, choice: RunsChoice, known: Known) -> Result<(Plan, String), String> {
    let floor = plan.floor(known.hypotheses);
    let (runs, because) = match choice {
        RunsChoice::Usual => (plan.pairs(), "the default".to_owned()),
        RunsChoice::Given(runs) => (runs, "as asked for".to_owned()),
        RunsChoice::Budget(budget) => within(budget, known),
    };
    let enough = floor.is_some_and(|floor| runs >= floor);
    if !enough {
        let legal = floor.map_or_else(
            || {
                format!(
                    "and no legal number is enough for {} timed values",
                    known.hypotheses
                )
            },
            |floor| {
                format!(
                    "legal for {} timed values: {floor} to {MAX_PAIRS}",
                    known.hypotheses
                )
            },
        );
        return Err(format!(
            "{runs} runs an arm ({because}) could not show any slowdown, {legal}"
        ));
    }
    let plan = plan.clone().with_pairs(runs).map_err(|error| error.to_string())?;
    Ok((plan, because))
}

fn within(budget: Duration, known: Known) -> (usize, String) {
    let pair = known.pair.max(Duration::from_millis(1));
    let fit = known.left.as_millis() / pair.as_millis();
    let by_time = usize::try_from(fit).unwrap_or(MAX_PAIRS);
    let by_text = known.characters.map_or(usize::MAX, |characters| {
        let pairs = characters
            .checked_div(known.demand.characters)
            .unwrap_or(u64::MAX);
        usize::try_from(pairs).unwrap_or(usize::MAX)
    });
    let runs = by_time.min(by_text).min(MAX_PAIRS);
    let also = if by_text < by_time.min(MAX_PAIRS) {
        ", and --max-characters allows no more"
    } else if runs == MAX_PAIRS {
        ", and more are never made"
    } else {
        ""
    };
    let because = format!(
        "a budget of {}, of which {:.0} s are left for pairs of {:.2} s each{also}",
        humantime::format_duration(budget),
        known.left.as_secs_f64(),
        pair.as_secs_f64(),
    );
    (runs, because)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn known(left_s: u64, characters: Option<u64>) -> Known {
        Known {
            hypotheses: 20,
            pair: Duration::from_secs(2),
            left: Duration::from_secs(left_s),
            demand: Demand {
                jobs: 2,
                characters: 100,
            },
            characters,
        }
    }

    #[rstest]
    #[case::usual(RunsChoice::Usual, known(0, None), 20, "the default")]
    #[case::given(RunsChoice::Given(8), known(0, None), 8, "as asked for")]
    #[case::budget(
        RunsChoice::Budget(Duration::from_secs(70)),
        known(61, None),
        30,
        "a budget of 1m 10s, of which 61 s are left for pairs of 2.00 s each"
    )]
    #[case::most(
        RunsChoice::Budget(Duration::from_secs(9_000)),
        known(8_000, None),
        100,
        "more are never made"
    )]
    #[case::text(
        RunsChoice::Budget(Duration::from_secs(9_000)),
        known(8_000, Some(1_250)),
        12,
        "--max-characters allows no more"
    )]
    fn the_number_of_runs_has_its_reason(
        #[case] choice: RunsChoice,
        #[case] known: Known,
        #[case] runs: usize,
        #[case] says: &str,
    ) {
        let (plan, because) = choose(&Plan::default(), choice, known).unwrap();
        assert_eq!(plan.pairs(), runs);
        assert!(because.contains(says), "{because}");
    }

    #[rstest]
    #[case::given(RunsChoice::Given(7), known(0, None), "7 runs an arm (as asked for)")]
    #[case::budget(
        RunsChoice::Budget(Duration::from_secs(9)),
        known(9, None),
        "4 runs an arm (a budget of 9s"
    )]
    fn too_few_runs_to_show_anything_are_refused_with_the_floor(
        #[case] choice: RunsChoice,
        #[case] known: Known,
        #[case] says: &str,
    ) {
        let error = choose(&Plan::default(), choice, known).unwrap_err();
        assert!(error.starts_with(says), "{error}");
        assert!(error.ends_with("legal for 20 timed values: 8 to 100"), "{error}");
    }
}
