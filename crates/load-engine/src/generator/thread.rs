//! One thread: a runtime, a timer, a record, and its share of the users.

use std::{
    cell::{Cell, RefCell},
    io,
    rc::Rc,
    sync::{Arc, mpsc::SyncSender},
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};
use tokio::{
    runtime::{Builder, LocalOptions},
    sync::oneshot,
};

use super::{
    Plan, StopSignal, closed,
    collector::{Part, Told},
    open,
};
use crate::{
    catalogue::Catalogue,
    load::Load,
    record::Record,
    timer::Timer,
    user::{Journey, Shared},
};

/// What one thread is to do.
pub(super) struct Work<J> {
    pub(super) plan: Plan,
    pub(super) shard: usize,
    pub(super) journey: Arc<J>,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) tell: SyncSender<Told>,
    pub(super) started: oneshot::Receiver<Instant>,
    pub(super) stop: StopSignal,
}

/// What the users of a thread come to know.
pub(super) struct Scene<J> {
    pub(super) plan: Plan,
    pub(super) shard: usize,
    pub(super) journey: Arc<J>,
    pub(super) shared: Rc<Shared>,
    pub(super) stop: StopSignal,
}

impl<J: Journey> Work<J> {
    pub(super) fn run(self) {
        let tell = self.tell.clone();
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default());
        let ended = runtime.and_then(|runtime| runtime.block_on(self.run_here()));
        let told = match ended {
            Ok(part) => Told::Done(part),
            Err(error) => Told::Failed(error),
        };
        // Whoever listens may be gone already.
        let _ = tell.send(told);
    }

    async fn run_here(self) -> io::Result<Part> {
        let (timer, _driver) = Timer::start()?;
        let shared = Rc::new(Shared {
            target: self.plan.target.clone(),
            request_timeout: self.plan.request_timeout,
            timer,
            record: RefCell::new(Record::new(self.catalogue)),
            stopping: Cell::new(false),
            present: Cell::new(0),
        });
        let scene = Rc::new(Scene {
            plan: self.plan,
            shard: self.shard,
            journey: self.journey,
            shared: shared.clone(),
            stop: self.stop,
        });
        let users = match &scene.plan.load {
            Load::Closed { .. } => closed::users_at_the_start(&scene).await,
            Load::Open { .. } => open::users(&scene).await,
        };
        let opened = shared.record.borrow().connect.count();
        if self.tell.send(Told::Ready { opened }).is_err() {
            return Ok(part(&scene, (u64::MAX, Duration::ZERO)));
        }
        let Ok(start) = self.started.await else {
            return Ok(part(&scene, (u64::MAX, Duration::ZERO)));
        };
        let before = cpu_time();
        let watcher = tokio::task::spawn_local(watch_stop(scene.clone()));
        let reporter = tokio::task::spawn_local(report(scene.clone(), self.tell, (start, before)));
        match &scene.plan.load {
            Load::Closed { users: ramp, think } => closed::run(&scene, users, (ramp, *think), start).await,
            Load::Open {
                rate,
                spacing,
                backlog,
                ..
            } => {
                open::run(&scene, users, (rate, *spacing, *backlog), start).await;
            }
        }
        watcher.abort();
        reporter.abort();
        Ok(part(&scene, (u64::MAX, cpu_time().saturating_sub(before))))
    }
}

async fn watch_stop<J>(scene: Rc<Scene<J>>) {
    scene.stop.cancelled().await;
    scene.shared.stopping.set(true);
}

/// Tells of every window at its end.
async fn report<J>(scene: Rc<Scene<J>>, tell: SyncSender<Told>, (start, before): (Instant, Duration)) {
    for window in 0_u64.. {
        let ends = scene.plan.window.mul_f64((window + 1) as f64);
        scene.shared.timer.sleep_until(start + ends).await;
        let part = part(&scene, (window, cpu_time().saturating_sub(before)));
        if let Err(refused) = tell.try_send(Told::Part(part)) {
            // The collector is behind: what this window held goes with the next.
            let (std::sync::mpsc::TrySendError::Full(told)
            | std::sync::mpsc::TrySendError::Disconnected(told)) = refused;
            if let Told::Part(part) = told {
                scene.shared.record.borrow_mut().add(&part.record);
            }
        }
    }
}

fn part<J>(scene: &Scene<J>, (window, cpu): (u64, Duration)) -> Part {
    Part {
        shard: scene.shard,
        window,
        record: scene.shared.record.borrow_mut().take(),
        users: scene.shared.present.get(),
        cpu,
    }
}

/// The processor time that this thread has used.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// Completes when journeys that still go on are to be cut off: `graceful` after `end`, or after the word to stop.
pub(super) async fn cut_off<J>(scene: &Scene<J>, end: Instant) {
    let graceful = scene.plan.graceful;
    tokio::select! {
        () = tokio::time::sleep_until((end + graceful).into()) => {}
        () = scene.stop.cancelled() => {
            let by = (Instant::now() + graceful).min(end + graceful);
            tokio::time::sleep_until(by.into()).await;
        }
    }
}
