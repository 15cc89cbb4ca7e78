//! The texts of the suite and what is expected of their audio, as data: a user adds a case by adding a file.

mod case;
mod expected;
mod nonce;

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

pub use case::{Case, CaseFault, Timing, Tolerances};
pub use expected::{AudioDigest, Expected, ExpectedAudio, ExpectedError};
pub use nonce::Nonce;

/// Where the cases of this repository lie, seen from its root; used when it is there and nothing else is named.
pub const USUAL_DIR: &str = "golden/cases";

/// Beside the cases, what is expected of each target's audio.
const EXPECTED_DIR: &str = "expected";

/// Tests of the suite work on these, whatever else there is.
const NEEDED: [&str; 5] = ["test_1", "test_2", "test_3", "multi_segment", "cancel"];

/// The cases of this repository as they were when this was built.
const BUILT_IN: [(&str, &str); 5] = [
    ("cancel.toml", include_str!("../../cases/cancel.toml")),
    (
        "multi_segment.toml",
        include_str!("../../cases/multi_segment.toml"),
    ),
    ("test_1.toml", include_str!("../../cases/test_1.toml")),
    ("test_2.toml", include_str!("../../cases/test_2.toml")),
    ("test_3.toml", include_str!("../../cases/test_3.toml")),
];
const BUILT_IN_EXPECTED: [(&str, &str); 1] =
    [("reference", include_str!("../../cases/expected/reference.toml"))];

/// All cases of a run, by name. The ones that the suite's own tests need are there.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseSet {
    cases: Vec<Case>,
    /// Where they come from; `None` when they are the built-in ones.
    dir: Option<PathBuf>,
}

/// Why there are no cases.
#[derive(Debug, thiserror::Error)]
pub enum CasesError {
    /// The directory or a file in it cannot be read.
    #[error("read {}", path.display())]
    Read {
        /// What.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file is no case.
    #[error("case {file}")]
    Case {
        /// The file.
        file: String,
        /// What is wrong with it.
        #[source]
        source: Box<CaseFault>,
    },
    /// Two files with one name in them.
    #[error("two cases are called {0}; legal: each name once")]
    Twice(String),
    /// A case that the suite's own tests need.
    #[error("{place} has no case {name}; the suite needs {}", NEEDED.join(", "))]
    Missing {
        /// Where it was looked for.
        place: String,
        /// The case.
        name: &'static str,
    },
}

impl CaseSet {
    /// The cases in `dir`: all of its `*.toml` files.
    ///
    /// # Errors
    /// When a file cannot be read or is no case, when a name comes twice, or when a needed case is missing.
    pub fn load(dir: &Path) -> Result<Self, CasesError> {
        let read = |path: &Path| {
            let path = path.to_owned();
            move |source| CasesError::Read { path, source }
        };
        let mut files = Vec::new();
        for entry in fs::read_dir(dir).map_err(read(dir))? {
            let path = entry.map_err(read(dir))?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let text = fs::read_to_string(&path).map_err(read(&path))?;
                files.push((path.display().to_string(), text));
            }
        }
        let files = files.iter().map(|(file, text)| (file.as_str(), text.as_str()));
        Self::parse(files, Some(dir.to_owned()))
    }

    /// The cases that were built in.
    ///
    /// # Errors
    /// Never in a released build: a test reads them.
    pub fn built_in() -> Result<Self, CasesError> {
        Self::parse(BUILT_IN.into_iter(), None)
    }

