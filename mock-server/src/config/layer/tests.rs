use std::io::Write as _;

use super::*;

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("written");
    file
}

#[test]
fn what_stands_above_wins_and_faults_add_up() {
    let below =
        file("workers = 2\nmax_active_jobs = 7\n[[fault]]\nstage = \"synth\"\nkind = { sleep_ms = 5 }\n");
    let above = Layer {
        workers: Some(9),
        fault: vec!["store:sleep=1ms".parse().expect("legal")],
        ..Layer::default()
    };
    let config = above
        .over(Layer::from_file(below.path()).expect("legal"))
        .config();
    assert_eq!(
        (config.workers, config.max_active_jobs, config.faults.len()),
        (9, 7, 2)
    );
    assert_eq!(config.cache_bytes, 256 << 20);
}

#[test]
fn a_file_with_an_unknown_name_is_refused_by_path_and_name() {
    let file = file("wrokers = 2\n");
    let error = Layer::from_file(file.path())
        .expect_err("must be refused")
        .to_string();
    assert!(
        error.contains("wrokers") && error.contains(&file.path().display().to_string()),
        "{error}"
    );
}

#[test]
fn a_value_outside_its_range_is_refused_with_the_range() {
    let layer = Layer {
        workers: Some(5_000),
        ..Layer::default()
    };
    let error = layer.check().expect_err("must be refused").to_string();
    assert_eq!(error, "--workers is 5000; legal: 0 to 1024");
}

#[test]
fn a_zero_cost_voice_has_a_zero_cost_cache_unless_told() {
    let zero = Layer {
        voice_cost: Some(CostPreset::Zero),
        ..Layer::default()
    };
    assert_eq!(zero.clone().config().cache_lookup, Duration::ZERO);
    let told = Layer {
        cache_lookup_ms: Some(3),
        ..zero
    };
    assert_eq!(told.config().cache_lookup, Duration::from_millis(3));
}

#[test]
fn printed_settings_can_be_read_again_but_for_secrets() {
    let printed = toml::to_string(&Layer::default().with_defaults()).expect("plain");
    let read: Layer = toml::from_str(&printed).expect("its own output");
    assert_eq!(toml::to_string(&read).expect("plain"), printed);
}
