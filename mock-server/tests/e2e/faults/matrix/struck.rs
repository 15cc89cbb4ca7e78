//! What each kind of fault does to what it strikes, and that it does it at its stage.

use std::time::Duration;

use audio_api::fault::Stage;
use serde_json::Value;

use super::{
    arrival::{Outcome, What},
    fault::{Fault, LEAST_DRAWN_MS, SLEEP_MS, rate},
};
use crate::harness::Server;

/// The stages that leave a time in the manifest, in the order in which a segment passes them.
const TIMES: [&str; 4] = ["queue_wait_ms", "synth_ms", "encode_ms", "store_ms"];

/// What a server counts, at one moment.
pub(super) struct Figures {
    metrics: Value,
    retries: u64,
}

impl Figures {
    /// Now.
    pub(super) async fn of(server: &Server, stage: Stage) -> Self {
        // The status is a stage itself.
        let retries = match stage {
            Stage::HttpStatus => 0,
            _ => server.status().await["retry_counts"]["segment_retries"]
                .as_u64()
                .expect("a count"),
        };
        Self {
            metrics: server.metrics().await,
            retries,
        }
    }

    fn metric(&self, name: &str) -> f64 {
        self.metrics[name].as_f64().unwrap_or_default()
    }

    /// How often the voice, the encoder and so on have ended.
    fn passed(&self) -> [f64; 4] {
        ["queue", "synth", "encode", "store"].map(|stage| {
            self.metric(&format!(
                "touchstone_stage_duration_seconds_count{{stage=\"{stage}\"}}"
            ))
        })
    }

    pub(super) fn resident_bytes(&self) -> f64 {
        self.metric("process_resident_memory_bytes")
    }

    /// The route whose requests took longest since `before`, and how many seconds.
    fn busiest_route(&self, before: &Self) -> (&str, f64) {
        let sums = self.metrics.as_object().expect("an object");
        sums.iter()
            .filter(|(name, _)| name.starts_with("touchstone_http_request_duration_seconds_sum"))
            .map(|(name, sum)| {
                (
                    name.as_str(),
                    sum.as_f64().expect("a number") - before.metric(name),
                )
            })
            .max_by(|(_, one), (_, other)| one.total_cmp(other))
            .expect("a route")
    }
}

/// An arrival that was struck, with what the server counted around it.
pub(super) struct Struck {
    pub(super) stage: Stage,
    pub(super) outcome: Outcome,
    pub(super) before: Figures,
    pub(super) after: Figures,
}

impl Struck {
    /// Asserts that this kind of fault struck it, at its stage.
    pub(super) fn assert_by(&self, fault: Fault) {
        match &self.outcome.what {
            What::Job(manifest) => self.assert_attempt_by(fault, manifest),
            What::Answer(_) | What::Closed => self.assert_request_by(fault),
        }
    }

    fn assert_request_by(&self, fault: Fault) {
        match fault {
            Fault::Sleep => {
                self.assert_whole_after(SLEEP_MS);
                self.assert_slower_at_its_route();
            }
            Fault::DrawnSleep => self.assert_whole_after(LEAST_DRAWN_MS),
            Fault::Stall | Fault::Leak => self.assert_whole_after(0.0),
            Fault::BytesPerS => {
                self.assert_whole_after(least_ms(self.outcome.answer().body.len(), self.stage));
            }
            Fault::Error => {
                let answer = self.outcome.answer();
                assert_eq!((answer.status, answer.header("retry-after")), (503, "7"));
                let problem: Value = serde_json::from_slice(&answer.body).expect("JSON");
                assert_eq!(problem["code"], "injected_fault");
                let detail = problem["detail"].as_str().expect("text");
                assert!(
                    detail.contains("fault rule f1 ") && detail.contains(" number 1 "),
                    "{detail}"
                );
            }
            Fault::Drop | Fault::Crash => assert!(matches!(self.outcome.what, What::Closed)),
            Fault::Truncate => {
                let answer = self.outcome.answer();
                assert_eq!(answer.status, 200);
                // A merge that was cut is whole to HTTP; a body that was cut breaks off.
                let is_whole = answer.announced() == answer.body.len();
                assert_eq!(is_whole, self.stage == Stage::MergeWrite);
                if !is_whole {
                    assert_eq!(answer.body.len(), answer.announced() / 2);
                }
            }
        }
    }

    fn assert_whole_after(&self, least_ms: f64) {
        assert!(self.outcome.is_whole());
        self.assert_took(least_ms);
    }

    fn assert_took(&self, least_ms: f64) {
        let took = self.outcome.took;
        assert!(took >= Duration::from_secs_f64(least_ms / 1e3), "{took:?}");
    }

