//! What every page has: a verdict with its reasons first, then what was run.

use perf_guard::Environment;

use super::shown::{name, sentence};
use crate::exit::RunExit;

/// Reasons of a verdict that are told; what is beyond has said enough.
const MOST_REASONS: usize = 500;

/// How something is meant. It has a sign and a word too, never a colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// Not known, or to be looked at.
    Doubtful,
    /// Neither.
    Plain,
}

impl Tone {
    /// Of a command's end.
    pub(super) const fn of(exit: RunExit) -> Self {
        match exit {
            RunExit::Pass => Self::Good,
            RunExit::Inconclusive => Self::Doubtful,
            _ => Self::Bad,
        }
    }

    /// Its class in the style sheet.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Doubtful => "doubtful",
            Self::Plain => "plain",
        }
    }

    /// Its sign.
    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Bad => "✗",
            Self::Doubtful => "?",
            Self::Plain => "–",
        }
    }
}

/// A word with its tone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Badge {
    pub(super) tone: Tone,
    pub(super) word: String,
}

impl Badge {
    pub(super) fn new(tone: Tone, word: impl Into<String>) -> Self {
        Self {
            tone,
            word: word.into(),
        }
    }
}

/// A figure that stands out.
#[derive(Debug, Clone)]
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) tone: Tone,
}

/// Something that is known of a run.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    pub(super) name: &'static str,
    pub(super) value: String,
}

/// The frame of a page.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// Kind of the page, as in `Golden run`.
    pub(super) kind: &'static str,
    /// What it is about, as in `reference at http://127.0.0.1:8000`.
    pub(super) subject: String,
    /// How it ended.
    pub(super) exit: RunExit,
    /// The same in a sentence.
    pub(super) summary: String,
    /// Why it did not pass.
    pub(super) reasons: Vec<String>,
    /// What people should know, that changes no verdict.
    pub(super) notices: Vec<String>,
    /// Figures that stand out.
    pub(super) figures: Vec<Figure>,
    /// What was run.
    pub(super) facts: Vec<Fact>,
    /// Ids and titles of the sections.
    pub(super) sections: Vec<(&'static str, &'static str)>,
    /// The file that the page shows, with its version.
    pub(super) source: String,
}

impl Frame {
    pub(super) const fn tone(&self) -> Tone {
        Tone::of(self.exit)
    }

    /// As people read it, with a capital letter.
    pub(super) const fn word(&self) -> &'static str {
        match self.exit {
            RunExit::Pass => "Passed",
            RunExit::Failed => "Failed",
            RunExit::Usage => "Wrong usage",
            RunExit::Inconclusive => "Inconclusive",
            RunExit::CouldNotRun => "Could not run",
            RunExit::Interrupted => "Interrupted",
        }
    }
}

/// Reasons as sentences, each with its exit code where they differ.
pub(super) fn reasons<'a>(reasons: impl IntoIterator<Item = (RunExit, &'a str)>) -> Vec<String> {
    let reasons: Vec<(RunExit, &str)> = reasons.into_iter().collect();
    let mixed = reasons.windows(2).any(|pair| pair[0].0 != pair[1].0);
    let shown = reasons.into_iter().take(MOST_REASONS).map(|(exit, text)| {
        let text = sentence(text);
        if mixed {
            format!("{text} (exit {})", exit.code())
        } else {
            text
        }
    });
    shown.collect()
}

/// Ids and titles of the sections that a page has, of all it could have.
pub(super) fn sections(
    all: impl IntoIterator<Item = (bool, &'static str, &'static str)>,
) -> Vec<(&'static str, &'static str)> {
    let shown = all.into_iter().filter(|(is, ..)| *is);
    shown.map(|(_, id, title)| (id, title)).collect()
}

/// Facts, left out where nothing is known.
pub(super) fn facts(pairs: impl IntoIterator<Item = (&'static str, Option<String>)>) -> Vec<Fact> {
    let known = pairs.into_iter().filter_map(|(name, value)| {
        let value = value.filter(|value| !value.is_empty())?;
        Some(Fact { name, value })
    });
    known.collect()
}

/// A machine in words.
pub(super) fn machine(environment: &Environment) -> String {
    let mut text = format!("{} {}", environment.os, environment.arch);
    if let Some(cpu) = &environment.cpu_model {
        text += &format!(", {cpu}");
    }
    text += &format!(
        ", {} {}",
        environment.cores,
        if environment.cores == 1 { "core" } else { "cores" }
    );
    if let Some(bytes) = environment.memory_bytes {
        text += &format!(", {:.1} GiB", bytes as f64 / f64::from(1 << 30));
    }
    name(&text)
}

/// A commit, and whether the tree had changes beyond it.
pub(super) fn commit(commit: Option<&str>, dirty: Option<bool>) -> Option<String> {
    let commit = name(commit?);
    Some(match dirty {
        Some(true) => format!("{commit}, with uncommitted changes"),
        Some(false) => commit,
        None => format!("{commit}, not known whether clean"),
    })
}
