//! A load that does what clients do.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{task::JoinSet, time, time::Instant};

use super::{Connection, Served};

/// Connections of the load.
pub(crate) const LOADERS: usize = 16;

/// A job of two segments whose audio is there already.
pub(crate) async fn submit(connection: &mut Connection) -> String {
    let body = json!({"text": "A touchstone is a dark stone. Gold that is rubbed on it leaves a streak."});
    let (status, body) = connection.post("/v1/tts/jobs", &body).await;
    assert_eq!(status, 200, "{body:?}");
    let answer: Value = serde_json::from_slice(&body).expect("JSON");
    format!("/v1/tts/jobs/{}", answer["job_id"].as_str().expect("an id"))
}

/// Clients that do what clients do, without a pause.
pub(crate) struct Load {
    clients: JoinSet<()>,
    stop: Arc<AtomicBool>,
    requests: Arc<AtomicU64>,
    since: Instant,
}

impl Load {
    /// Lets them loose on the server.
    pub(crate) async fn on(server: &Served) -> Self {
        let (stop, requests) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut clients = JoinSet::new();
        for _ in 0..LOADERS {
            let (stop, requests) = (stop.clone(), requests.clone());
            let mut connection = server.connect().await;
            clients.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let done = use_a_job(&mut connection).await;
                    requests.fetch_add(done, Ordering::Relaxed);
                }
            });
        }
        Self {
            clients,
            stop,
            requests,
            since: Instant::now(),
        }
    }

    /// Stops; how many requests were answered a second.
    pub(crate) async fn stop(self) -> f64 {
        let rate = self.requests.load(Ordering::Relaxed) as f64 / self.since.elapsed().as_secs_f64();
        self.stop.store(true, Ordering::Relaxed);
        self.clients.join_all().await;
        rate
    }
}

/// One job from its submit to its audio; how many requests that took.
async fn use_a_job(connection: &mut Connection) -> u64 {
    let job = submit(connection).await;
    let mut requests = 1;
    while connection.json(&job).await["manifest"]["status"] != "complete" {
        requests += 1;
        time::sleep(Duration::from_millis(2)).await;
    }
    let paths = ["/playlist.json", "/segments/seg-0000", "/audio.ogg"].map(|rest| format!("{job}{rest}"));
    for path in paths.iter().map(String::as_str).chain(["/v1/tts/jobs?limit=20"]) {
        let (status, _) = connection.get(path).await;
        assert!(status.is_success(), "{path}: {status}");
        requests += 1;
    }
    requests + 1
}
