//! The committed list of blind spots that are accepted, each with its reason. Pure but for reading the file.
//!
//! ```toml
//! [[blind_spot]]
//! stage = "synth"
//! kind = "leak_bytes_per_s=20000"
//! reason = "too small to be seen within one run; the soak looks for it"
//!
//! [[blind_spot]]
//! stage = "http.cancel"
//! kind = "sleep"
//! up_to_ms = 10
//! reason = "..."
//! ```

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use audio_api::fault::{FaultRule, FlagError, Stage, UnknownStage};
use run_report::{BlindSpot, ProveRule, StaleAllowance};
use serde::Deserialize;

/// Where the list usually is.
pub const USUAL_LIST: &str = "golden/blind_spots.toml";
/// The list as it was when this program was built.
const BUILT_IN: &str = include_str!("../../blind_spots.toml");
/// No reason is longer, in characters.
const MAX_REASON_CHARS: usize = 1_000;

/// Why a list cannot be used. Exit code 4.
#[derive(Debug, thiserror::Error)]
pub enum BlindSpotsError {
    /// The file cannot be read.
    #[error("read the list of blind spots {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is no list.
    #[error("{name}")]
    Syntax {
        /// The file.
        name: String,
        /// What is wrong with it.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// An entry makes no sense.
    #[error("{name}: blind_spot[{index}]")]
    Entry {
        /// The file.
        name: String,
        /// Which entry, from 0.
        index: usize,
        /// What is wrong with it.
        #[source]
        source: EntryError,
    },
}

/// What is wrong with an entry.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// The stage.
    #[error("stage: {0}")]
    Stage(#[from] UnknownStage),
    /// The kind.
    #[error("kind {given:?}: {source}")]
    Kind {
        /// What stood there.
        given: String,
        /// What is wrong with it.
        source: FlagError,
    },
    /// A kind with conditions.
    #[error("kind {0:?} has conditions; legal: a kind with its value, as in error=503, or sleep")]
    Conditions(String),
    /// No reason, or an endless one.
    #[error("reason is {0} characters long; legal: 1 to 1000")]
    Reason(usize),
    /// A magnitude where there is none, or none where there should be one.
    #[error("up_to_ms is {given}; legal: a number above 0 with kind = \"sleep\", and with no other kind")]
    UpTo {
        /// What stood there.
        given: String,
    },
    /// A second entry for the same thing.
    #[error("{0} stands there twice")]
    Twice(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    blind_spot: Vec<Wire>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    stage: String,
    kind: String,
    up_to_ms: Option<f64>,
    test: Option<String>,
    rule: Option<ProveRule>,
    reason: String,
}

/// What nobody needs to notice.
#[derive(Debug, Clone, PartialEq)]
struct Allowance {
    stage: Stage,
    what: What,
    test: Option<String>,
    rule: Option<ProveRule>,
    reason: String,
}

#[derive(Debug, Clone, PartialEq)]
enum What {
    /// A sleep of at most so many milliseconds.
    Sleep { up_to_ms: f64 },
    /// A kind with its value, as it is written.
    Other(String),
}

/// The list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BlindSpots(Vec<Allowance>);

/// A fault of the grid, as the list is asked about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked<'a> {
    /// Where it strikes.
    pub stage: Stage,
    /// The kind with its value, as in `truncate=0.5`.
    pub kind: &'a str,
    /// How long it sleeps, if it does.
    pub sleep: Option<Duration>,
}

impl BlindSpots {
    /// Reads the named list, else that in its usual place, else the one built in.
    ///
    /// # Errors
    /// A file that is named and not there, or anything in it that makes no sense.
    pub fn find(named: Option<&Path>) -> Result<Self, BlindSpotsError> {
        let usual = Path::new(USUAL_LIST);
        let path = match named {
            Some(path) => path,
            None if usual.is_file() => usual,
            None => return Self::parse("the built-in list of blind spots", BUILT_IN),
        };
        let text = fs::read_to_string(path).map_err(|source| BlindSpotsError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&path.display().to_string(), &text)
    }