    fn parse<'a>(
        files: impl Iterator<Item = (&'a str, &'a str)>,
        dir: Option<PathBuf>,
    ) -> Result<Self, CasesError> {
        let mut cases = files
            .map(|(file, text)| {
                Case::parse(text).map_err(|source| CasesError::Case {
                    file: file.to_owned(),
                    source: Box::new(source),
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        cases.sort_by(|a, b| (suite_order(&a.name), &a.name).cmp(&(suite_order(&b.name), &b.name)));
        let mut seen = BTreeSet::new();
        if let Some(twice) = cases.iter().find(|case| !seen.insert(&case.name)) {
            return Err(CasesError::Twice(twice.name.clone()));
        }
        if let Some(name) = NEEDED
            .into_iter()
            .find(|name| !seen.contains(&(*name).to_owned()))
        {
            let place = dir.map_or_else(|| "the built-in set".to_owned(), |dir| dir.display().to_string());
            return Err(CasesError::Missing { place, name });
        }
        Ok(Self { cases, dir })
    }

    /// What is expected of a target's audio; `None` when nobody has recorded that.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn expected(&self, target: &str) -> Result<Option<Expected>, ExpectedError> {
        match &self.dir {
            Some(dir) => Expected::load(&expected_path(dir, target)),
            None => BUILT_IN_EXPECTED
                .into_iter()
                .find(|(name, _)| *name == target)
                .map(|(_, text)| Expected::parse(text))
                .transpose(),
        }
    }

    /// Where a target's expectations are written.
    #[must_use]
    pub fn expected_path(&self, target: &str) -> PathBuf {
        expected_path(self.dir.as_deref().unwrap_or(Path::new(USUAL_DIR)), target)
    }

    /// All cases: those of the suite in their order, then others by name.
    pub fn iter(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter()
    }

    /// The cases that are timed.
    pub fn timed(&self) -> impl Iterator<Item = &Case> {
        self.iter().filter(|case| case.timing == Timing::Timed)
    }

    /// A case by name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.name == name)
    }

    /// A case that every set has.
    ///
    /// # Panics
    /// When `name` is not one of those: a mistake in the suite itself.
    #[must_use]
    pub fn needed(&self, name: &str) -> &Case {
        match self.get(name) {
            Some(case) => case,
            None => unreachable!("{name} is not among the needed cases {NEEDED:?}"),
        }
    }
}

fn expected_path(dir: &Path, target: &str) -> PathBuf {
    dir.join(EXPECTED_DIR).join(format!("{target}.toml"))
}

fn suite_order(name: &str) -> usize {
    NEEDED
        .iter()
        .position(|needed| *needed == name)
        .unwrap_or(NEEDED.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("cases")
    }

    #[test]
    fn what_is_built_in_is_what_lies_in_the_directory() {
        let built_in = CaseSet::built_in().unwrap();
        let on_disk = CaseSet::load(&repository()).unwrap();
        assert_eq!(built_in.cases, on_disk.cases);
        assert_eq!(
            built_in.expected("reference").unwrap(),
            on_disk.expected("reference").unwrap()
        );
        assert_eq!(
            built_in.iter().map(|case| case.name.as_str()).collect::<Vec<_>>(),
            NEEDED
        );
    }

    #[test]
    fn the_texts_are_as_long_as_the_suite_says() {
        let cases = CaseSet::built_in().unwrap();
        let sentences = |name: &str| cases.needed(name).text(&Nonce::FIXED).matches(". ").count() + 1;
        assert_eq!(sentences("multi_segment"), 60);
        assert_eq!(sentences("cancel"), 40);
        assert_eq!(sentences("test_2"), 4);
    }

    #[test]
    fn no_sentence_comes_twice_or_a_cold_job_would_find_its_own_segments_cached() {
        for case in CaseSet::built_in().unwrap().iter() {
            let text = case.text(&Nonce::FIXED);
            let sentences: Vec<&str> = text.split_inclusive(". ").collect();
            let distinct: BTreeSet<&&str> = sentences.iter().collect();
            assert_eq!(distinct.len(), sentences.len(), "{}", case.name);
        }
    }

    #[test]
    fn a_file_more_is_a_case_more_and_a_needed_one_less_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        for (file, text) in BUILT_IN {
            fs::write(dir.path().join(file), text).unwrap();
        }
        let own = BUILT_IN[2].1.replace("\"test_1\"", "\"my_case\"");
        fs::write(dir.path().join("mine.toml"), &own).unwrap();
        fs::write(dir.path().join("notes.md"), "not a case").unwrap();
        let cases = CaseSet::load(dir.path()).unwrap();
        assert_eq!(
            cases.iter().last().map(|case| case.name.as_str()),
            Some("my_case")
        );
        assert_eq!(cases.expected("reference").unwrap(), None);

        fs::write(dir.path().join("again.toml"), own).unwrap();
        assert_eq!(
            CaseSet::load(dir.path()).unwrap_err().to_string(),
            "two cases are called my_case; legal: each name once"
        );
        fs::remove_file(dir.path().join("again.toml")).unwrap();
        fs::remove_file(dir.path().join("cancel.toml")).unwrap();
        assert!(
            CaseSet::load(dir.path())
                .unwrap_err()
                .to_string()
                .contains("has no case cancel")
        );
    }
}
