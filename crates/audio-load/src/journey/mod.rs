//! The journey: one action of the mix each time.

mod answer;
pub mod check;
mod listen;
mod produce;
mod session;
pub mod trend;

use std::{collections::VecDeque, sync::Arc};

use audio_client::TargetProfile;
use load_engine::{Catalogue, Journey, StepId, User};

use crate::{
    Action, KnownJob, Library, OVERVIEW, Order, Workload, WorkloadError, endpoint::Accesses,
    workload::JobSettings,
};
use check::Checks;
use session::Session;
use trend::Trends;

/// Jobs of their own that users remember.
const REMEMBERED: usize = 4;
/// Connections that the overview takes.
const OVERVIEW_LANES: usize = 4;

/// What users do, for the engine to run.
#[derive(Debug)]
pub struct AudioJourney {
    pub(crate) profile: Arc<TargetProfile>,
    pub(crate) accesses: Accesses,
    pub(crate) overview: Option<StepId>,
    pub(crate) checks: Checks,
    pub(crate) trends: Trends,
    pub(crate) jobs: JobSettings,
    pub(crate) library: Library,
    turns: Turns,
    /// Where the numbers of texts begin.
    pub(crate) salt: u64,
}

/// Which action comes when.
#[derive(Debug)]
struct Turns {
    order: Order,
    /// Each action as often as its weight says.
    all: Vec<Action>,
}

/// What a user remembers.
#[derive(Debug)]
pub struct UserMemory {
    /// Which turn comes next.
    turn: usize,
    /// Jobs of its own that have audio, the newest first.
    pub(crate) own: VecDeque<KnownJob>,
}

impl AudioJourney {
    /// A journey over a target, with the names of all that it records. The seed decides the texts, beside what the engine's seed
    /// decides.
    ///
    /// # Errors
    /// When the workload cannot be meant, or the target lacks a route that it asks.
    pub fn new(
        workload: &Workload,
        profile: &Arc<TargetProfile>,
        (library, seed): (Library, u64),
    ) -> Result<(Self, Catalogue), WorkloadError> {
        workload.check()?;
        let mut catalogue = Catalogue::default();
        let mut accesses = Accesses::default();
        for action in workload.used() {
            for endpoint in asked(action, &workload.jobs) {
                let place = (&**profile, &mut catalogue);
                accesses
                    .enter(endpoint, place)
                    .map_err(|route| WorkloadError::NoRoute { action, route })?;
            }
        }
        let has_overview = workload.used().any(|action| action == Action::Overview);
        let overview = has_overview.then(|| catalogue.composite(OVERVIEW));
        let all = workload
            .mix
            .iter()
            .flat_map(|share| std::iter::repeat_n(share.action, share.weight as usize));
        let journey = Self {
            profile: profile.clone(),
            accesses,
            overview,
            checks: Checks::enter(&mut catalogue),
            trends: Trends::enter(&mut catalogue),
            jobs: workload.jobs.clone(),
            library,
            turns: Turns {
                order: workload.order,
                all: all.collect(),
            },
            salt: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        };
        Ok((journey, catalogue))
    }

    /// Connections that one user needs, for [`load_engine::Plan::lanes`].
    #[must_use]
    pub const fn lanes(&self) -> usize {
        if self.overview.is_some() {
            OVERVIEW_LANES
        } else {
            1
        }
    }
}

/// The endpoints of an action; a share of 0 asks for nothing.
fn asked(action: Action, jobs: &JobSettings) -> impl Iterator<Item = crate::Endpoint> {
    use crate::Endpoint as E;
    let never = [
        (E::Regenerate, jobs.regenerate == 0.0),
        (E::Delete, jobs.delete == 0.0),
        (E::Range, jobs.ranges == 0),
    ];
    let is_asked = move |endpoint: &E| {
        let optional = matches!(action, Action::Create | Action::Listen);
        !(optional && never.iter().any(|(of, is)| of == endpoint && *is))
    };
    action.endpoints().iter().copied().filter(is_asked)
}

impl Turns {
    fn next(&self, rng: &mut fastrand::Rng, turn: &mut usize) -> Action {
        let at = match self.order {
            Order::Random => rng.usize(..self.all.len()),
            Order::InTurn => *turn % self.all.len(),
        };
        *turn = turn.wrapping_add(1);
        self.all[at]
    }
}

impl Journey for AudioJourney {
    type Memory = UserMemory;

    fn memory(&self, user: usize) -> UserMemory {
        UserMemory {
            turn: user,
            own: VecDeque::new(),
        }
    }

    async fn run(&self, user: &mut User, memory: &mut UserMemory) {
        let action = self.turns.next(user.rng(), &mut memory.turn);
        let mut session = Session {
            journey: self,
            user,
            memory,
        };
        session.act(action).await;
    }
}

impl UserMemory {
    pub(crate) fn remember(&mut self, job: KnownJob) {
        self.own.push_front(job);
        self.own.truncate(REMEMBERED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Share;

    fn turns(order: Order) -> Turns {
        Turns {
            order,
            all: vec![Action::List, Action::List, Action::Status],
        }
    }

    #[test]
    fn in_turn_each_action_comes_as_often_as_its_weight_says() {
        let turns = turns(Order::InTurn);
        let mut turn = 0;
        let mut rng = fastrand::Rng::with_seed(1);
        let taken: Vec<Action> = (0..6).map(|_| turns.next(&mut rng, &mut turn)).collect();
        assert_eq!(
            taken,
            [
                Action::List,
                Action::List,
                Action::Status,
                Action::List,
                Action::List,
                Action::Status
            ]
        );
    }

    #[test]
    fn by_chance_the_weights_are_kept() {
        let turns = turns(Order::Random);
        let (mut turn, mut rng) = (0, fastrand::Rng::with_seed(1));
        let lists = (0..30_000)
            .filter(|_| turns.next(&mut rng, &mut turn) == Action::List)
            .count();
        assert!((19_500..20_500).contains(&lists), "{lists}");
    }

    #[test]
    fn a_target_without_a_route_is_named_with_the_action_that_asks_it() {
        let mut profile = TargetProfile::reference();
        profile.paths.remove(&audio_client::Route::Merged);
        let profile = Arc::new(profile);
        let new =
            |action| AudioJourney::new(&Workload::only(action), &profile, (Library::default(), 1)).map(drop);
        assert_eq!(
            new(Action::Listen).unwrap_err().to_string(),
            "action listen asks route merged, which the target profile does not have"
        );
        assert!(new(Action::Health).is_ok());
    }

    #[test]
    fn what_never_comes_about_is_asked_of_nobody() {
        let mut profile = TargetProfile::reference();
        profile.paths.remove(&audio_client::Route::Regenerate);
        let mut workload = Workload {
            mix: vec![Share::new(Action::Create, 1)],
            ..Workload::only(Action::Create)
        };
        let profile = Arc::new(profile);
        let new = |workload: &Workload| AudioJourney::new(workload, &profile, (Library::default(), 1));
        let (_, catalogue) = new(&workload).unwrap();
        assert!(catalogue.steps().iter().all(|step| step.name != "delete"));
        workload.jobs.regenerate = 0.1;
        assert!(new(&workload).is_err());
    }
}
