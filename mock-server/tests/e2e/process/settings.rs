//! Settings: which source wins, what is printed, what is refused.

use std::io::Write as _;

use rstest::rstest;

use super::command::{Done, run};
use crate::harness::{Answer, Server, eventually};

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("written");
    file
}

/// What `--print-config` says, as TOML.
async fn printed(args: &[&str], env: &[(&str, &str)]) -> toml::Table {
    let done = run(&[&["serve", "--print-config"], args].concat(), env).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    done.stdout.parse().expect("TOML")
}

#[tokio::test]
async fn flags_win_over_the_environment_over_the_file_over_the_defaults() {
    let file = file("workers = 1\nmax_active_jobs = 1\nretain_jobs = 1\n");
    let path = file.path().display().to_string();
    let env = [("MOCK_SERVER_WORKERS", "2"), ("MOCK_SERVER_MAX_ACTIVE_JOBS", "2")];
    let settings = printed(&["--workers", "3", "--config", &path], &env).await;
    let number = |name: &str| settings[name].as_integer();
    assert_eq!(number("workers"), Some(3), "the flag");
    assert_eq!(number("max_active_jobs"), Some(2), "the environment");
    assert_eq!(number("retain_jobs"), Some(1), "the file");
    assert_eq!(number("segment_max_retries"), Some(2), "the default");
}

#[tokio::test]
async fn the_file_can_be_named_by_the_environment() {
    let file = file("workers = 1\n");
    let path = file.path().display().to_string();
    let settings = printed(&[], &[("MOCK_SERVER_CONFIG", &path)]).await;
    assert_eq!(settings["workers"].as_integer(), Some(1));
}

#[tokio::test]
async fn the_settings_of_a_file_are_the_server_s() {
    let file = file(
        "workers = 2\nmax_active_jobs = 1\nvoice_cost = \"zero\"\n[[fault]]\nstage = \"synth\"\nkind = { stall = true }\n",
    );
    let server = Server::start(&["--config", &file.path().display().to_string()]).await;
    eventually("its workers are online", async || {
        (server.status().await["workers_online"] == 2).then_some(())
    })
    .await;
    server.submit("One fits.").await;
    let request = server.posting("/v1/tts/jobs", &serde_json::json!({"text": "Two do not."}));
    Answer::to(request).await.problem(429, "too_many_active_jobs");
}

#[tokio::test]
async fn what_is_printed_can_be_read_again_and_prints_the_same() {
    let args = [
        "--fault",
        "synth:sleep=800ms,p=0.2,model_id=default",
        "--cache-bytes",
        "64KiB",
        "--voice-cost",
        "fast",
        "--data-dir",
        "/tmp/somewhere",
        "--require-workers",
    ];
    let first = run(&[&["serve", "--print-config"], &args[..]].concat(), &[]).await;
    assert_eq!(first.code, Some(0), "{first:?}");
    let file = file(&first.stdout);
    let again = run(
        &[
            "serve",
            "--print-config",
            "--config",
            &file.path().display().to_string(),
        ],
        &[],
    )
    .await;
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(again.stdout, first.stdout);
    for said in [
        "cache_bytes = \"64KiB\"",
        "voice_cost = \"fast\"",
        "require_workers = true",
        "listen = \"127.0.0.1:8000\"",
    ] {
        assert!(first.stdout.contains(said), "{said} is not in {}", first.stdout);
    }
}

#[rstest]
#[case::from_flags(&["--api-token", "hush-hush", "--admin-token", "hush-hush"], &[])]
#[case::from_the_environment(&[], &[("MOCK_SERVER_API_TOKEN", "hush-hush"), ("MOCK_SERVER_ADMIN_TOKEN", "hush-hush")])]
#[tokio::test]
async fn tokens_are_not_printed(#[case] args: &[&str], #[case] env: &[(&str, &str)]) {
    let done = run(&[&["serve", "--print-config"], args].concat(), env).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(
        !done.stdout.contains("hush") && !done.stderr.contains("hush"),
        "{done:?}"
    );
    assert!(
        done.stdout.contains("api_token") && done.stdout.contains("admin_token"),
        "{done:?}"
    );
    let help = run(&["serve", "--help"], env).await;
    assert!(!help.stdout.contains("hush"), "{}", help.stdout);
}

