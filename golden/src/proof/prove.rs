//! The whole proof, from what was asked for to its result.

use std::path::PathBuf;

use jiff::Timestamp;
use perf_guard::{Seconds, ValueError, comparison::Plan};
use run_report::{Ending, ProveExtent, ProveHead, ProveRun, StatisticalRule};

use super::{BlindSpots, BlindSpotsError, Grid, Narrator, Wanted, conduct, findings};
use crate::{
    cli::{Settings, UsageError, Where},
    run::{InputError, Inputs},
};
use run_context::{Tree, chain, machine};

/// Runs an arm of the statistical rule unless told otherwise.
pub const PROOF_PAIRS: usize = 10;
/// How the voice of a server that the proof starts is told its cost.
const VOICE_COST: &str = "--voice-cost=";

/// What is asked of a proof over the grid.
#[derive(Debug, Clone, PartialEq)]
pub struct GridWishes {
    /// How much of it.
    pub extent: ProveExtent,
    /// What of it.
    pub wanted: Wanted,
    /// Runs an arm of the statistical rule.
    pub pairs: usize,
    /// Controls of a rule that may go red.
    pub allowed_false_alarms: u64,
    /// The list of accepted blind spots; `None` for the usual one.
    pub blind_spots: Option<PathBuf>,
}

/// Why there is nothing to conduct.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    List(#[from] BlindSpotsError),
    #[error(transparent)]
    Usage(#[from] UsageError),
    #[error("--stage and --kind leave no fault of the grid: that kind means nothing at that stage")]
    NoFault,
}

/// Proves the guard over the grid. Whatever goes wrong stands in the result.
///
/// # Errors
/// Numbers that make no plan.
pub async fn prove(
    settings: &Settings,
    wishes: &GridWishes,
    (tree, narrator): (&Tree, &Narrator),
    interrupted: impl Future<Output = ()>,
) -> Result<ProveRun, ValueError> {
    let plan = Plan::default().with_pairs(wishes.pairs)?;
    let grid = Grid::new(wishes.extent, &wishes.wanted);
    let inputs = Inputs::read(settings);
    let mut run = ProveRun::new(head(wishes, (&grid, &plan), inputs.as_ref().ok()));
    run.voice_cost = voice_cost(settings);
    run.git_commit.clone_from(&tree.commit);
    run.git_dirty = tree.dirty;
    let ending = match usable(settings, inputs, &grid, wishes) {
        Err(error) => Ending::CouldNotRun { error: chain(&error) },
        Ok((inputs, list)) => {
            let wishes = (wishes, &grid, &plan);
            let (seen, ending) = conduct::conduct(settings, wishes, &inputs, narrator, interrupted).await;
            enter(&mut run, seen, wishes.0);
            findings::enter(&mut run, &list);
            ending
        }
    };
    run.finished_at = Some(Timestamp::now());
    run.timing_total_s = Some(Seconds::from_measured(narrator.elapsed()).rounded_to_micros());
    run.settle(ending, wishes.allowed_false_alarms);
    Ok(run)
}

fn usable(
    settings: &Settings,
    inputs: Result<Inputs, InputError>,
    grid: &Grid,
    wishes: &GridWishes,
) -> Result<(Inputs, BlindSpots), Unusable> {
    if grid.is_empty() {
        return Err(Unusable::NoFault);
    }
    let inputs = inputs?;
    inputs.check(settings)?;
    Ok((inputs, BlindSpots::find(wishes.blind_spots.as_deref())?))
}

fn head(wishes: &GridWishes, (grid, plan): (&Grid, &Plan), inputs: Option<&Inputs>) -> ProveHead {
    ProveHead {
        suite_version: env!("CARGO_PKG_VERSION").to_owned(),
        target: inputs.map_or_else(String::new, |inputs| inputs.profile.name.clone()),
        started_at: Timestamp::now(),
        extent: wishes.extent,
        environment: machine(),
        magnitudes_ms: grid
            .magnitudes
            .iter()
            .map(|time| time.as_secs_f64() * 1e3)
            .collect(),
        statistical_rule: StatisticalRule {
            pairs: plan.pairs(),
            smallest_effect: plan.smallest_effect(),
            error: plan.error(),
        },
    }
}

/// As an argument says it; the reference server's usual one where none does.
fn voice_cost(settings: &Settings) -> Option<String> {
    match &settings.target {
        Where::Remote { .. } => None,
        Where::Own { args, .. } => {
            let said = args.iter().find_map(|arg| arg.strip_prefix(VOICE_COST));
            Some(said.unwrap_or("default").to_owned())
        }
    }
}

fn enter(run: &mut ProveRun, seen: conduct::Sightings, wishes: &GridWishes) {
    run.api_base = seen.base.unwrap_or_default();
    run.fixed_rule = seen.fixed_rule;
    run.slowdowns = seen.slowdowns;
    run.breakages = seen.breakages;
    run.controls = seen.controls;
    run.notices = seen.notices;
    if wishes.extent == ProveExtent::Full && !run.breakages.is_empty() {
        run.never_red = Some(findings::never_red(&run.breakages));
    }
}
