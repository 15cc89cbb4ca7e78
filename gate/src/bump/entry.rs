//! BUMPS.md: one entry for every change of a frozen file, the newest last. People read it, and `gate verify` does.

use std::fmt;

use jiff::Timestamp;

/// A file and the digest of its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digest {
    /// Its name, without a directory: frozen files lie beside BUMPS.md.
    pub(crate) file: String,
    /// SHA-256 in lower-case hexadecimal digits.
    pub sha256: String,
}

/// One metric, before and after.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    pub(super) metric: String,
    pub(super) before: Option<f64>,
    pub(super) after: Option<f64>,
}

/// An entry to write.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) at: Timestamp,
    pub(super) reason: &'static str,
    pub(super) what: &'a str,
    pub(super) why: &'a str,
    pub(super) policy_still_fits: &'a str,
    pub(super) commit: &'a str,
    pub(super) baseline: Digest,
    pub(super) policy: Digest,
    pub(super) changes: &'a [Change],
}

const BASELINE: &str = "- baseline: ";
const POLICY: &str = "- policy: ";
const DIGEST: &str = ", sha256 ";

/// What stands in BUMPS.md, as far as a program needs it: of every entry the digests of both files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Bumps {
    entries: Vec<(Digest, Digest)>,
}

/// Why a text is no BUMPS.md. Exit code 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EntryError {
    /// An entry does not say what it is about.
    #[error("entry {number} ({title}) of the bumps has no line `{line}FILE{DIGEST}DIGITS`")]
    Incomplete {
        /// From 1.
        number: usize,
        /// Its title.
        title: String,
        /// How the line begins.
        line: &'static str,
    },
    /// Nothing would change.
    #[error("{file} is frozen already, with this policy: nothing would change")]
    Repeated {
        /// The baseline.
        file: String,
    },
}

impl Bumps {
    /// What a new file begins with.
    pub(crate) const HEAD: &'static str = "# Bumps\n\nEvery change of a frozen baseline or of its policy, the newest last, written by \
                                    `gate bump`. `gate verify` holds\nthe files to the last entry about each; entries are \
                                    added and never changed.\n";

    /// Reads a file's text.
    ///
    /// # Errors
    /// An entry that does not say which files it is about.
    pub(crate) fn parse(text: &str) -> Result<Self, EntryError> {
        let mut sections = text.split("\n## ");
        // What stands before the first entry.
        sections.next();
        let entries = sections.enumerate().map(|(i, section)| {
            let title = section.lines().next().unwrap_or_default();
            let find = |line: &'static str| {
                digest(section, line).ok_or_else(|| EntryError::Incomplete {
                    number: i + 1,
                    title: title.to_owned(),
                    line,
                })
            };
            Ok((find(BASELINE)?, find(POLICY)?))
        });
        Ok(Self {
            entries: entries.collect::<Result<_, _>>()?,
        })
    }

    /// What the last entry about each file says of it: baselines and policies, in the order of their first entries.
    #[must_use]
    pub(crate) fn last(&self) -> Vec<&Digest> {
        let mut last: Vec<&Digest> = Vec::new();
        for digest in self
            .entries
            .iter()
            .flat_map(|(baseline, policy)| [baseline, policy])
        {
            match last.iter_mut().find(|known| known.file == digest.file) {
                Some(known) => *known = digest,
                None => last.push(digest),
            }
        }
        last
    }

    /// Whether anything is frozen at all.
    #[must_use]
    pub(crate) const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn refuse_repeated(&self, entry: &Entry<'_>) -> Result<(), EntryError> {
        let last = self.last();
        if last.contains(&&entry.baseline) && last.contains(&&entry.policy) {
            return Err(EntryError::Repeated {
                file: entry.baseline.file.clone(),
            });
        }
        Ok(())
    }
}

fn digest(section: &str, line: &str) -> Option<Digest> {
    let found = section.lines().find_map(|text| text.strip_prefix(line))?;
    let (file, sha256) = found.split_once(DIGEST)?;
    let legal = sha256.len() == 64 && sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (legal && !file.is_empty() && !file.contains('/')).then(|| Digest {
        file: file.to_owned(),
        sha256: sha256.to_owned(),
    })
}

