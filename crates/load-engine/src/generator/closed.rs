//! The closed model: users who come and go by the ramp, and wait for their answers.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use futures::{
    StreamExt,
    future::{AbortHandle, Abortable, join_all},
    stream,
};

use super::{
    seed_of,
    thread::{Scene, cut_off},
};
use crate::{
    load::{Load, Ramp, Think},
    user::{Due, Journey, User},
};

/// Connections that are being opened at once.
pub(super) const OPENING: usize = 64;

/// The users of this thread that are there from the first instant, with their connections open, by their numbers. All others
/// open theirs when they come.
pub(super) async fn users_at_the_start<J: Journey>(scene: &Scene<J>) -> Vec<(usize, User)> {
    let Load::Closed { users, .. } = &scene.plan.load else {
        return Vec::new();
    };
    let first = users.at(Duration::ZERO).ceil().max(1.0) as usize;
    opened(scene, of_shard(scene, first)).await
}

pub(super) async fn opened<J>(scene: &Scene<J>, numbers: impl Iterator<Item = usize>) -> Vec<(usize, User)> {
    let opening = numbers.map(|number| async move {
        let mut user = User::new(scene.shared.clone());
        user.open().await;
        (number, user)
    });
    stream::iter(opening).buffered(OPENING).collect().await
}

/// The numbers of this thread's users, of `all`.
pub(super) fn of_shard<J>(scene: &Scene<J>, all: usize) -> impl Iterator<Item = usize> + use<J> {
    (scene.shard..all).step_by(scene.plan.threads.get())
}

pub(super) async fn run<J: Journey>(
    scene: &Rc<Scene<J>>,
    opened: Vec<(usize, User)>,
    (ramp, think): (&Ramp, Think),
    start: Instant,
) {
    let mut opened = opened.into_iter().peekable();
    let lives = of_shard(scene, scene.plan.load.most_users()).map(|number| {
        let user = opened
            .next_if(|(known, _)| *known == number)
            .map(|(_, user)| user);
        let user = user.unwrap_or_else(|| User::new(scene.shared.clone()));
        let spans = ramp.spans_above(number as f64);
        let scene = scene.clone();
        tokio::task::spawn_local(async move {
            let mut life = Life {
                memory: scene.journey.memory(number),
                scene,
                user,
                number,
                journeys: 0,
            };
            for (from, to) in spans {
                life.span((start + from, start + to), think).await;
            }
        })
    });
    join_all(lives.collect::<Vec<_>>()).await;
}

/// One user from its first span to its last.
struct Life<J: Journey> {
    scene: Rc<Scene<J>>,
    user: User,
    memory: J::Memory,
    number: usize,
    journeys: u64,
}

impl<J: Journey> Life<J> {
    async fn span(&mut self, (from, to): (Instant, Instant), think: Think) {
        let scene = self.scene.clone();
        let shared = &scene.shared;
        tokio::select! {
            () = shared.timer.sleep_until(from) => {}
            () = scene.stop.cancelled() => return,
        }
        shared.present.set(shared.present.get() + 1);
        let (handle, registration) = AbortHandle::new_pair();
        let guarded = scene.clone();
        // On the side, so that it is not looked at whenever an answer comes.
        let guard = tokio::task::spawn_local(async move {
            cut_off(&guarded, to).await;
            handle.abort();
        });
        let journeys = Abortable::new(self.journeys((from, to), think), registration);
        let cut = journeys.await.is_err();
        guard.abort();
        shared.present.set(shared.present.get() - 1);
        if cut {
            self.user.cut();
            shared.record.borrow_mut().journeys.interrupted += 1;
        }
    }

    async fn journeys(&mut self, (from, to): (Instant, Instant), think: Think) {
        let scene = self.scene.clone();
        let mut due = from;
        let mut free = from;
        while due < to && !self.user.is_stopping() {
            let seed = seed_of(scene.plan.seed, self.number as u64, self.journeys);
            self.journeys += 1;
            self.user.begin(seed, Due { at: due, free });
            // The pause comes from a source of its own, so that it does not hang on what the journey drew.
            let pause = think.sample(&mut fastrand::Rng::with_seed(!seed));
            {
                let mut record = scene.shared.record.borrow_mut();
                record.journeys.due += 1;
                record.journeys.begun += 1;
            }
            scene.journey.run(&mut self.user, &mut self.memory).await;
            scene.shared.record.borrow_mut().journeys.finished += 1;
            free = Instant::now();
            due = free + pause;
            if pause.is_zero() {
                // A journey that never waits would keep all others from running.
                tokio::task::coop::consume_budget().await;
            } else {
                tokio::select! {
                    () = scene.shared.timer.sleep_until(due.min(to)) => {}
                    () = scene.stop.cancelled() => return,
                }
            }
        }
    }
}
