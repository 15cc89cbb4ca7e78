//! The same profiles for other engines.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

use super::NAMES;

/// k6 cannot read TOML, so `deploy/k6` has a copy.
#[test]
fn k6_has_the_profiles_as_they_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let copied = fs::read_to_string(root.join("../deploy/k6/scenarios.json")).unwrap();
    let copied: BTreeMap<String, Value> = serde_json::from_str(&copied).unwrap();
    assert_eq!(copied.keys().map(String::as_str).collect::<Vec<_>>(), {
        let mut names = NAMES.to_vec();
        names.sort_unstable();
        names
    });
    for (name, copied) in copied {
        let file = fs::read_to_string(root.join(format!("scenarios/{name}.toml"))).unwrap();
        let ours: Value = toml::from_str(&file).unwrap();
        assert_eq!(copied, ours, "{name}: run `python3 deploy/k6/scenarios.py`");
    }
}