impl fmt::Display for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## {:.0} {}: {}\n", self.at, self.baseline.file, self.reason)?;
        writeln!(f, "- what: {}", one_line(self.what))?;
        writeln!(f, "- why: {}", one_line(self.why))?;
        writeln!(f, "- the policy still fits: {}", one_line(self.policy_still_fits))?;
        writeln!(f, "- measured at: {}", self.commit)?;
        writeln!(
            f,
            "{BASELINE}{}{DIGEST}{}",
            self.baseline.file, self.baseline.sha256
        )?;
        writeln!(f, "{POLICY}{}{DIGEST}{}\n", self.policy.file, self.policy.sha256)?;
        writeln!(f, "| metric | before | after | change |")?;
        writeln!(f, "|---|--:|--:|--:|")?;
        for change in self.changes {
            let [before, after, percent] = change.cells();
            writeln!(
                f,
                "| {} | {before} | {after} | {percent} |",
                one_line(&change.metric)
            )?;
        }
        Ok(())
    }
}

impl Change {
    fn cells(&self) -> [String; 3] {
        let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
        let percent = match (self.before, self.after) {
            (Some(before), Some(after)) if before != 0.0 => {
                format!("{:+.1} %", (after / before - 1.0) * 100.0)
            }
            (None, _) => "new".to_owned(),
            (Some(_), None) => "removed".to_owned(),
            _ => "-".to_owned(),
        };
        [number(self.before), number(self.after), percent]
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [before, after, percent] = self.cells();
        write!(f, "{}: {before} before, {after} after ({percent})", self.metric)
    }
}

/// A text that cannot begin a line, a heading or a cell of its own.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry<'a>(what: &'a str, baseline: &'a str, policy: &'a str) -> Entry<'a> {
        let digest = |file: &str, digit: &str| Digest {
            file: file.to_owned(),
            sha256: digit.repeat(64),
        };
        Entry {
            at: Timestamp::UNIX_EPOCH,
            reason: "measurement-correction",
            what,
            why: "why",
            policy_still_fits: "it does",
            commit: "0123",
            baseline: digest("baseline_cp1.json", baseline),
            policy: digest("policy_cp1.json", policy),
            changes: &[],
        }
    }

    fn file(entries: &[Entry<'_>]) -> String {
        let entries = entries.iter().map(|entry| format!("\n{entry}"));
        Bumps::HEAD.to_owned() + &entries.collect::<String>()
    }

    #[test]
    fn the_last_entry_about_a_file_counts() {
        let text = file(&[entry("one", "a", "b"), entry("two", "c", "b")]);
        let bumps = Bumps::parse(&text).unwrap();
        let last: Vec<_> = bumps.last().iter().map(|digest| digest.sha256.as_str()).collect();
        assert_eq!(last, ["c".repeat(64), "b".repeat(64)]);
        assert!(bumps.refuse_repeated(&entry("again", "c", "b")).is_err());
        assert!(bumps.refuse_repeated(&entry("back", "a", "b")).is_ok());
        assert!(bumps.refuse_repeated(&entry("another policy", "c", "d")).is_ok());
        assert!(Bumps::parse(Bumps::HEAD).unwrap().is_empty());
    }

    #[test]
    fn an_entry_without_its_digests_is_an_error() {
        let whole = file(&[entry("one", "a", "b")]);
        for broken in [whole.replace(BASELINE, "- base: "), whole.replace("bbb", "xyz")] {
            assert!(Bumps::parse(&broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn figures_are_told_before_and_after() {
        let change = |before, after| Change {
            metric: "rps".into(),
            before,
            after,
        };
        let told = |before, after| change(before, after).to_string();
        assert_eq!(
            told(Some(100.0), Some(90.0)),
            "rps: 100 before, 90 after (-10.0 %)"
        );
        assert_eq!(told(None, Some(90.0)), "rps: - before, 90 after (new)");
        assert_eq!(told(Some(0.0), Some(0.0)), "rps: 0 before, 0 after (-)");
        assert_eq!(told(Some(1.0), None), "rps: 1 before, - after (removed)");
    }

    proptest! {
        #[test]
        fn no_text_can_pretend_to_be_an_entry(what in "(\n|## |- baseline: |[a-f]|, sha256 |\\||.){0,40}") {
            let text = file(&[entry(&what, "a", "b")]);
            let bumps = Bumps::parse(&text).unwrap();
            prop_assert_eq!(bumps.last().len(), 2);
            prop_assert_eq!(bumps.last()[0].sha256.clone(), "a".repeat(64));
        }
    }
}
