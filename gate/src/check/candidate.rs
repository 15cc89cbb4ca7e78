//! Which file is the candidate.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use run_context::Surroundings;

/// The variable that names the candidate where no flag does.
pub(super) const VARIABLE: &str = "CANDIDATE_FILE";

/// The candidate's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// Where it is.
    pub(super) path: PathBuf,
    /// How it came to be chosen, where that was not by its name.
    pub(super) chosen: Option<String>,
}

/// Why there is no candidate. Exit code 4.
#[derive(Debug, thiserror::Error)]
pub(super) enum CandidateError {
    /// No pattern.
    #[error("candidate {pattern}: {source}")]
    Pattern {
        pattern: String,
        #[source]
        source: glob::PatternError,
    },
    /// A pattern that nothing matches.
    #[error("candidate {pattern}: no file matches it")]
    Nothing { pattern: String },
    /// Something that cannot be looked at.
    #[error("candidate {pattern}")]
    Unreadable {
        pattern: String,
        #[source]
        source: std::io::Error,
    },
}

/// The candidate that the flag or the variable names, the flag first; `None` when neither does, and one has to be measured.
pub(super) fn candidate(
    flag: Option<&str>,
    around: &Surroundings,
) -> Result<Option<Candidate>, CandidateError> {
    match flag.or_else(|| around.get(VARIABLE)) {
        None => Ok(None),
        Some(given) => resolve(given).map(Some),
    }
}

/// A name that is there is that file, whatever characters it has; anything else with a wildcard is a pattern, of which the
/// file that was modified last wins, and of several of one moment the last by name.
fn resolve(given: &str) -> Result<Candidate, CandidateError> {
    let path = Path::new(given);
    if path.exists() || !given.contains(['*', '?', '[']) {
        return Ok(Candidate {
            path: path.to_owned(),
            chosen: None,
        });
    }
    let pattern = || given.to_owned();
    let found = glob::glob(given).map_err(|source| CandidateError::Pattern {
        pattern: pattern(),
        source,
    })?;
    let mut files: Vec<(SystemTime, PathBuf)> = Vec::new();
    for path in found {
        let unreadable = |source| CandidateError::Unreadable {
            pattern: pattern(),
            source,
        };
        let path = path.map_err(|error| unreadable(error.into()))?;
        let about = fs::metadata(&path).map_err(unreadable)?;
        if about.is_file() {
            files.push((about.modified().map_err(unreadable)?, path));
        }
    }
    let count = files.len();
    let newest = files.into_iter().max();
    let (_, path) = newest.ok_or_else(|| CandidateError::Nothing { pattern: pattern() })?;
    Ok(Candidate {
        path,
        chosen: Some(format!("the newest of {count} that match {given}")),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn file(dir: &Path, name: &str, age_s: u64) -> PathBuf {
        let path = dir.join(name);
        let file = fs::File::create(&path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age_s))
            .unwrap();
        path
    }

    #[test]
    fn of_a_pattern_the_newest_wins_and_it_says_of_how_many() {
        let dir = tempfile::tempdir().unwrap();
        file(dir.path(), "perf_baseline_z.json", 100);
        let newest = file(dir.path(), "perf_baseline_a.json", 10);
        file(dir.path(), "other.json", 1);
        fs::create_dir(dir.path().join("perf_baseline_dir.json")).unwrap();
        let pattern = format!("{}/perf_baseline_*.json", dir.path().display());
        let found = resolve(&pattern).unwrap();
        assert_eq!(found.path, newest);
        assert!(found.chosen.unwrap().starts_with("the newest of 2 that match "));
    }

    #[test]
    fn a_name_that_is_there_is_no_pattern_and_one_that_matches_nothing_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let odd = file(dir.path(), "run[1].json", 1);
        assert_eq!(resolve(odd.to_str().unwrap()).unwrap().chosen, None);
        let pattern = format!("{}/none_*.json", dir.path().display());
        let error = resolve(&pattern).unwrap_err().to_string();
        assert!(error.contains("no file matches"), "{error}");
        assert!(resolve("a[").is_err());
    }

    #[test]
    fn the_flag_goes_before_the_variable_and_neither_is_nothing() {
        let mut around = Surroundings::default();
        assert_eq!(candidate(None, &around).unwrap(), None);
        around.variables.insert(VARIABLE.into(), "b.json".into());
        let path = |flag| candidate(flag, &around).unwrap().unwrap().path;
        assert_eq!(path(None), Path::new("b.json"));
        assert_eq!(path(Some("a.json")), Path::new("a.json"));
    }
}
