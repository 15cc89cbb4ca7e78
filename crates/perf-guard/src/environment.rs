//! Where a run was made, and whether two runs can be compared at all.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The machine that ran the suite, and with an own server the server too. Found out by the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Operating system, as in `linux`.
    pub os: String,
    /// Processor architecture, as in `x86_64`.
    pub arch: String,
    /// Processor model, where the system tells it.
    pub cpu_model: Option<String>,
    /// Cores that the process may use.
    pub cores: u32,
    /// Memory in bytes, where the system tells it. Told, not compared: it varies between equal machines.
    pub memory_bytes: Option<u64>,
    /// Version of the server under test, where it tells it. Told, not compared: a new version is what is tested.
    pub server_version: Option<String>,
}

/// What a baseline must share with a run to be comparable with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The machine.
    pub environment: Environment,
    /// Digest of all settings that change what is timed.
    pub settings_digest: String,
}

/// One point in which the baseline and the run differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// The field that differs.
    pub field: String,
    /// Its value in the baseline; `unknown` where the baseline does not tell.
    pub baseline: String,
    /// Its value in this run.
    pub current: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: baseline {}, this run {}",
            self.field, self.baseline, self.current
        )
    }
}

impl Context {
    /// All points in which a baseline's context differs from this one. A baseline without any provenance differs
    /// in everything: nobody can say that it is comparable.
    #[must_use]
    pub fn differences_from(&self, baseline: Option<&Self>) -> Vec<Difference> {
        let rows = |c: &Self| {
            let e = &c.environment;
            let cpu_model = e.cpu_model.clone().unwrap_or_else(|| "unknown".to_owned());
            [
                ("os", e.os.clone()),
                ("arch", e.arch.clone()),
                ("cpu_model", cpu_model),
                ("cores", e.cores.to_string()),
                ("settings_digest", c.settings_digest.clone()),
            ]
        };
        let current = rows(self);
        let Some(baseline) = baseline else {
            let field = "provenance".to_owned();
            let current = current.map(|(_, value)| value).join(" ");
            return vec![Difference {
                field,
                baseline: "unknown".to_owned(),
                current,
            }];
        };
        let pairs = rows(baseline).into_iter().zip(current);
        pairs
            .filter(|(b, c)| b.1 != c.1)
            .map(|((field, baseline), (_, current))| Difference {
                field: field.to_owned(),
                baseline,
                current,
            })
            .collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn context() -> Context {
        let environment = Environment {
            os: "linux".into(),
            arch: "x86_64".into(),
            cpu_model: Some("Imaginary 9".into()),
            cores: 2,
            memory_bytes: Some(8 << 30),
            server_version: Some("0.1.0".into()),
        };
        Context {
            environment,
            settings_digest: "abc".into(),
        }
    }

    #[test]
    fn what_changes_times_is_compared_and_the_rest_is_not() {
        let here = context();
        let mut there = context();
        there.environment.memory_bytes = None;
        there.environment.server_version = None;
        assert_eq!(here.differences_from(Some(&there)), []);
        there.environment.cores = 64;
        there.settings_digest = "other".into();
        let found: Vec<String> = here
            .differences_from(Some(&there))
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            found,
            [
                "cores: baseline 64, this run 2",
                "settings_digest: baseline other, this run abc"
            ]
        );
    }

    #[test]
    fn a_baseline_of_unknown_origin_differs() {
        assert_eq!(context().differences_from(None)[0].baseline, "unknown");
    }
}
