//! What has to be true at the end of any run, whatever was measured.

use run_report::load::{Invariant, KeyFigure};

use load_engine::record::{Outcome, Record};

use super::{
    conduct::Seen,
    figures::{RECOVERY, REQUESTS_PER_ACCEPTED, accepted, rate_limited},
    scenario::Scenario,
    settle_down::LastWord,
};

/// Whatever is invariant of the profile, in the order of reports.
pub(super) fn invariants(
    scenario: &Scenario,
    seen: &Seen,
    (own_server, figures): (bool, &[KeyFigure]),
) -> Vec<Invariant> {
    let mut all = vec![
        no_active_jobs(seen.after.as_ref()),
        counters_add_up(seen.after.as_ref()),
        accepted_jobs_are_counted(seen, own_server),
        the_server_answers(seen),
    ];
    let record = &seen.run.record;
    if !scenario.bounds.server_errors_expected {
        all.push(no_server_errors(record));
    }
    if scenario.bounds.no_lost_connections {
        all.push(no_lost_connections(record));
    }
    if accepted(record).0 > 0 {
        all.push(backoff_is_honoured(scenario, seen));
    }
    all.extend(bounded(scenario, figures));
    all
}

fn invariant(name: &str, pass: bool, detail: String) -> Invariant {
    Invariant {
        name: name.to_owned(),
        pass,
        detail,
    }
}

fn no_active_jobs(after: Result<&LastWord, &String>) -> Invariant {
    let name = "no job is active at the end";
    match after {
        Ok(word) => {
            let (active, queue) = (word.read.active_jobs, word.read.queue_len);
            invariant(
                name,
                active == 0 && queue == 0,
                format!("active_jobs {active}, queue_len {queue}"),
            )
        }
        Err(why) => invariant(name, false, format!("not known: {why}")),
    }
}

fn counters_add_up(after: Result<&LastWord, &String>) -> Invariant {
    let name = "submitted = complete + complete_with_errors + error + canceled + active";
    let word = match after {
        Ok(word) => &word.read,
        Err(why) => return invariant(name, false, format!("not known: {why}")),
    };
    let jobs = &word.jobs;
    let sum = jobs.complete + jobs.complete_with_errors + jobs.error + jobs.canceled + word.active_jobs;
    invariant(
        name,
        sum == jobs.submitted,
        format!(
            "{} = {} + {} + {} + {} + {}",
            jobs.submitted,
            jobs.complete,
            jobs.complete_with_errors,
            jobs.error,
            jobs.canceled,
            word.active_jobs
        ),
    )
}

/// What the generator saw accepted is what the server says that it took. On a target of others there may be more.
fn accepted_jobs_are_counted(seen: &Seen, own_server: bool) -> Invariant {
    let name = "the server counts the jobs that it accepted";
    let word = match &seen.after {
        Ok(word) => &word.read,
        Err(why) => return invariant(name, false, format!("not known: {why}")),
    };
    let Some(counted) = word.jobs.submitted.checked_sub(seen.before.read.jobs.submitted) else {
        return invariant(name, false, "jobs.submitted went down".to_owned());
    };
    let (known, possible) = accepted(&seen.run.record);
    let least = known + seen.library;
    let most = if own_server { least + possible } else { u64::MAX };
    let detail = match (own_server, possible) {
        (true, 0) => format!("{counted} counted, {least} accepted"),
        (true, _) => format!("{counted} counted, {least} accepted, of {possible} more the answer never came"),
        (false, _) => format!("{counted} counted, {least} accepted by this run"),
    };
    invariant(name, (least..=most).contains(&counted), detail)
}

fn the_server_answers(seen: &Seen) -> Invariant {
    let watched = &seen.watched;
    let mut detail = format!("{} of {} times", watched.asked - watched.missed, watched.asked);
    if let Some(error) = &watched.last_error {
        detail += &format!("; {error}");
    }
    invariant(
        "the server says how it is while it is under load",
        !watched.samples.is_empty(),
        detail,
    )
}

