//! What a run reads before it starts: the target's profile, the cases, the baseline; and what it is going to do.

use std::{path::Path, sync::Arc};

use audio_client::{TargetProfile, profile::ProfileError};
use perf_guard::TimedKey;

use crate::{
    cases::{CaseSet, CasesError, Expected, ExpectedError, USUAL_DIR},
    cli::{Purpose, Settings, UsageError},
    guard::{BaselineError, BaselineFile, find, refuse_unfireable, thresholds},
    suite::{Demand, ProofPart, TestSpec, selected},
    timed::{Decided, Repeating, TimedPlan},
};

/// What a run reads before it starts, and what it is going to do.
#[derive(Debug)]
pub struct Inputs {
    /// What the target is and can do.
    pub profile: Arc<TargetProfile>,
    /// The texts.
    pub cases: CaseSet,
    /// What is expected of the audio.
    pub expected: Option<Expected>,
    /// The baseline, narrowed to what this run times.
    pub baseline: BaselineFile,
    /// The tests of correctness.
    pub checks: Vec<&'static TestSpec>,
    /// The timed tests.
    pub timed: TimedPlan,
    /// How long they are repeated.
    pub repeating: Repeating,
}

/// Why an input cannot be used. Exit code 4.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The cases.
    #[error(transparent)]
    Cases(#[from] CasesError),
    /// The expectations.
    #[error(transparent)]
    Expected(#[from] ExpectedError),
    /// The baseline.
    #[error(transparent)]
    Baseline(#[from] BaselineError),
    /// A proof needs thresholds.
    #[error("a proof needs a baseline, and there is none at {0}; `golden run --update-baseline` writes one")]
    NoBaseline(String),
}

impl Inputs {
    /// Reads everything.
    ///
    /// # Errors
    /// An input that cannot be used.
    pub fn read(settings: &Settings) -> Result<Self, InputError> {
        let (profile, cases) = profile_and_cases(settings.profile.as_deref(), settings.cases.as_deref())?;
        let expected = cases.expected(&profile.name)?;
        let checks = selected(|name| settings.takes(name)).into_iter();
        let checks: Vec<_> = checks.filter(|spec| belongs(spec, &settings.purpose)).collect();
        let takes = |name: &str| settings.takes(name);
        let timed = TimedPlan::new((&cases, &profile), takes, &settings.states, settings.repeats);
        let mut baseline = find(settings.baseline.as_deref())?;
        narrow(&mut baseline, settings);
        let repeating = match (&settings.purpose, &baseline.baseline) {
            (Purpose::Proof(_), Some(baseline)) => {
                Repeating::UntilDecided(Decided::by(thresholds(baseline, settings.policy.flags)))
            }
            (Purpose::Proof(_), None) => {
                return Err(InputError::NoBaseline(baseline.path.display().to_string()));
            }
            _ => Repeating::Always,
        };
        Ok(Self {
            profile: Arc::new(profile),
            cases,
            expected,
            baseline,
            checks,
            timed,
            repeating,
        })
    }

    /// What all tests together submit.
    #[must_use]
    pub fn demand(&self) -> Demand {
        let checks: Demand = self.checks.iter().map(|spec| (spec.demand)(&self.cases)).sum();
        checks + self.timed.demand(&self.cases)
    }

    /// Refuses a run that makes no sense, before anything is asked of the target.
    ///
    /// # Errors
    /// What cannot be meant.
    pub fn check(&self, settings: &Settings) -> Result<(), UsageError> {
        if self.checks.is_empty() && self.timed.tests.is_empty() && self.timed.skipped.is_empty() {
            return Err(UsageError::NoTest(settings.filter.join(" ")));
        }
        let Demand { jobs, characters } = self.demand();
        if let Some(allowed) = settings.max_characters.filter(|allowed| characters > *allowed) {
            return Err(UsageError::TooManyCharacters {
                planned: characters,
                jobs,
                allowed,
            });
        }
        // An update may be the remedy for the very baseline that could not fire.
        if !matches!(settings.purpose, Purpose::UpdateBaseline(_)) {
            let baseline = self.baseline.baseline.as_ref();
            refuse_unfireable(&self.timed, baseline, settings.policy.flags, settings.job_timeout)?;
        }
        Ok(())
    }
}

/// The target's profile and the texts: the named ones, else the reference server's profile and the usual cases.
///
/// # Errors
/// When they cannot be used.
pub fn profile_and_cases(
    profile: Option<&Path>,
    cases: Option<&Path>,
) -> Result<(TargetProfile, CaseSet), InputError> {
    let profile = match profile {
        Some(path) => TargetProfile::load(path)?,
        None => TargetProfile::reference(),
    };
    let usual = Path::new(USUAL_DIR);
    let cases = match cases {
        Some(dir) => CaseSet::load(dir)?,
        None if usual.is_dir() => CaseSet::load(usual)?,
        None => CaseSet::built_in()?,
    };
    Ok((profile, cases))
}

fn belongs(spec: &TestSpec, purpose: &Purpose) -> bool {
    match purpose {
        Purpose::Proof(_) => spec.proof == ProofPart::Runs,
        Purpose::Grid(_) => spec.proof != ProofPart::TimesItself,
        _ => true,
    }
}

/// What this run leaves out on purpose is not missing.
fn narrow(file: &mut BaselineFile, settings: &Settings) {
    let measured_on_purpose = |key: &TimedKey| {
        let test = key.test.split('.').next().unwrap_or_default();
        settings.takes(test) && settings.states.contains(&key.cache)
    };
    if let Some(baseline) = &mut file.baseline
        && !matches!(settings.purpose, Purpose::UpdateBaseline(_))
    {
        baseline.retain(measured_on_purpose);
    }
}
