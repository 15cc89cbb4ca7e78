//! A target's state names in its answers, put into the names of the contract before the answer is read.

use audio_api::{JobStatus, SegmentStatus};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{CallError, Reply, TargetProfile, profile::StateNames};

/// Where the states stand in an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Places {
    /// `manifest`, and `status` beside it where there is one.
    Job,
    /// `status` alone.
    Status,
    /// The entries of `jobs`.
    JobList,
    /// The entries of `playlist`.
    Playlist,
}

/// The body as a typed value, with canonical state names.
pub(crate) fn read<T: DeserializeOwned>(
    reply: &Reply,
    profile: &TargetProfile,
    places: Places,
) -> Result<T, CallError> {
    let mut body = reply.json()?;
    let rename = Rename { reply, profile };
    match places {
        Places::Job => {
            rename.job(&mut body, "")?;
            if let Some(manifest) = body.get_mut("manifest") {
                rename.job(manifest, "manifest.")?;
                rename.segments(manifest.get_mut("segments"), "manifest.segments")?;
            }
        }
        Places::Status => rename.job(&mut body, "")?,
        Places::JobList => {
            for (i, job) in entries(body.get_mut("jobs")).enumerate() {
                rename.job(job, &format!("jobs[{i}]."))?;
            }
        }
        Places::Playlist => rename.segments(body.get_mut("playlist"), "playlist")?,
    }
    serde_json::from_value(body).map_err(|source| reply.undecodable(source))
}

struct Rename<'a> {
    reply: &'a Reply,
    profile: &'a TargetProfile,
}

impl Rename<'_> {
    fn job(&self, object: &mut Value, at: &str) -> Result<(), CallError> {
        self.status(object, at, &self.profile.job_states, JobStatus::as_str)
    }

    fn segments(&self, list: Option<&mut Value>, at: &str) -> Result<(), CallError> {
        for (i, segment) in entries(list).enumerate() {
            self.status(
                segment,
                &format!("{at}[{i}]."),
                &self.profile.segment_states,
                SegmentStatus::as_str,
            )?;
        }
        Ok(())
    }

    /// A status that is missing or no string is left for the typed reading to refuse.
    fn status<S: Copy + Ord>(
        &self,
        object: &mut Value,
        at: &str,
        names: &StateNames<S>,
        wire: impl Fn(S) -> &'static str,
    ) -> Result<(), CallError> {
        let Some(Value::String(status)) = object.get_mut("status") else {
            return Ok(());
        };
        let Some(state) = names.canonical(status) else {
            return Err(CallError::UnknownState {
                route: self.reply.route,
                at: format!("{at}status"),
                given: status.clone(),
                known: names.names().collect::<Vec<_>>().join(", "),
            });
        };
        wire(state).clone_into(status);
        Ok(())
    }
}

fn entries(list: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    list.and_then(Value::as_array_mut).into_iter().flatten()
}
