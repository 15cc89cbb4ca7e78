//! Where a target's routes are.

use std::fmt;

use serde::Deserialize;

use super::ProfileError;

macro_rules! routes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal [$($placeholder:literal),*],)+) => {
        /// One route of the API; several may share a path and differ by method.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        pub enum Route {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)+
        }

        impl Route {
            /// The name in profiles, errors and reports.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What its path has to name.
            const fn placeholders(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($placeholder),*],)+ }
            }
        }
    };
}

routes! {
    /// Whether the process lives.
    Health = "health" [],
    /// Whether it can work.
    Ready = "ready" [],
    /// Submitting a job.
    Submit = "submit" [],
    /// Submitting as the reader does.
    SubmitReader = "submit_reader" [],
    /// The list of jobs.
    List = "list" [],
    /// One job.
    Job = "job" ["job_id"],
    /// Deleting a job.
    Delete = "delete" ["job_id"],
    /// Canceling a job.
    Cancel = "cancel" ["job_id"],
    /// Synthesising a job's text anew.
    Regenerate = "regenerate" ["job_id"],
    /// One segment's audio.
    Segment = "segment" ["job_id", "segment_id"],
    /// A job's playlist.
    Playlist = "playlist" ["job_id"],
    /// A job's merged audio.
    Merged = "merged" ["job_id"],
    /// The status snapshot.
    Status = "status" [],
    /// All fault rules.
    Faults = "faults" [],
    /// One fault rule.
    Fault = "fault" ["fault_id"],
    /// Metrics as Prometheus text.
    Metrics = "metrics" [],
    /// Metrics as flat JSON.
    FlatMetrics = "flat_metrics" [],
    /// The document of all of its routes.
    Openapi = "openapi" [],
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A path with placeholders, as in `/v1/tts/jobs/{job_id}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Template(String);

impl Template {
    /// The path with its placeholders replaced in order, each value percent-encoded as one path segment.
    #[must_use]
    pub fn fill(&self, values: &[&str]) -> String {
        let mut values = values.iter();
        let parts = self.0.split('/').map(|part| {
            if is_placeholder(part) {
                values.next().map_or(String::new(), |value| encode(value))
            } else {
                part.to_owned()
            }
        });
        parts.collect::<Vec<_>>().join("/")
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn check(&self, route: Route) -> Result<(), ProfileError> {
        let found: Vec<&str> = self.0.split('/').filter(|part| is_placeholder(part)).collect();
        let wanted: Vec<String> = route
            .placeholders()
            .iter()
            .map(|name| format!("{{{name}}}"))
            .collect();
        let plain = !self.0.contains(['?', '#', ' ']);
        if self.0.starts_with('/') && plain && found == wanted {
            return Ok(());
        }
        let legal = if wanted.is_empty() {
            "(none)".to_owned()
        } else {
            wanted.join(", ")
        };
        Err(ProfileError::Path {
            route,
            given: self.0.clone(),
            legal,
        })
    }
}

fn is_placeholder(part: &str) -> bool {
    part.starts_with('{') && part.ends_with('}')
}

/// Percent-encodes all but the unreserved characters of RFC 3986 §2.3.
fn encode(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in_order_and_cannot_leave_their_place() {
        let template = Template("/jobs/{job_id}/segments/{segment_id}".to_owned());
        assert_eq!(template.fill(&["j1", "seg-0001"]), "/jobs/j1/segments/seg-0001");
        assert_eq!(
            template.fill(&["../admin?x", "ä"]),
            "/jobs/..%2Fadmin%3Fx/segments/%C3%A4"
        );
    }
}