    /// Reads a list, strictly.
    ///
    /// # Errors
    /// Anything that makes no sense, by its place.
    pub fn parse(name: &str, text: &str) -> Result<Self, BlindSpotsError> {
        let file: File = toml::from_str(text).map_err(|source| BlindSpotsError::Syntax {
            name: name.to_owned(),
            source: Box::new(source),
        })?;
        let mut list = Self::default();
        for (index, wire) in file.blind_spot.into_iter().enumerate() {
            list.add(wire).map_err(|source| BlindSpotsError::Entry {
                name: name.to_owned(),
                index,
                source,
            })?;
        }
        Ok(list)
    }

    fn add(&mut self, wire: Wire) -> Result<(), EntryError> {
        let allowance = Allowance::checked(wire)?;
        if self.0.iter().any(|other| other.is_about_the_same(&allowance)) {
            return Err(EntryError::Twice(allowance.in_words()));
        }
        self.0.push(allowance);
        Ok(())
    }

    /// Why it is accepted that `test` does not notice by `rule`, if it is; nobody at all where both are absent. An entry
    /// without a test or rule is about everybody.
    #[must_use]
    pub fn reason(&self, asked: &Asked<'_>, test: Option<&str>, rule: Option<ProveRule>) -> Option<&str> {
        let fits = |entry: &&Allowance| {
            entry.covers(asked)
                && (entry.test.is_none() || entry.test.as_deref() == test)
                && (entry.rule.is_none() || entry.rule == rule)
        };
        self.0.iter().find(fits).map(|entry| entry.reason.as_str())
    }

    /// Entries about faults that were `tested`, of which none is among the `found` blind spots.
    #[must_use]
    pub fn stale(&self, tested: &[Asked<'_>], found: &[BlindSpot]) -> Vec<StaleAllowance> {
        let is_stale = |entry: &&Allowance| {
            let about: Vec<&Asked<'_>> = tested.iter().filter(|asked| entry.covers(asked)).collect();
            let used = found.iter().any(|spot| entry.excuses(spot, &about));
            !about.is_empty() && !used
        };
        self.0
            .iter()
            .filter(is_stale)
            .map(|entry| StaleAllowance {
                entry: entry.in_words(),
                fails: matches!(entry.what, What::Other(_)),
            })
            .collect()
    }
}

impl Allowance {
    fn checked(wire: Wire) -> Result<Self, EntryError> {
        let stage: Stage = wire.stage.parse()?;
        let characters = wire.reason.trim().chars().count();
        if !(1..=MAX_REASON_CHARS).contains(&characters) {
            return Err(EntryError::Reason(characters));
        }
        let up_to = |given: Option<f64>| EntryError::UpTo {
            given: given.map_or_else(|| "missing".to_owned(), |ms| ms.to_string()),
        };
        let what = match (wire.kind.as_str(), wire.up_to_ms) {
            ("sleep", Some(up_to_ms)) if up_to_ms.is_finite() && up_to_ms > 0.0 => What::Sleep { up_to_ms },
            ("sleep", given) => return Err(up_to(given)),
            (_, Some(given)) => return Err(up_to(Some(given))),
            (kind, None) => What::Other(checked_kind(stage, kind)?),
        };
        Ok(Self {
            stage,
            what,
            test: wire.test,
            rule: wire.rule,
            reason: wire.reason.trim().to_owned(),
        })
    }

    fn covers(&self, asked: &Asked<'_>) -> bool {
        let same = match (&self.what, asked.sleep) {
            (What::Sleep { up_to_ms }, Some(sleep)) => sleep.as_secs_f64() * 1e3 <= *up_to_ms,
            (What::Other(kind), None) => kind == asked.kind,
            _ => false,
        };
        same && self.stage == asked.stage
    }

