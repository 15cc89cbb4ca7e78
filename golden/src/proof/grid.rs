//! The grid: which faults are tried, in which order, and what of it a filter leaves. Pure.

use std::{collections::BTreeSet, time::Duration};

use audio_api::fault::{FaultRule, Kind, Match, RuleError, Sleep, Stage, When};
use run_report::ProveExtent;

/// Stages of the usual grid's slowdowns: those behind http that a segment or a merge passes, and the submit.
const USUAL_STAGES: [Stage; 8] = [
    Stage::HttpSubmit,
    Stage::QueueLease,
    Stage::Synth,
    Stage::Encode,
    Stage::Store,
    Stage::MergeLock,
    Stage::MergeWrite,
    Stage::Worker,
];

/// From 10 ms by a factor of 4, and 5 s, beyond which nobody waits in doubt.
pub const MAGNITUDES: [Duration; 6] = [
    Duration::from_millis(10),
    Duration::from_millis(40),
    Duration::from_millis(160),
    Duration::from_millis(640),
    Duration::from_millis(2_560),
    Duration::from_millis(5_000),
];

/// A rate at which an answer of some hundred bytes takes a part of a second, and a file of audio half a minute.
const SLOW_BODY_BYTES_PER_S: u64 = 1_000;
/// Some hundred megabytes while a suite runs. What leaks slowly is for a soak to see.
const LEAK_BYTES_PER_S: u64 = 100 << 20;

/// The name of a kind of fault, as a filter has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum KindName {
    /// Waits, then goes on
    Sleep,
    /// Answers 500, or fails the attempt
    Error,
    /// Waits without end
    Stall,
    /// Closes the connection, or forgets the lease
    Drop,
    /// Kills the worker, or the process
    Crash,
    /// Cuts what passes in half
    Truncate,
    /// Lets bytes through slowly
    BytesPerS,
    /// Leaks memory
    LeakBytesPerS,
}

impl KindName {
    const BREAKING: [Self; 7] = [
        Self::Error,
        Self::Drop,
        Self::Truncate,
        Self::Crash,
        Self::LeakBytesPerS,
        Self::BytesPerS,
        Self::Stall,
    ];

    /// The kind that the grid tries; a sleep has many.
    const fn kind(self) -> Option<Kind> {
        Some(match self {
            Self::Sleep => return None,
            Self::Error => Kind::Error {
                status: 500,
                retry_after_s: None,
            },
            Self::Stall => Kind::Stall,
            Self::Drop => Kind::Drop,
            Self::Crash => Kind::Crash,
            Self::Truncate => Kind::Truncate(0.5),
            Self::BytesPerS => Kind::BytesPerS(SLOW_BODY_BYTES_PER_S),
            Self::LeakBytesPerS => Kind::LeakBytesPerS(LEAK_BYTES_PER_S),
        })
    }
}

/// One fault of the grid, without conditions: it strikes whatever passes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridFault {
    /// Where it strikes.
    pub stage: Stage,
    /// What it does.
    pub kind: Kind,
}

impl GridFault {
    /// A sleep.
    #[must_use]
    pub const fn sleep(stage: Stage, time: Duration) -> Self {
        Self {
            stage,
            kind: Kind::Sleep(Sleep::Fixed(time)),
        }
    }

    /// The rule, which ends by itself after `ttl` in case nobody is left to remove it.
    ///
    /// # Errors
    /// When the kind means nothing at this stage.
    pub fn rule(&self, ttl: Option<Duration>) -> Result<FaultRule, RuleError> {
        let ttl_ms = ttl.map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
        FaultRule::new(self.stage, self.kind, Match::default(), When::default(), ttl_ms)
    }

    /// The kind with its value, as in `truncate=0.5`.
    #[must_use]
    pub fn kind_in_words(&self) -> String {
        match self.kind {
            Kind::Sleep(Sleep::Fixed(time)) => format!("sleep={}", time_in_words(time)),
            Kind::Sleep(Sleep::LogNormal { median, sigma }) => {
                format!("sleep=lognormal({};{sigma})", time_in_words(median))
            }
            Kind::Error { status, .. } => format!("error={status}"),
            Kind::Stall => "stall".to_owned(),
            Kind::Drop => "drop".to_owned(),
            Kind::Crash => "crash".to_owned(),
            Kind::Truncate(share) => format!("truncate={share}"),
            Kind::BytesPerS(rate) => format!("bytes_per_s={rate}"),
            Kind::LeakBytesPerS(rate) => format!("leak_bytes_per_s={rate}"),
        }
    }

    /// As a flag has it, as in `synth:sleep=10ms`.
    #[must_use]
    pub fn in_words(&self) -> String {
        format!("{}:{}", self.stage, self.kind_in_words())
    }

    /// How long it sleeps, if it does and always as long.
    #[must_use]
    pub const fn sleep_time(&self) -> Option<Duration> {
        match self.kind {
            Kind::Sleep(Sleep::Fixed(time)) => Some(time),
            _ => None,
        }
    }

    /// Whether it ends the whole server process.
    #[must_use]
    pub const fn ends_the_process(&self) -> bool {
        let no_worker = self.stage.is_http() || matches!(self.stage, Stage::MergeLock | Stage::MergeWrite);
        matches!(self.kind, Kind::Crash) && no_worker
    }
}

/// In the largest unit in which it is whole.
#[must_use]
pub fn time_in_words(time: Duration) -> String {
    let us = time.as_micros();
    match (us % 1_000_000, us % 1_000) {
        (0, _) => format!("{}s", us / 1_000_000),
        (_, 0) => format!("{}ms", us / 1_000),
        _ => format!("{us}us"),
    }
}

