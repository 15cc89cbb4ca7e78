//! Profiles: those of this program, and what no profile is.

use std::time::Duration;

use rstest::rstest;

use super::*;

const GOOD: &str = r#"
name = "mine"
description = "a test"
start = 2
stages = [{ lasts = "1s", to = 2 }]
thresholds = ["checks > 99 %"]
[workload]
mix = [{ action = "health", weight = 1 }]
"#;

fn problem(text: &str) -> String {
    file::parse(text).unwrap_err().to_string()
}

#[test]
fn every_profile_of_this_program_is_one_under_its_own_name() {
    for name in NAMES {
        let scenario = Scenario::find(name).unwrap();
        assert_eq!(scenario.name, *name);
        assert!(!scenario.thresholds.is_empty());
    }
    assert!(file::parse(GOOD).is_ok());
}

#[rstest]
#[case::baseline("baseline", 1, 60)]
#[case::light("light", 10, 60)]
#[case::medium("medium", 50, 120)]
#[case::spike("spike", 100, 80)]
#[case::sustained("sustained", 20, 1800)]
#[case::assistant("assistant", 1000, 1800)]
#[case::pipeline("pipeline", 300, 300)]
fn profiles_have_the_users_and_the_time_that_they_say(
    #[case] name: &str,
    #[case] users: usize,
    #[case] seconds: u64,
) {
    let scenario = Scenario::find(name).unwrap();
    assert_eq!(scenario.load.most_users(), users);
    assert_eq!(scenario.load.lasts(), Duration::from_secs(seconds));
}

#[test]
fn a_scale_shortens_times_and_leaves_users() {
    let scenario = Scenario::find("spike").unwrap().scaled(0.1).unwrap();
    assert_eq!(scenario.load.lasts(), Duration::from_secs(8));
    assert_eq!(scenario.load.most_users(), 100);
    assert_eq!(scenario.phases[1].from, Duration::from_secs(2));
}

#[test]
fn a_profile_asks_for_leaks_by_a_table_whose_limits_are_those_of_a_soak() {
    let asks = |leaks: &str| file::parse(&GOOD.replacen("[workload]", leaks, 1)).unwrap().leaks;
    assert_eq!(file::parse(GOOD).unwrap().leaks, None);
    assert_eq!(asks("[leaks]\n[workload]"), Some(Leaks::default()));
    let said = asks("[leaks]\nwarm_up = \"90s\"\nfds_per_hour = 5\n[workload]").unwrap();
    assert_eq!((said.fds_per_hour, said.rss_mib_per_hour), (5.0, 24.0));
    assert_eq!(said.warm_up.unwrap().0, Duration::from_secs(90));
    let sustained = Scenario::find("sustained").unwrap();
    assert_eq!(sustained.leaks, Some(Leaks::default()));
}

#[rstest]
#[case::no_toml("name = ", "TOML parse error at line 1")]
#[case::unknown_key("lenght = 1\n", "unknown field `lenght`")]
#[case::no_stages_key("", "missing field `name`")]
fn what_is_no_profile_is_refused_with_the_line(#[case] text: &str, #[case] says: &str) {
    let error = problem(text);
    assert!(error.contains(says), "{error}");
}

#[rstest]
#[case::name(
    "name = \"mine\"",
    "name = \"../x\"",
    "name is \"../x\"; legal: 1 to 60 letters"
)]
#[case::unit("\"1s\"", "\"1\"", "\"1\" is no time")]
#[case::nothing_happens(
    "start = 2",
    "start = 0\nusers = 1",
    "users is given; legal: only with model = \"open\""
)]
#[case::empty_load(
    "to = 2 }]",
    "to = 2 }, { lasts = \"1s\", to = -1 }]",
    "stages: a stage leads to -1"
)]
#[case::too_many("to = 2 }]", "to = 30000 }]", "legal: at most 20000 users")]
#[case::no_threshold("[\"checks > 99 %\"]", "[]", "thresholds is []")]
#[case::bad_threshold("checks > 99 %", "check > 99 %", "unknown metric \"check\"")]
#[case::unknown_action("\"health\"", "\"helth\"", "expected one of `health`")]
#[case::no_weight("weight = 1", "weight = 0", "workload.mix is empty")]
#[case::open_without_connections("start = 2", "start = 2\nmodel = \"open\"", "users is missing")]
#[case::fault(
    "start = 2",
    "start = 2\nfaults = [\"sinth:error=500\"]",
    "faults is \"sinth:error=500\""
)]
#[case::abort(
    "start = 2",
    "start = 2\nabort = [{ threshold = \"x < 1\", after = \"1s\" }]",
    "abort.threshold"
)]
#[case::phase(
    "start = 2",
    "start = 2\nphases = [{ name = \"a\", from = \"2s\", to = \"1s\" }]",
    "phases.to is 1s"
)]
#[case::server(
    "[workload]",
    "[server]\nvoice_cost = \"cheap\"\n[workload]",
    "expected one of `default`, `fast`, `zero`"
)]
#[case::leaks(
    "[workload]",
    "[leaks]\nrss_mib_per_hour = 0\n[workload]",
    "leaks.rss_mib_per_hour is 0; legal: a finite number above 0"
)]
#[case::leaks_of_what(
    "[workload]",
    "[leaks]\nsockets_per_hour = 1\n[workload]",
    "unknown field `sockets_per_hour`"
)]
fn what_cannot_be_meant_is_refused_with_key_and_legal_values(
    #[case] of: &str,
    #[case] by: &str,
    #[case] says: &str,
) {
    let error = problem(&GOOD.replacen(of, by, 1));
    assert!(error.contains(says), "{error}");
}

#[test]
fn a_name_that_is_none_is_told_with_those_that_are() {
    let error = Scenario::find("lihgt").unwrap_err().to_string();
    assert!(error.contains("legal: baseline, light, medium"), "{error}");
    let error = Scenario::find("no/such.toml").unwrap_err().to_string();
    assert_eq!(error, "read profile no/such.toml");
}