    fn excuses(&self, spot: &BlindSpot, about: &[&Asked<'_>]) -> bool {
        let fault_of = |asked: &&Asked<'_>| format!("{}:{}", asked.stage, asked.kind);
        about.iter().any(|asked| fault_of(asked) == spot.fault)
            && (self.test.is_none() || self.test == spot.test)
            && (self.rule.is_none() || self.rule == spot.rule)
    }

    fn is_about_the_same(&self, other: &Self) -> bool {
        let same_what = match (&self.what, &other.what) {
            (What::Sleep { .. }, What::Sleep { .. }) => true,
            (a, b) => a == b,
        };
        same_what && (self.stage, &self.test, self.rule) == (other.stage, &other.test, other.rule)
    }

    fn in_words(&self) -> String {
        let kind = match &self.what {
            What::Sleep { up_to_ms } => format!("sleep up to {up_to_ms} ms"),
            What::Other(kind) => kind.clone(),
        };
        let test = self.test.as_ref().map(|test| format!(" in {test}"));
        let rule = self.rule.map(|rule| format!(" by the {} rule", rule.as_str()));
        format!(
            "{}:{kind}{}{}",
            self.stage,
            test.unwrap_or_default(),
            rule.unwrap_or_default()
        )
    }
}

/// A kind as a flag has it, legal at this stage and without conditions.
fn checked_kind(stage: Stage, kind: &str) -> Result<String, EntryError> {
    if kind.contains(',') {
        return Err(EntryError::Conditions(kind.to_owned()));
    }
    let rule: Result<FaultRule, FlagError> = format!("{stage}:{kind}").parse();
    match rule {
        Ok(_) => Ok(kind.to_owned()),
        Err(source) => Err(EntryError::Kind {
            given: kind.to_owned(),
            source,
        }),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn entry(lines: &str) -> String {
        format!("[[blind_spot]]\n{lines}")
    }

    fn asked(stage: Stage, kind: &str, sleep_ms: Option<u64>) -> Asked<'_> {
        Asked {
            stage,
            kind,
            sleep: sleep_ms.map(Duration::from_millis),
        }
    }

    #[test]
    fn the_list_that_is_committed_can_be_read() {
        BlindSpots::parse("golden/blind_spots.toml", BUILT_IN).unwrap();
    }

    #[rstest]
    #[case::stage(
        "stage = \"voice\"\nkind = \"stall\"\nreason = \"r\"",
        "unknown stage \"voice\"; legal stages:"
    )]
    #[case::kind(
        "stage = \"synth\"\nkind = \"snooze\"\nreason = \"r\"",
        "unknown kind \"snooze\"; legal kinds:"
    )]
    #[case::kind_elsewhere(
        "stage = \"worker\"\nkind = \"truncate=0.5\"\nreason = \"r\"",
        "means nothing at stage worker"
    )]
    #[case::conditions(
        "stage = \"synth\"\nkind = \"error=500,p=0.1\"\nreason = \"r\"",
        "has conditions"
    )]
    #[case::no_reason(
        "stage = \"synth\"\nkind = \"stall\"\nreason = \"  \"",
        "reason is 0 characters long"
    )]
    #[case::missing_reason("stage = \"synth\"\nkind = \"stall\"", "missing field `reason`")]
    #[case::unknown_field(
        "stage = \"synth\"\nkind = \"stall\"\nreason = \"r\"\nwhy = 1",
        "unknown field `why`"
    )]
    #[case::no_magnitude("stage = \"synth\"\nkind = \"sleep\"\nreason = \"r\"", "up_to_ms is missing")]
    #[case::negative(
        "stage = \"synth\"\nkind = \"sleep\"\nup_to_ms = -1.0\nreason = \"r\"",
        "up_to_ms is -1"
    )]
    #[case::magnitude_of_a_stall(
        "stage = \"synth\"\nkind = \"stall\"\nup_to_ms = 5.0\nreason = \"r\"",
        "up_to_ms is 5"
    )]
    #[case::rule(
        "stage = \"synth\"\nkind = \"stall\"\nrule = \"luck\"\nreason = \"r\"",
        "unknown variant `luck`"
    )]
    fn an_entry_that_makes_no_sense_is_refused_by_its_place(#[case] lines: &str, #[case] says: &str) {
        let error = BlindSpots::parse("list.toml", &entry(lines)).unwrap_err();
        let said = run_context::chain(&error);
        assert!(said.starts_with("list.toml") && said.contains(says), "{said}");
    }

    #[test]
    fn two_entries_for_one_thing_are_refused() {
        let one = entry("stage = \"synth\"\nkind = \"stall\"\nreason = \"r\"\n");
        let error = BlindSpots::parse("list.toml", &(one.clone() + &one)).unwrap_err();
        let said = run_context::chain(&error);
        assert!(
            said.contains("blind_spot[1]") && said.contains("synth:stall stands there twice"),
            "{said}"
        );
    }

    #[test]
    fn an_entry_is_about_its_stage_and_kind_and_about_sleeps_up_to_its_magnitude() {
        let text = entry("stage = \"synth\"\nkind = \"sleep\"\nup_to_ms = 40\nreason = \"small\"\n")
            + &entry("stage = \"store\"\nkind = \"drop\"\nreason = \"harmless\"\n");
        let list = BlindSpots::parse("list.toml", &text).unwrap();
        let reason = |stage, kind, sleep_ms| list.reason(&asked(stage, kind, sleep_ms), None, None);
        assert_eq!(reason(Stage::Synth, "sleep=40ms", Some(40)), Some("small"));
        assert_eq!(reason(Stage::Synth, "sleep=41ms", Some(41)), None);
        assert_eq!(reason(Stage::Encode, "sleep=40ms", Some(40)), None);
        assert_eq!(reason(Stage::Store, "drop", None), Some("harmless"));
        assert_eq!(reason(Stage::Store, "stall", None), None);
    }

    #[test]
    fn an_entry_about_one_test_excuses_no_other() {
        let lines = "stage = \"synth\"\nkind = \"sleep\"\nup_to_ms = 5000\ntest = \"a (cold)\"\nrule = \"fixed\"\nreason = \"r\"";
        let list = BlindSpots::parse("list.toml", &entry(lines)).unwrap();
        let reason = |test, rule| list.reason(&asked(Stage::Synth, "sleep=5s", Some(5_000)), test, rule);
        assert_eq!(reason(Some("a (cold)"), Some(ProveRule::Fixed)), Some("r"));
        assert_eq!(reason(Some("b (cold)"), Some(ProveRule::Fixed)), None);
        assert_eq!(reason(None, None), None, "that nobody notices is another matter");
    }

    #[rstest]
    #[case::breakage("stage = \"store\"\nkind = \"drop\"\nreason = \"r\"", "store:drop", true)]
    #[case::slowdown(
        "stage = \"store\"\nkind = \"sleep\"\nup_to_ms = 10\nreason = \"r\"",
        "store:sleep up to 10 ms",
        false
    )]
    fn an_entry_for_what_is_noticed_is_stale_unless_it_was_not_tested(
        #[case] lines: &str,
        #[case] words: &str,
        #[case] fails: bool,
    ) {
        let list = BlindSpots::parse("list.toml", &entry(lines)).unwrap();
        let tested = [
            asked(Stage::Store, "drop", None),
            asked(Stage::Store, "sleep=10ms", Some(10)),
        ];
        let expected = StaleAllowance {
            entry: words.to_owned(),
            fails,
        };
        assert_eq!(list.stale(&tested, &[]), [expected]);
        assert_eq!(list.stale(&[], &[]), []);
        let found = ["store:drop", "store:sleep=10ms"].map(|fault| BlindSpot {
            stage: "store".into(),
            fault: fault.into(),
            test: None,
            rule: None,
            allowed: Some("r".into()),
        });
        assert_eq!(list.stale(&tested, &found), []);
    }
}