fn no_server_errors(record: &Record) -> Invariant {
    let errors = record.count(Outcome::ServerError);
    invariant(
        "no answer is 5xx",
        errors == 0,
        format!("{errors} of {}", record.total()),
    )
}

fn no_lost_connections(record: &Record) -> Invariant {
    let (lost, refused) = (record.lost_connections, record.connect_failures);
    invariant(
        "no connection is lost",
        lost + refused == 0,
        format!("{lost} lost with a request under way, {refused} not opened"),
    )
}

/// A `Retry-After` is a second at least: whoever waits that long is refused at most once a second.
fn backoff_is_honoured(scenario: &Scenario, seen: &Seen) -> Invariant {
    let refused = rate_limited(&seen.run.record);
    let users = scenario.load.most_users() as f64;
    let most = users * (seen.run.lasted.as_secs_f64() + 1.0);
    invariant(
        "who is refused waits as it is told",
        refused as f64 <= most,
        format!("{refused} refused submits, at most {most:.0} can there be"),
    )
}

/// Figures that the profile bounds; one that is not known holds nothing.
fn bounded(scenario: &Scenario, figures: &[KeyFigure]) -> Vec<Invariant> {
    let bounds = &scenario.bounds;
    let all = [
        (REQUESTS_PER_ACCEPTED, bounds.requests_per_accepted_job),
        (RECOVERY, bounds.recovery_ratio),
    ];
    let asked = all.into_iter().filter_map(|(name, bound)| Some((name, bound?)));
    asked
        .map(|(name, bound)| {
            let figure = figures.iter().find(|figure| figure.name == name);
            let value = figure.and_then(|figure| figure.value);
            let most = format!("at most {bound:.2} may be");
            let detail = value.map_or_else(
                || format!("not known, {most}"),
                |value| format!("{value:.2}, {most}"),
            );
            invariant(name, value.is_some_and(|value| value <= bound), detail)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn word(active: u64, counts: [u64; 5]) -> LastWord {
        let [submitted, complete, complete_with_errors, error, canceled] = counts;
        LastWord {
            status: serde_json::Value::Null,
            read: audio_api::StatusSnapshot {
                active_jobs: active,
                jobs: audio_api::JobCounts {
                    submitted,
                    complete,
                    complete_with_errors,
                    error,
                    canceled,
                },
                ..audio_api::StatusSnapshot::default()
            },
        }
    }

    #[rstest]
    #[case::at_rest(0, [10, 5, 2, 2, 1], true, true)]
    #[case::one_is_left(1, [11, 5, 2, 2, 1], false, true)]
    #[case::one_got_lost(0, [11, 5, 2, 2, 1], true, false)]
    #[case::one_ended_twice(0, [10, 6, 2, 2, 1], true, false)]
    fn what_the_server_says_at_the_end_is_held(
        #[case] active: u64,
        #[case] counts: [u64; 5],
        #[case] rests: bool,
        #[case] adds_up: bool,
    ) {
        let word = word(active, counts);
        assert_eq!(no_active_jobs(Ok(&word)).pass, rests);
        assert_eq!(counters_add_up(Ok(&word)).pass, adds_up);
    }

    #[test]
    fn a_server_that_says_nothing_holds_nothing() {
        let why = "no answer".to_owned();
        assert!(!no_active_jobs(Err(&why)).pass);
        assert!(!counters_add_up(Err(&why)).pass);
    }

    #[rstest]
    #[case::below(Some(3.0), true)]
    #[case::above(Some(3.1), false)]
    #[case::never_occurred(None, false)]
    fn a_figure_is_held_to_its_bound_and_one_that_is_not_known_is_not(
        #[case] value: Option<f64>,
        #[case] pass: bool,
    ) {
        let scenario = Scenario::find("spike").unwrap();
        let figure = KeyFigure {
            name: RECOVERY.to_owned(),
            value,
            unit: "ratio".to_owned(),
        };
        let held = bounded(&scenario, &[figure]);
        assert_eq!(held.len(), 1);
        assert_eq!(held[0].pass, pass, "{held:?}");
        assert!(!bounded(&scenario, &[])[0].pass);
    }
}
