//! What may stand on a command line, and what may not.

use clap::Parser;
use rstest::rstest;

use audio_client::Secret;
use run_context::Surroundings;

use super::*;

fn settings(flags: &[&str]) -> Result<Settings, String> {
    let cli = Cli::try_parse_from([&["golden"], flags].concat()).map_err(|error| error.to_string())?;
    let variables = [("TOKEN", "s3cret"), ("EMPTY", "")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    let around = Surroundings {
        variables: variables.into(),
        ..Surroundings::default()
    };
    let settings = match cli.command {
        Command::Run(args) => Settings::of_run(*args, &around),
        Command::Prove(args) => Settings::of_prove(*args, &around),
        Command::Compare(_) | Command::Calibrate(_) => panic!("its settings are of another type"),
        Command::Report(args) => panic!("{args:?} has no settings"),
        Command::Flake(args) => FlakeSettings::of(*args, &around).map(|settings| settings.run),
        Command::Burn(_) => unreachable!("it has no settings"),
    };
    settings.map_err(|error| error.to_string())
}

#[rstest]
#[case::usual(&["run"], 3)]
#[case::update(&["run", "--update-baseline"], 5)]
#[case::named(&["run", "--update-baseline", "--repeat", "7"], 7)]
fn an_update_repeats_five_times(#[case] flags: &[&str], #[case] repeats: u32) {
    assert_eq!(settings(flags).unwrap().repeats, repeats);
}

#[rstest]
#[case::few(&["run", "--update-baseline", "--repeat", "3"], "--repeat is 3")]
#[case::part(&["run", "--update-baseline", "--filter", "a"], "takes a whole run")]
#[case::half(&["run", "--update-baseline", "--cache", "cold"], "takes a whole run")]
#[case::fault(&["run", "--fault", "synht:sleep=1s"], "unknown stage")]
#[case::remote_fault(&["run", "--fault", "synth:sleep=1s", "--api-base", "http://h"], "cannot be used with")]
#[case::no_variable(&["run", "--bearer-token-env", "NOBODY"], "--bearer-token-env NOBODY: there is no such")]
#[case::empty_variable(&["run", "--bearer-token-env", "EMPTY"], "or it is empty")]
#[case::ca(&["run", "--ca-cert", "/nonexistent/ca"], "--ca-cert /nonexistent/ca")]
#[case::time(&["run", "--timeout-job", "soon"], "legal: a time above 0")]
#[case::no_time(&["run", "--timeout-job", "0s"], "above 0")]
#[case::multiplier(&["run", "--perf-multiplier", "0.5"], "at least 1")]
#[case::add(&["run", "--perf-add-seconds", "-1"], "0 or more")]
#[case::mode(&["run", "--baseline-mode", "lax"], "lax")]
#[case::repeat(&["run", "--repeat", "0"], "1..=100")]
#[case::same_file(&["run", "--out-json", "a.html"], "--out-html and --out-json are both a.html")]
#[case::error(&["prove", "--fault", "synth:error=500"], "takes a sleep")]
#[case::condition(&["prove", "--fault", "synth:sleep=1s,p=0.5"], "without conditions")]
#[case::grid_and_fault(&["prove", "--fault", "synth:sleep=1s", "--full"], "cannot be used with")]
#[case::remote_proof(&["prove", "--fault", "synth:sleep=1s", "--api-base", "http://h"], "cannot be used with")]
#[case::half_and_whole(&["prove", "--full", "--smoke"], "cannot be used with")]
#[case::stage(&["prove", "--stage", "voice"], "legal stages:")]
#[case::kind(&["prove", "--kind", "snooze"], "bytes_per_s")]
#[case::magnitude(&["prove", "--magnitude", "10us"], "in whole milliseconds")]
#[case::few_runs(&["prove", "--runs", "9"], "legal: 10 to 100 runs an arm")]
fn what_cannot_be_meant_is_refused(#[case] flags: &[&str], #[case] says: &str) {
    let error = settings(flags).unwrap_err();
    assert!(error.contains(says), "{error}");
}

#[test]
fn tokens_come_from_the_environment_and_do_not_show() {
    let flags = [
        "run",
        "--api-base",
        "http://h",
        "--bearer-token-env",
        "TOKEN",
        "--admin-token-env",
        "TOKEN",
    ];
    let settings = settings(&flags).unwrap();
    assert_eq!(settings.bearer.as_ref().map(Secret::expose), Some("s3cret"));
    assert!(!format!("{settings:?}").contains("s3cret"));
}

#[test]
fn a_proof_hands_the_same_rule_to_the_server() {
    for rule in [
        "synth:sleep=2s",
        "store:sleep=2500ms",
        "store:sleep=7us",
        "http.job:sleep=lognormal(100ms;0.5)",
    ] {
        let settings = settings(&["prove", "--fault", rule]).unwrap();
        let Where::Own { faults, .. } = &settings.target else {
            panic!("{settings:?}")
        };
        assert_eq!(faults[0], rule);
    }
}

#[test]
fn a_proof_over_the_grid_starts_fast_voices_unless_told_otherwise() {
    let args = |flags: &[&str]| match settings(flags).unwrap().target {
        Where::Own { args, .. } => args,
        Where::Remote { .. } => panic!("{flags:?}"),
    };
    assert_eq!(args(&["prove"]), ["--voice-cost=fast"]);
    let slow = args(&["prove", "--server-arg=--voice-cost=default"]);
    assert_eq!(slow, ["--voice-cost=default"]);
    let full = settings(&["prove", "--full"]).unwrap();
    assert_eq!(full.total_timeout.as_secs(), 6 * 3_600);
    assert_eq!(full.artifacts.out_json.to_str(), Some("artifacts/prove.json"));
}

#[rstest]
#[case::usual(&["run"], "artifacts/golden.html")]
#[case::beside(&["run", "--out-json", "there/mine.json"], "there/mine.html")]
#[case::asked(&["run", "--out-html", "a page"], "a page")]
fn the_page_stands_beside_the_result(#[case] flags: &[&str], #[case] page: &str) {
    assert_eq!(settings(flags).unwrap().page.to_str(), Some(page));
}

#[test]
fn a_time_without_a_unit_is_seconds() {
    let settings = settings(&["run", "--timeout-job", "90", "--drain-timeout", "1500ms"]).unwrap();
    assert_eq!(
        (settings.job_timeout.as_secs(), settings.drain_timeout.as_millis()),
        (90, 1_500)
    );
}

#[test]
fn the_filter_takes_parts_of_names() {
    let settings = settings(&["run", "--filter", "test_", "--filter", "cancel"]).unwrap();
    assert!(
        settings.takes("test_1") && settings.takes("cancel_racing_completion") && !settings.takes("job_list")
    );
}
