//! What server a profile needs: a server of our own is started so, a target of others has to be so, as far as it can be told.

use audio_client::{Capability, Client};
use run_context::{Target, Where};

use super::scenario::{Needs, Scenario};

/// What a target lacks. Exit code 4.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the target lacks what profile {profile} needs: {what}; {remedy}")]
pub(super) struct Lacking {
    profile: String,
    what: String,
    remedy: &'static str,
}

impl Needs {
    /// As arguments of the reference server.
    fn args(&self) -> Vec<String> {
        let pairs = [
            ("max-active-jobs", self.max_active_jobs.map(|n| n.to_string())),
            ("retain-jobs", self.retain_jobs.map(|n| n.to_string())),
            ("cache-bytes", self.cache_bytes.clone()),
            ("workers", self.workers.map(|n| n.to_string())),
            ("voice-cost", self.voice_cost.map(|cost| cost.to_string())),
        ];
        let given = pairs.into_iter().filter_map(|(name, value)| Some((name, value?)));
        given.map(|(name, value)| format!("--{name}={value}")).collect()
    }
}

/// The target with what the profile needs, where it is started by us. What the command line says stands.
pub(super) fn with_needs(target: Target, scenario: &Scenario) -> Target {
    let given: Vec<String> = match &target.place {
        Where::Own { args, .. } => args.clone(),
        Where::Remote { .. } => return target,
    };
    let name = |arg: &str| arg.split('=').next().unwrap_or_default().to_owned();
    let is_open = |arg: &String| !given.iter().any(|known| name(known) == name(arg));
    let args: Vec<String> = scenario.needs.args().into_iter().filter(is_open).collect();
    let faults = scenario.faults.iter().map(|fault| fault.flag.clone());
    target.with_server_args(args).with_faults(faults)
}

/// Whether a target of others is what the profile needs.
///
/// # Errors
/// What it lacks. How many jobs may be active is known by what its target profile says; what it keeps, and what its voice costs,
/// cannot be told, and is given back as notices.
pub(super) fn held_by(client: &Client, scenario: &Scenario, workers: u64) -> Result<Vec<String>, Lacking> {
    let lacking = |what: String, remedy| {
        Err(Lacking {
            profile: scenario.name.clone(),
            what,
            remedy,
        })
    };
    let needs = &scenario.needs;
    let limit = client.profile().limits.max_active_jobs;
    if let Some(needed) = needs.max_active_jobs.filter(|needed| limit < *needed as usize) {
        return lacking(
            format!("{needed} active jobs, and its target profile says limits.max_active_jobs = {limit}"),
            "start it with --max-active-jobs and say so in a target profile (--target)",
        );
    }
    if let Some(needed) = needs.workers.filter(|needed| workers < u64::from(*needed)) {
        return lacking(
            format!("{needed} workers, and {workers} are online"),
            "give it more workers",
        );
    }
    if !scenario.faults.is_empty() && !client.has_faults() {
        return lacking(
            "it has to be given faults, and takes none".to_owned(),
            "name its admin token with --admin-token-env, and capability faults in its target profile",
        );
    }
    let untold = [
        ("--retain-jobs", needs.retain_jobs.map(|n| n.to_string())),
        ("--cache-bytes", needs.cache_bytes.clone()),
        ("--voice-cost", needs.voice_cost.map(|cost| cost.to_string())),
    ];
    let untold = untold.into_iter().filter_map(|(flag, value)| {
        let value = value?;
        Some(format!(
            "the profile is meant for a server with {flag} {value}, which cannot be told of this target"
        ))
    });
    Ok(untold.collect())
}

/// Without a status nothing can be said of the server at all.
pub(super) fn has_status(client: &Client, scenario: &Scenario) -> Result<(), Lacking> {
    if client.profile().can(Capability::Status) {
        return Ok(());
    }
    Err(Lacking {
        profile: scenario.name.clone(),
        what: "a status snapshot, by which it is known whether it comes to rest".to_owned(),
        remedy: "legal is a target with capability status",
    })
}
