//! A watch on the server while it is under load, from a thread and over connections of its own, so that neither the generator
//! nor the rest of the program can keep it waiting.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use audio_api::StatusSnapshot;
use audio_client::{Client, SetupError};
use run_context::{chain, server_figures};
use tokio::{
    sync::oneshot,
    time::{MissedTickBehavior, interval},
};

use crate::{Series, Timed};

/// Samples that are kept of a run, however long it is.
const CAPACITY: usize = 1200;
/// The longest that the server may take to say how it is.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// What the server said of itself at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerSample {
    /// How long it took to say so.
    pub answered_in: Duration,
    /// Its status snapshot.
    pub status: StatusSnapshot,
    /// Resident memory of its process, in bytes, where it says.
    pub resident_bytes: Option<f64>,
    /// Descriptors that its process has open, where it says.
    pub open_fds: Option<f64>,
    /// Threads of its process, where it says.
    pub threads: Option<f64>,
    /// Pieces of audio that its cache has let go so far, where it says.
    pub evictions: Option<f64>,
}

/// What was seen of the server.
#[derive(Debug, Clone, Default)]
pub struct Watched {
    /// Samples in the order of time, evenly thinned.
    pub samples: Vec<Timed<ServerSample>>,
    /// How often it was asked.
    pub asked: u64,
    /// How often it did not answer as it should.
    pub missed: u64,
    /// Why not, the last time.
    pub last_error: Option<String>,
}

/// Why there is no watch.
#[derive(Debug, thiserror::Error)]
pub enum WatcherError {
    /// No client.
    #[error("watch the server")]
    Client(#[from] SetupError),
    /// No thread, or no runtime.
    #[error("start the thread that watches the server")]
    Thread(#[source] io::Error),
}

struct Seen {
    series: Series<ServerSample>,
    asked: u64,
    missed: u64,
    last_error: Option<String>,
}

/// A running watch. Dropping it ends it.
#[derive(Debug)]
pub struct Watcher {
    seen: Arc<Mutex<Seen>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seen")
            .field("asked", &self.asked)
            .finish_non_exhaustive()
    }
}

impl Watcher {
    /// Begins to ask the client's target how it is, at once and then after each `every`.
    ///
    /// # Errors
    /// When a client, a thread or a runtime cannot be had.
    pub fn start(client: &Client, every: Duration) -> Result<Self, WatcherError> {
        let client = client.with_call_timeout(ANSWER_WITHIN).apart()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(WatcherError::Thread)?;
        let seen = Arc::new(Mutex::new(Seen {
            series: Series::new(CAPACITY),
            asked: 0,
            missed: 0,
            last_error: None,
        }));
        let (stop, stopped) = oneshot::channel();
        let entered = seen.clone();
        let watching = move || {
            runtime.block_on(async {
                tokio::select! {
                    () = watch(&client, every, &entered) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = thread::Builder::new()
            .name("watch".to_owned())
            .spawn(watching)
            .map_err(WatcherError::Thread)?;
        Ok(Self {
            seen,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The newest sample.
    #[must_use]
    pub fn latest(&self) -> Option<Timed<ServerSample>> {
        locked(&self.seen).series.last().cloned()
    }

    /// Ends it and gives what was seen.
    #[must_use]
    pub fn finish(mut self) -> Watched {
        self.end();
        let seen = locked(&self.seen);
        Watched {
            samples: seen.series.clone().into_values(),
            asked: seen.asked,
            missed: seen.missed,
            last_error: seen.last_error.clone(),
        }
    }

    fn end(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended by itself.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed, and what was seen before it stands.
            let _ = thread.join();
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.end();
    }
}

fn locked(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn watch(client: &Client, every: Duration, seen: &Mutex<Seen>) {
    let start = Instant::now();
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let asked = Instant::now();
        let answer = server_figures(client).await;
        let mut seen = locked(seen);
        seen.asked += 1;
        match answer {
            Ok(figures) => {
                let sample = ServerSample {
                    answered_in: asked.elapsed(),
                    resident_bytes: figures.resident_bytes(),
                    open_fds: figures.open_fds(),
                    threads: figures.threads(),
                    evictions: figures.evictions(),
                    status: figures.status,
                };
                seen.series.push(asked - start, sample);
            }
            Err(error) => {
                seen.missed += 1;
                seen.last_error = Some(chain(&error));
            }
        }
    }
}
