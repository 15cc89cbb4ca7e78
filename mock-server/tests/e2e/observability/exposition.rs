//! A reader of the text formats of metrics that takes nothing for granted, as `promtool check metrics` does.

use std::collections::{BTreeMap, BTreeSet};

/// One sample.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) value: f64,
}

/// A family of samples under one name.
#[derive(Debug, Default)]
pub(super) struct Family {
    pub(super) kind: String,
    pub(super) help: String,
    pub(super) samples: Vec<Sample>,
}

/// What an exposition says.
#[derive(Debug, Default)]
pub(super) struct Exposition {
    pub(super) families: BTreeMap<String, Family>,
    pub(super) ends_with_eof: bool,
}

impl Exposition {
    /// Reads either text format; panics at what is neither.
    pub(super) fn read(text: &str) -> Self {
        let mut this = Self::default();
        let mut current = String::new();
        for line in text.lines() {
            assert!(!this.ends_with_eof, "a line after the end: {line}");
            let words: Vec<&str> = line.splitn(4, ' ').collect();
            match words.as_slice() {
                ["#", "EOF"] => this.ends_with_eof = true,
                ["#", "HELP", name, help] => {
                    let family = this.families.entry((*name).to_owned()).or_default();
                    assert!(family.help.is_empty(), "HELP of {name} twice");
                    (*help).clone_into(&mut family.help);
                    (*name).clone_into(&mut current);
                }
                ["#", "TYPE", name, kind] => {
                    let family = this.families.entry((*name).to_owned()).or_default();
                    assert!(
                        family.kind.is_empty() && family.samples.is_empty(),
                        "TYPE of {name} twice or late"
                    );
                    (*kind).clone_into(&mut family.kind);
                    (*name).clone_into(&mut current);
                }
                ["#", "UNIT", name, unit] => assert!(name.ends_with(unit), "{name} is not in {unit}"),
                _ => {
                    let sample = Sample::read(line);
                    let family = this
                        .families
                        .get_mut(&current)
                        .expect("a family before its samples");
                    assert!(
                        sample.belongs_to(&current, &family.kind),
                        "{line} is no {} of {current}",
                        family.kind
                    );
                    family.samples.push(sample);
                }
            }
        }
        this
    }

    /// All samples.
    pub(super) fn samples(&self) -> impl Iterator<Item = &Sample> {
        self.families.values().flat_map(|family| &family.samples)
    }

    /// The values of a label wherever it occurs.
    pub(super) fn values_of(&self, label: &str) -> BTreeSet<&str> {
        self.samples()
            .filter_map(|sample| sample.labels.get(label))
            .map(String::as_str)
            .collect()
    }

    /// The sample of this name and these labels.
    pub(super) fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let wanted: BTreeMap<String, String> = labels
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let found = self
            .samples()
            .find(|sample| sample.name == name && sample.labels == wanted);
        found
            .unwrap_or_else(|| panic!("no sample {name} {wanted:?}"))
            .value
    }
}

impl Sample {
    fn read(line: &str) -> Self {
        let (series, value) = line
            .rsplit_once(' ')
            .unwrap_or_else(|| panic!("no sample: {line:?}"));
        let (name, labels) = match series.split_once('{') {
            None => (series, ""),
            Some((name, labels)) => (name, labels.strip_suffix('}').expect("an end of the labels")),
        };
        let labels = labels
            .split_terminator("\",")
            .map(|label| label.strip_suffix('"').unwrap_or(label))
            .map(|label| {
                label
                    .split_once("=\"")
                    .unwrap_or_else(|| panic!("no label: {label:?} in {line:?}"))
            })
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let value = value.parse().unwrap_or_else(|_| panic!("no number: {line:?}"));
        Self {
            name: name.to_owned(),
            labels,
            value,
        }
    }

    /// Whether a family of this kind may have the sample.
    fn belongs_to(&self, family: &str, kind: &str) -> bool {
        let Some(suffix) = self.name.strip_prefix(family) else {
            return false;
        };
        match kind {
            "histogram" => ["_bucket", "_sum", "_count"].contains(&suffix),
            // OpenMetrics names the family without the suffix, the older format with it.
            "counter" => suffix == "_total" || (suffix.is_empty() && family.ends_with("_total")),
            "info" => suffix == "_info",
            "gauge" => suffix.is_empty(),
            other => panic!("{family} is a {other}"),
        }
    }
}