    /// The time was spent in the route of the stage.
    fn assert_slower_at_its_route(&self) {
        let route = match self.stage {
            Stage::HttpSubmit => "/v1/tts/jobs",
            Stage::HttpJob => "/{job_id}",
            Stage::HttpSegment => "/segments/{segment_id}",
            Stage::HttpPlaylist => "/playlist.json",
            Stage::HttpMerged | Stage::MergeLock | Stage::MergeWrite => "/audio.ogg",
            Stage::HttpCancel => "/cancel",
            _ => "/v1/admin/status",
        };
        let (slowest, took_s) = self.after.busiest_route(&self.before);
        assert!(
            slowest.contains(&format!("{route}\"")),
            "{slowest} is not {route}"
        );
        assert!(took_s >= SLEEP_MS / 1e3, "{slowest} took {took_s} s");
        let merges = "touchstone_stage_duration_seconds_sum{stage=\"merge\"}";
        let in_a_merge = self.after.metric(merges) - self.before.metric(merges) >= SLEEP_MS / 1e3;
        let expected = matches!(self.stage, Stage::MergeLock | Stage::MergeWrite);
        assert_eq!(in_a_merge, expected, "time of a merge");
    }

    fn assert_attempt_by(&self, fault: Fault, manifest: &Value) {
        assert_eq!(manifest["status"], "complete", "{manifest}");
        let fails = matches!(fault, Fault::Error | Fault::Drop | Fault::Crash);
        let segment = &self.outcome.segments()[0];
        assert_eq!(segment["attempts"], 1 + u64::from(fails), "{segment}");
        assert_eq!(self.after.retries - self.before.retries, u64::from(fails));
        let restarts = "touchstone_worker_restarts_total";
        let restarts = self.after.metric(restarts) - self.before.metric(restarts);
        assert_eq!(
            restarts,
            f64::from(u8::from(fault == Fault::Crash)),
            "workers that died"
        );
        self.assert_got_as_far_as(fault);
        match fault {
            Fault::Sleep => self.assert_slower_in_its_time(SLEEP_MS),
            Fault::DrawnSleep => assert!(self.time_ms(self.its_time()) >= LEAST_DRAWN_MS, "{segment}"),
            Fault::BytesPerS => {
                let bytes = segment["size_bytes"].as_u64().expect("a size");
                let least = least_ms(usize::try_from(bytes).expect("a small file"), self.stage);
                assert!(
                    self.time_ms(self.its_time()) >= least,
                    "{least} ms are due: {segment}"
                );
            }
            Fault::Drop => self.assert_took(200.0),
            Fault::Error | Fault::Stall | Fault::Truncate | Fault::Crash | Fault::Leak => {}
        }
    }

    /// How far the first attempt came: its failure is the stage's, and not one before or behind.
    fn assert_got_as_far_as(&self, fault: Fault) {
        // Stages that ended in the first attempt: those before the rule's, and its own unless the worker died in it.
        let before = match self.stage {
            Stage::Worker | Stage::QueueLease => 0,
            Stage::Synth => 1,
            Stage::Encode => 2,
            _ => 3,
        };
        let own = usize::from(before > 0 && fault != Fault::Crash);
        let ended = match fault {
            Fault::Error | Fault::Drop | Fault::Crash => before + own,
            _ => 0,
        };
        // While a rule stalls one job, two others pass; the audio of one of them is there when it is leased.
        let meanwhile = match fault {
            Fault::Stall => [2.0, 1.0, 1.0, 1.0],
            _ => [0.0; 4],
        };
        let (earlier, later) = (self.before.passed(), self.after.passed());
        let passed: Vec<f64> = (0..4).map(|n| later[n] - earlier[n]).collect();
        let own = |n: usize| if n < ended { 2.0 } else { 1.0 };
        let expected: Vec<f64> = (0..4).map(|n| own(n) + meanwhile[n]).collect();
        assert_eq!(
            passed, expected,
            "times that queue, voice, encoder and store were passed"
        );
    }

    /// The manifest's time that holds the stage.
    const fn its_time(&self) -> &'static str {
        match self.stage {
            Stage::Synth => TIMES[1],
            Stage::Encode => TIMES[2],
            Stage::Store => TIMES[3],
            _ => TIMES[0],
        }
    }

    fn time_ms(&self, time: &str) -> f64 {
        self.outcome.segments()[0][time].as_f64().expect("a time")
    }

    fn assert_slower_in_its_time(&self, sleep_ms: f64) {
        let longest = TIMES
            .into_iter()
            .max_by(|one, other| self.time_ms(one).total_cmp(&self.time_ms(other)));
        assert_eq!(longest, Some(self.its_time()), "{}", self.outcome.segments());
        assert!(self.time_ms(self.its_time()) >= sleep_ms);
    }
}

/// What these bytes have to take at the stage's rate. The last twentieth of a second of a body is not waited for.
fn least_ms(bytes: usize, stage: Stage) -> f64 {
    let least = bytes as f64 / rate(stage) as f64 * 1e3 - 60.0;
    assert!(least > 80.0, "{bytes} bytes at {stage} are too few to tell");
    least
}
