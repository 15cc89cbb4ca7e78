//! The open model: arrivals by an absolute schedule, whether or not the server keeps up.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    time::Instant,
};

use futures::future::join_all;
use tokio::sync::Notify;

use super::{
    closed::{of_shard, opened},
    seed_of,
    thread::{Scene, cut_off},
};
use crate::{
    load::{Arrival, Arrivals, Ramp, Spacing},
    user::{Due, Journey, User},
};

/// This thread's users, with their connections open.
pub(super) async fn users<J: Journey>(scene: &Scene<J>) -> Vec<(usize, User)> {
    opened(scene, of_shard(scene, scene.plan.load.most_users())).await
}

/// Arrivals that are due and wait for a user.
struct Queue {
    due: RefCell<VecDeque<Arrival>>,
    /// Users that wait for an arrival.
    idle: Cell<usize>,
    arrived: Notify,
    /// No more will come.
    over: Cell<bool>,
    /// Journeys under way.
    running: Cell<u64>,
}

impl Queue {
    /// The next arrival; `None` when no more come.
    async fn next(&self) -> Option<Arrival> {
        loop {
            if let Some(arrival) = self.due.borrow_mut().pop_front() {
                return Some(arrival);
            }
            if self.over.get() {
                return None;
            }
            self.idle.set(self.idle.get() + 1);
            self.arrived.notified().await;
            self.idle.set(self.idle.get() - 1);
        }
    }

    fn end(&self) {
        self.over.set(true);
        self.arrived.notify_waiters();
    }
}

pub(super) async fn run<J: Journey>(
    scene: &Rc<Scene<J>>,
    users: Vec<(usize, User)>,
    (rate, spacing, backlog): (&Ramp, Spacing, usize),
    start: Instant,
) {
    let queue = Rc::new(Queue {
        due: RefCell::default(),
        idle: Cell::new(0),
        arrived: Notify::new(),
        over: Cell::new(false),
        running: Cell::new(0),
    });
    scene.shared.present.set(users.len());
    // The backlog is the whole run's; each thread has its share of it.
    let backlog = backlog.div_ceil(scene.plan.threads.get());
    let serving: Vec<_> = users
        .into_iter()
        .map(|(number, user)| {
            tokio::task::spawn_local(serve(scene.clone(), queue.clone(), (number, user), start))
        })
        .collect();
    let shard = (scene.shard as u64, scene.plan.threads.get() as u64);
    let arrivals = Arrivals::new(rate, spacing, scene.plan.seed, shard);
    tokio::select! {
        () = arrive(scene, &queue, (arrivals, backlog), start) => {}
        () = scene.stop.cancelled() => {}
    }
    queue.end();
    let end = start + rate.lasts();
    let aborts: Vec<_> = serving
        .iter()
        .map(tokio::task::JoinHandle::abort_handle)
        .collect();
    tokio::select! {
        _ = join_all(serving) => {}
        () = cut_off(scene, end) => aborts.iter().for_each(tokio::task::AbortHandle::abort),
    }
    let mut record = scene.shared.record.borrow_mut();
    record.journeys.dropped += queue.due.borrow().len() as u64;
    record.journeys.interrupted += queue.running.get();
    scene.shared.present.set(0);
}

/// Puts every arrival into the queue when it is due.
async fn arrive<J: Journey>(
    scene: &Scene<J>,
    queue: &Queue,
    (arrivals, backlog): (Arrivals<'_>, usize),
    start: Instant,
) {
    for arrival in arrivals {
        scene.shared.timer.sleep_until(start + arrival.due).await;
        let waiting = queue.due.borrow().len();
        let mut record = scene.shared.record.borrow_mut();
        record.journeys.due += 1;
        // Those that wait will be taken by the idle first.
        if waiting >= queue.idle.get() + backlog {
            record.journeys.dropped += 1;
        } else {
            queue.due.borrow_mut().push_back(arrival);
            queue.arrived.notify_one();
        }
    }
}

async fn serve<J: Journey>(
    scene: Rc<Scene<J>>,
    queue: Rc<Queue>,
    (number, mut user): (usize, User),
    start: Instant,
) {
    let mut memory = scene.journey.memory(number);
    let mut free = start;
    while let Some(arrival) = queue.next().await {
        let due = Due {
            at: start + arrival.due,
            free,
        };
        user.begin(seed_of(scene.plan.seed, u64::MAX, arrival.number), due);
        {
            let mut record = scene.shared.record.borrow_mut();
            record.journeys.begun += 1;
            record.journeys.late += u64::from(due.free > due.at);
        }
        queue.running.set(queue.running.get() + 1);
        scene.journey.run(&mut user, &mut memory).await;
        queue.running.set(queue.running.get() - 1);
        scene.shared.record.borrow_mut().journeys.finished += 1;
        free = Instant::now();
    }
}
