//! Whatever is in a file, it is read or refused, and what is read is legal.

use perf_guard::{Baseline, LimitOverrides};
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Value, json};

/// A legal file: names, and per name the samples of cold and warm.
fn file() -> impl Strategy<Value = Value> {
    let times = || vec(1e-6..1e4_f64, 1..5);
    vec(("[a-z\u{e4}\u{1f600}\" ]{0,8}x", times(), times()), 1..5).prop_map(|tests| {
        let mut all = serde_json::Map::new();
        for (name, cold, warm) in tests {
            let warm = json!({"samples_s": warm, "stages_ms": {"synth": 1.5}});
            all.insert(name, json!({"cold": {"samples_s": cold}, "warm": warm}));
        }
        json!({
            "schema_version": 1,
            "provenance": {"git_commit": null, "git_dirty": null, "settings_digest": "abc", "runs": 5,
                "recorded_at": "2026-01-01T00:00:00Z",
                "environment": {"os": "linux", "arch": "x86_64", "cpu_model": null, "cores": 2}},
            "limits": {"multiplier": 1.5},
            "tests": all,
        })
    })
}

fn anything() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(json!(0)),
        Just(json!(-0.0)),
        ".{0,6}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([1, "x", {"cold": 1}])),
        Just(json!({"samples_s": [1]})),
    ]
}

/// All values of a document by their JSON pointers.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let name = name.replace('~', "~0").replace('/', "~1");
                pointers(value, &format!("{at}/{name}"), all);
            }
        }
        Value::Array(list) => {
            for (i, value) in list.iter().enumerate() {
                pointers(value, &format!("{at}/{i}"), all);
            }
        }
        _ => {}
    }
}

/// What every baseline holds to, however it came to be.
fn is_legal(baseline: &Baseline) -> Result<(), TestCaseError> {
    prop_assert!(baseline.keys().count() > 0);
    for key in baseline.keys() {
        prop_assert!(!key.test.trim().is_empty());
        let recorded = baseline.get(&key).unwrap();
        prop_assert!(recorded.samples.len() > 0);
        for sample in recorded.samples.iter() {
            prop_assert!(sample.as_secs_f64().is_finite() && sample.as_secs_f64() > 0.0);
        }
        let limits = baseline.limits_for(&key, LimitOverrides::NONE);
        prop_assert!(limits.multiplier.get() >= 1.0 && limits.add_seconds.as_secs_f64() >= 0.0);
        prop_assert!(recorded.stages.iter().all(|(_, ms)| ms.is_finite() && ms >= 0.0));
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_file_cut_anywhere_is_never_taken_for_a_whole_one(file in file(), pretty: bool, cut: Index) {
        let text = if pretty { format!("{file:#}") } else { file.to_string() };
        prop_assert!(Baseline::parse(&text).is_ok(), "{text}");
        let mut end = cut.index(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        prop_assert!(Baseline::parse(&text[..end]).is_err(), "{}", &text[..end]);
    }

    #[test]
    fn whatever_value_is_replaced_by_whatever_other_it_is_refused_or_legal(
        mut file in file(),
        edits in vec((any::<Index>(), anything()), 1..4),
    ) {
        for (place, value) in edits {
            let mut all = Vec::new();
            pointers(&file, "", &mut all);
            if let Some(found) = file.pointer_mut(place.get::<String>(&all)) {
                *found = value;
            }
        }
        if let Ok(baseline) = Baseline::parse(&file.to_string()) {
            is_legal(&baseline)?;
        }
    }

    #[test]
    fn whatever_bytes_are_overwritten_it_is_refused_or_legal(
        file in file(),
        edits in vec((any::<Index>(), "[0-9eE+.,:\"{}\\[\\]a-zA-Z -]{1,4}"), 1..6),
    ) {
        let mut text: Vec<char> = file.to_string().chars().collect();
        for (place, new) in edits {
            let at = place.index(text.len());
            for (i, c) in new.chars().enumerate() {
                if let Some(old) = text.get_mut(at + i) {
                    *old = c;
                }
            }
        }
        if let Ok(baseline) = Baseline::parse(&text.into_iter().collect::<String>()) {
            is_legal(&baseline)?;
        }
    }

    #[test]
    fn no_text_at_all_makes_it_panic(text in any::<String>()) {
        if let Ok(baseline) = Baseline::parse(&text) {
            is_legal(&baseline)?;
        }
    }
}
