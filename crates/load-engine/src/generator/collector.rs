//! What the threads record, put together window by window.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, SystemTime},
};

use super::{LoadError, LoadRun, Plan, StopSignal, ThreadUse};
use crate::{catalogue::Catalogue, record::Record};

/// Parts that may wait for the collector.
pub(super) const QUEUE: usize = 1024;

/// What a thread tells.
pub(super) enum Told {
    /// Its connections are open, so many of them.
    Ready { opened: u64 },
    /// A window is over.
    Part(Part),
    /// It is done; this is what the last window held.
    Done(Part),
    /// It could not start.
    Failed(io::Error),
}

/// What one thread recorded in one window.
pub(super) struct Part {
    pub(super) shard: usize,
    pub(super) window: u64,
    pub(super) record: Record,
    pub(super) users: usize,
    /// Processor time of the thread since the start.
    pub(super) cpu: Duration,
}

/// What all threads recorded in one window of time.
#[derive(Debug)]
pub struct Window {
    /// When it began, from the start.
    pub begins: Duration,
    /// When it ended, from the start.
    pub ends: Duration,
    /// What ended within it.
    pub record: Record,
    /// Users that were there at its end.
    pub users: usize,
}

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// It does.
    Continue,
    /// It comes to a graceful end.
    Stop,
}

/// Somebody who is told of a run while it runs.
pub trait Observer {
    /// A window is over. `so_far` holds all until its end.
    fn window(&mut self, window: &Window, so_far: &Record) -> Control;
}

/// Nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Observer for Quiet {
    fn window(&mut self, _: &Window, _: &Record) -> Control {
        Control::Continue
    }
}

pub(super) struct Collector {
    heard: Receiver<Told>,
    length: Duration,
    catalogue: Arc<Catalogue>,
    so_far: Record,
    /// Windows that not all threads have told of.
    pending: BTreeMap<u64, (Record, usize)>,
    threads: Vec<Progress>,
}

/// How far one thread is.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    /// The window that it is in.
    window: u64,
    cpu: Duration,
    lasted: Duration,
    done: bool,
}

impl Collector {
    pub(super) fn new(plan: &Plan, catalogue: Arc<Catalogue>, heard: Receiver<Told>) -> Self {
        Self {
            heard,
            length: plan.window,
            so_far: Record::new(catalogue.clone()),
            catalogue,
            pending: BTreeMap::new(),
            threads: vec![Progress::default(); plan.threads.get()],
        }
    }

    /// Waits until every thread has opened its connections, and tells whether there is any.
    pub(super) fn await_ready(&mut self) -> Result<bool, LoadError> {
        let mut opened = 0;
        for _ in 0..self.threads.len() {
            match self.heard.recv() {
                Ok(Told::Ready { opened: by_thread }) => opened += by_thread,
                Ok(Told::Failed(error)) => return Err(LoadError::Thread(error)),
                Ok(Told::Part(_) | Told::Done(_)) | Err(_) => return Err(LoadError::Panicked),
            }
        }
        Ok(opened > 0)
    }

    /// Hears all threads out.
    pub(super) fn collect(
        &mut self,
        observer: &mut dyn Observer,
        stop: &StopSignal,
    ) -> Result<(), LoadError> {
        let start = std::time::Instant::now();
        while self.threads.iter().any(|thread| !thread.done) {
            match self.heard.recv_timeout(self.length) {
                Ok(Told::Part(part)) => self.enter(&part),
                Ok(Told::Done(mut part)) => {
                    let thread = &mut self.threads[part.shard];
                    thread.done = true;
                    thread.lasted = start.elapsed();
                    part.window = thread.window;
                    self.enter(&part);
                }
                Ok(Told::Failed(error)) => return Err(LoadError::Thread(error)),
                Ok(Told::Ready { .. }) | Err(RecvTimeoutError::Timeout) => continue,
                // A thread that is gone without having said so.
                Err(RecvTimeoutError::Disconnected) => return Err(LoadError::Panicked),
            }
            self.tell(observer, stop);
        }
        Ok(())
    }

    fn enter(&mut self, part: &Part) {
        let thread = &mut self.threads[part.shard];
        thread.cpu = part.cpu;
        thread.window = part.window + 1;
        let empty = || (Record::new(self.catalogue.clone()), 0);
        let (record, users) = self.pending.entry(part.window).or_insert_with(empty);
        record.add(&part.record);
        *users += part.users;
    }

    /// Tells of the windows that all threads have left.
    fn tell(&mut self, observer: &mut dyn Observer, stop: &StopSignal) {
        let running = self.threads.iter().filter(|thread| !thread.done);
        let complete = running.map(|thread| thread.window).min().unwrap_or(u64::MAX);
        while let Some(first) = self.pending.first_entry()
            && *first.key() < complete
        {
            let (index, (record, users)) = first.remove_entry();
            self.so_far.add(&record);
            let window = Window {
                begins: self.length.mul_f64(index as f64),
                ends: self.length.mul_f64((index + 1) as f64),
                record,
                users,
            };
            if observer.window(&window, &self.so_far) == Control::Stop {
                stop.cancel();
            }
        }
    }

    pub(super) fn into_run(self) -> LoadRun {
        let threads = self.threads.iter().map(|thread| ThreadUse {
            cpu: thread.cpu,
            lasted: thread.lasted,
        });
        LoadRun {
            threads: threads.collect(),
            record: self.so_far,
            started_at: SystemTime::UNIX_EPOCH,
            lasted: Duration::ZERO,
            stopped: false,
        }
    }
}