fn assert_usage(done: &Done, says: &[&str]) {
    assert_eq!(done.code, Some(2), "{done:?}");
    assert_eq!(done.stdout, "");
    for word in says {
        assert!(done.stderr.contains(word), "{word} is not in {}", done.stderr);
    }
}

#[rstest]
#[case::no_number(&["--workers", "many"], &["--workers", "many"])]
#[case::too_many(&["--workers", "5000"], &["--workers", "5000", "0 to 1024"])]
#[case::no_preset(&["--voice-cost", "free"], &["--voice-cost", "free", "default", "fast", "zero"])]
#[case::no_size(&["--cache-bytes", "5MB"], &["--cache-bytes", "5MB", "256MiB"])]
#[case::too_short_a_lease(&["--lease-ttl-ms", "1"], &["--lease-ttl-ms", "1", "100 to 600000"])]
#[case::too_many_retries(&["--segment-max-retries", "99"], &["--segment-max-retries", "99"])]
#[case::no_fault(&["--fault", "voice:sleep=1s"], &["--fault", "legal stages"])]
#[case::a_fault_that_never_fires(&["--fault", "synth:sleep=1s,p=0"], &["--fault", "when.p"])]
#[case::no_format(&["--log-format", "xml"], &["--log-format", "xml"])]
#[case::no_filter(&["--log", "mock_server=loud"], &["--log", "mock_server=loud"])]
#[case::no_file(&["--config", "/nonexistent/settings.toml"], &["/nonexistent/settings.toml"])]
#[case::no_file_of_faults(&["--faults", "/nonexistent/faults.toml"], &["/nonexistent/faults.toml"])]
#[case::an_unknown_flag(&["--wrokers", "2"], &["--wrokers"])]
#[tokio::test]
async fn flags_that_are_wrong_are_refused_by_name(#[case] args: &[&str], #[case] says: &[&str]) {
    let listen = [("MOCK_SERVER_LISTEN", "127.0.0.1:0")];
    let done = run(&[&["serve"], args].concat(), &listen).await;
    assert_usage(&done, says);
}

#[rstest]
#[case::an_unknown_name("wrokers = 2\n", &["wrokers"])]
#[case::another_type("workers = \"two\"\n", &["workers"])]
#[case::out_of_range("workers = 5000\n", &["--workers", "0 to 1024"])]
#[case::no_toml("workers = \n", &["line 1"])]
#[case::a_fault_that_never_fires("[[fault]]\nstage = \"synth\"\nkind = { stall = false }\n", &["kind.stall"])]
#[tokio::test]
async fn a_file_that_is_wrong_is_refused_by_path(#[case] text: &str, #[case] says: &[&str]) {
    let file = file(text);
    let path = file.path().display().to_string();
    let listen = [("MOCK_SERVER_LISTEN", "127.0.0.1:0")];
    let done = run(&["serve", "--config", &path], &listen).await;
    assert_usage(&done, &[&[path.as_str()], says].concat());
}

#[rstest]
#[case::a_number("MOCK_SERVER_WORKERS", "many")]
#[case::a_range("SEGMENT_MAX_RETRIES", "99")]
#[tokio::test]
async fn a_variable_that_is_wrong_is_refused(#[case] name: &str, #[case] value: &str) {
    let done = run(
        &["serve"],
        &[("MOCK_SERVER_LISTEN", "127.0.0.1:0"), (name, value)],
    )
    .await;
    assert_usage(&done, &[value]);
}

#[rstest]
#[case::from_a_flag(&["--api-token", "hush hush"], "")]
#[case::from_a_file(&[], "admin_token = \"hush hush\"\n")]
#[tokio::test]
async fn a_token_that_is_refused_is_not_shown_either(#[case] args: &[&str], #[case] text: &str) {
    let file = file(text);
    let path = file.path().display().to_string();
    let done = run(
        &[&["serve", "--listen", "127.0.0.1:0", "--config", &path], args].concat(),
        &[],
    )
    .await;
    assert_usage(&done, &["visible ASCII"]);
    assert!(!done.stderr.contains("hush"), "{}", done.stderr);
}

#[tokio::test]
async fn a_port_that_is_taken_is_not_a_matter_of_usage() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let done = run(&["serve", "--listen", &address], &[]).await;
    assert_eq!(done.code, Some(4), "{done:?}");
    assert!(done.stderr.contains(&address), "{done:?}");
}
