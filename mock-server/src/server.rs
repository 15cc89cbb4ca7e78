//! One server process, from its parts to its end.

use std::{
    future::Future,
    io,
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, Instant},
};

use tokio::{
    net::{TcpListener, TcpSocket},
    time,
};
use tokio_util::sync::CancellationToken;

use crate::{
    blobs::{BlobError, BlobStore},
    config::Config,
    engine::{EmbeddedEngine, FaultRefused, SharedEngine},
    http::{App, BodyLimits, Front, Parts, accept},
    merge::Merger,
    metrics::Metrics,
    voice_cost::VoiceCost,
    worker::{WorkerPool, WorkerSettings},
};

/// Connections that may wait to be accepted. The usual 128 loses connections in a spike, which then look like answers
/// of a second.
const BACKLOG: u32 = 4096;
/// How often the engine is asked to do what time demands, and ended jobs' audio is let go.
const SWEEP: Duration = Duration::from_secs(1);

/// Listens on `ADDRESS:PORT`, with room for a spike of connections.
///
/// # Errors
/// When the address cannot be resolved or bound.
pub async fn listen(address: &str) -> io::Result<TcpListener> {
    let mut last = io::Error::new(io::ErrorKind::InvalidInput, "it names no address");
    for address in tokio::net::lookup_host(address).await? {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        socket.set_reuseaddr(true)?;
        #[cfg(target_os = "linux")]
        if address.ip().is_loopback() {
            // Some machines' default paces what is sent by timers, after a bandwidth that a loopback does not have, and
            // whoever measures measures that. Reno, which every system has, does not; where it is refused, so be it.
            let _ = rustix::net::sockopt::set_tcp_congestion(&socket, "reno");
        }
        match socket.bind(address).and_then(|()| socket.listen(BACKLOG)) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// A server whose parts are there, and that does not listen yet.
pub struct Server {
    config: Config,
    engine: SharedEngine,
    blobs: Arc<BlobStore>,
}

/// Why a server cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory cannot be used.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// A fault rule of the settings was not taken.
    #[error("add the fault rules of the settings")]
    Faults(#[from] FaultRefused),
}

/// Serves the API on `listener` until `stop` completes, then finishes what is open within the deadline.
///
/// # Errors
/// When the data directory cannot be used, or a fault rule of the settings cannot be added.
pub async fn serve(listener: TcpListener, config: Config, stop: impl Future<Output = ()>) -> io::Result<()> {
    let server = Server::prepare(config).await.map_err(io::Error::other)?;
    server.serve(listener, stop).await
}

impl Server {
    /// Opens the store and adds the fault rules, so that a server that listens can serve.
    ///
    /// # Errors
    /// When the data directory cannot be used, or a fault rule of the settings cannot be added.
    pub async fn prepare(config: Config) -> Result<Self, StartError> {
        let engine: SharedEngine = Arc::new(EmbeddedEngine::new(config.engine.clone()));
        for rule in &config.faults {
            engine.add_fault(rule.clone()).await?;
        }
        let blobs = Arc::new(match &config.data_dir {
            None => BlobStore::in_memory(config.cache_bytes),
            Some(dir) => BlobStore::in_directory(dir, config.cache_bytes, config.max_open_files).await?,
        });
        Ok(Self {
            config,
            engine,
            blobs,
        })
    }

    /// Serves the API on `listener` until `stop` completes, then finishes what is open within the deadline.
    ///
    /// # Errors
    /// When the task that accepts connections dies.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) -> io::Result<()> {
        let Self {
            config,
            engine,
            blobs,
        } = self;
        let metrics = Arc::new(Metrics::default());
        let workers = start_workers(&config, &engine, &blobs, &metrics);
        let stopping = CancellationToken::new();
        let app = App::new(Parts {
            merger: Merger::new(engine.clone(), blobs.clone(), metrics.clone()),
            engine: engine.clone(),
            blobs: blobs.clone(),
            metrics: metrics.clone(),
            max_active_jobs: config.max_active_jobs,
            min_workers: config.min_workers,
            bodies: BodyLimits {
                timeout: config.body_timeout,
                max_buffered_bytes: config.max_buffered_bytes,
                buffered_bytes: AtomicU64::new(0),
            },
            api_token: config.api_token,
            admin_token: config.admin_token,
            started: Instant::now(),
            stopping: stopping.clone(),
        });
        let sweeper = tokio::spawn(sweep(engine, blobs));
        let accepting = tokio::spawn(accept(
            listener,
            Front::new(app),
            metrics,
            config.connections,
            stopping.clone(),
        ));
        stop.await;
        tracing::info!("stopping");
        stopping.cancel();
        // Both at once: a request may be waiting for a segment, a segment for nobody.
        let (_, accepted) = tokio::join!(workers.stop(config.shutdown_deadline), accepting);
        sweeper.abort();
        accepted.map_err(io::Error::other)
    }
}

fn start_workers(
    config: &Config,
    engine: &SharedEngine,
    blobs: &Arc<BlobStore>,
    metrics: &Arc<Metrics>,
) -> WorkerPool {
    let settings = WorkerSettings {
        voice_cost: VoiceCost::from(config.voice_cost),
        cache_lookup: config.cache_lookup,
        lease_ttl: config.lease_ttl,
        attempt_timeout: config.attempt_timeout,
    };
    WorkerPool::start(
        config.workers,
        engine.clone(),
        blobs.clone(),
        metrics.clone(),
        settings,
    )
}

async fn sweep(engine: SharedEngine, blobs: Arc<BlobStore>) {
    let mut ticks = time::interval(SWEEP);
    ticks.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match engine.sweep().await {
            Ok(swept) if swept != crate::engine::Swept::default() => tracing::info!(?swept, "swept"),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "could not sweep"),
        }
        let pinning = blobs.pinning_jobs();
        let released = match engine.active_jobs().await {
            Ok(active) => blobs
                .release_ended(&pinning, &active)
                .await
                .map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = released {
            tracing::warn!(error, "could not let go of ended jobs' audio");
        }
    }
}