/// What to leave of the grid; all where nothing is named.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wanted {
    /// Only these stages.
    pub stages: BTreeSet<Stage>,
    /// Only these kinds.
    pub kinds: BTreeSet<KindName>,
    /// These magnitudes instead of the usual ones.
    pub magnitudes: BTreeSet<Duration>,
}

/// The faults to try.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Stages to slow down.
    pub slowed: Vec<Stage>,
    /// By how much, ascending.
    pub magnitudes: Vec<Duration>,
    /// Faults that break.
    pub breakages: Vec<GridFault>,
}

impl Grid {
    /// The faults of this extent that are wanted.
    #[must_use]
    pub fn new(extent: ProveExtent, wanted: &Wanted) -> Self {
        match extent {
            // A named stage or kind makes a grid of its own.
            ProveExtent::Smoke if *wanted == Wanted::default() => Self::smoke(),
            _ => Self::of(extent, wanted),
        }
    }

    /// Three cells: a slowdown that both rules catch, an answer that fails, and audio that is cut.
    fn smoke() -> Self {
        let kind = |stage, name: KindName| name.kind().map(|kind| GridFault { stage, kind });
        Self {
            slowed: vec![Stage::Synth],
            magnitudes: vec![Duration::from_millis(640)],
            breakages: [
                kind(Stage::HttpPlaylist, KindName::Error),
                kind(Stage::Store, KindName::Truncate),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    }

    fn of(extent: ProveExtent, wanted: &Wanted) -> Self {
        let takes_kind = |kind: KindName| wanted.kinds.is_empty() || wanted.kinds.contains(&kind);
        let takes_stage = |stage: &Stage| wanted.stages.is_empty() || wanted.stages.contains(stage);
        let slowed = Stage::ALL.into_iter().filter(|stage| match extent {
            // A stage that is named is wanted, also if the usual grid does not have it.
            _ if !wanted.stages.is_empty() => wanted.stages.contains(stage),
            ProveExtent::Full => true,
            _ => USUAL_STAGES.contains(stage),
        });
        let magnitudes = if wanted.magnitudes.is_empty() {
            MAGNITUDES.to_vec()
        } else {
            wanted.magnitudes.iter().copied().collect()
        };
        let breakages = Stage::ALL.into_iter().filter(takes_stage).flat_map(|stage| {
            let kinds = KindName::BREAKING.into_iter().filter(|kind| takes_kind(*kind));
            kinds.filter_map(move |name| {
                let fault = GridFault {
                    stage,
                    kind: name.kind()?,
                };
                // What means nothing at a stage is refused there.
                fault.rule(None).is_ok().then_some(fault)
            })
        });
        Self {
            slowed: if takes_kind(KindName::Sleep) {
                slowed.collect()
            } else {
                Vec::new()
            },
            magnitudes,
            breakages: breakages.collect(),
        }
    }

    /// Whether nothing is left of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slowed.is_empty() && self.breakages.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_grid_has_eight_slowed_stages_and_every_breakage_that_means_something() {
        let grid = Grid::new(ProveExtent::Usual, &Wanted::default());
        assert_eq!(grid.slowed, {
            let mut stages = USUAL_STAGES.to_vec();
            stages.sort();
            stages
        });
        // Five kinds at all 14 stages; bytes pass at 11 of them, and no rate is to be had at the voice.
        assert_eq!(grid.breakages.len(), 5 * 14 + 11 + 10);
        let words: Vec<String> = grid.breakages.iter().map(GridFault::in_words).collect();
        assert!(
            words.contains(&"http.playlist:truncate=0.5".to_owned()),
            "{words:?}"
        );
        assert!(!words.contains(&"synth:bytes_per_s=1000".to_owned()), "{words:?}");
        let full = Grid::new(ProveExtent::Full, &Wanted::default());
        assert_eq!(full.slowed, Stage::ALL);
    }

    #[test]
    fn each_fault_of_the_grid_is_a_legal_flag() {
        let grid = Grid::new(ProveExtent::Full, &Wanted::default());
        let sleeps = grid
            .slowed
            .iter()
            .flat_map(|&stage| MAGNITUDES.map(|time| GridFault::sleep(stage, time)));
        for fault in sleeps.chain(grid.breakages.iter().copied()) {
            let parsed: FaultRule = fault.in_words().parse().unwrap();
            assert_eq!(parsed, fault.rule(None).unwrap());
        }
    }

    #[test]
    fn a_filter_leaves_what_it_names_also_a_stage_that_the_usual_grid_does_not_slow() {
        let wanted = Wanted {
            stages: [Stage::HttpStatus].into(),
            kinds: [KindName::Sleep, KindName::Drop].into(),
            ..Wanted::default()
        };
        let grid = Grid::new(ProveExtent::Usual, &wanted);
        assert_eq!(grid.slowed, [Stage::HttpStatus]);
        let words: Vec<String> = grid.breakages.iter().map(GridFault::in_words).collect();
        assert_eq!(words, ["http.status:drop"]);
        let only_stall = Wanted {
            kinds: [KindName::Stall].into(),
            ..Wanted::default()
        };
        assert_eq!(Grid::new(ProveExtent::Usual, &only_stall).slowed, []);
    }

    #[test]
    fn the_smoke_grid_has_three_cells() {
        let grid = Grid::new(ProveExtent::Smoke, &Wanted::default());
        assert_eq!(
            grid.slowed.len() * grid.magnitudes.len() + grid.breakages.len(),
            3
        );
    }
}
