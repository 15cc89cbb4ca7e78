//! The hot paths, each with an input as it is met. Everything before the loop is cancelled by the two runs.

use std::{hint::black_box, sync::Arc, time::Duration, time::SystemTime};

use audio_api::{
    JobId, Mode, ModelId,
    fault::{FaultRule, Stage},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header::RANGE};
use mock_server::{
    audio,
    engine::{Admission, CacheUse, EmbeddedEngine, Engine, EngineConfig, FaultSite, JobSpec, NewJob},
    faults::{ChanceOf, RuleProgress},
    representation::{Answer, ETag, Representation, select},
    text, voice,
};
use perf_guard::{
    Baseline, CacheState, Context, CounterDeltas, Environment, Measurement, Policy, Rounds, Samples, Seconds,
    StageTimes, TimedKey, check,
};
use serde_json::json;

/// A path that can be run so many times.
pub(super) struct Path {
    pub(super) name: &'static str,
    pub(super) run: fn(u64),
    /// How many operations are counted: many of a short path, so that they stand out from the program around them.
    pub(super) operations: u64,
}

const fn short(name: &'static str, run: fn(u64)) -> Path {
    let operations = 2_000;
    Path {
        name,
        run,
        operations,
    }
}

const fn long(name: &'static str, run: fn(u64)) -> Path {
    let operations = 40;
    Path {
        name,
        run,
        operations,
    }
}

/// All of them.
pub(super) const PATHS: [Path; 10] = [
    short("range of one", |n| ranges(n, "bytes=65536-131071")),
    short("range of eight", |n| {
        ranges(
            n,
            "bytes=0-9999, 20000-29999, 40000-49999, 60000-69999, 80000-89999, 100000-109999, 120000-129999, -10000",
        );
    }),
    long("manifest of 120 segments, built", manifest_built),
    long("manifest of 120 segments, as JSON", manifest_written),
    long("sentences of 20,000 characters", sentences),
    long("merge of 10 segments", merge),
    short("fault rule of a chance", fault_rule),
    long("100 fault rules that do not match", fault_rules),
    long("1,000 looks for a fault rule", no_fault_rule),
    long("guard of 20 timed tests", guard),
];

fn ranges(times: u64, range: &'static str) {
    let etag = ETag::strong("0123456789abcdef").expect("legal");
    let audio = HeaderValue::from_static("audio/ogg");
    let representation = Representation::new(etag, SystemTime::UNIX_EPOCH, audio, 4 << 20);
    let object = Bytes::from(vec![0; 4 << 20]);
    let mut headers = HeaderMap::new();
    headers.insert(RANGE, HeaderValue::from_static(range));
    for _ in 0..times {
        let selection = select(&Method::GET, black_box(&headers), &representation);
        let answer = Answer::new(&Method::GET, selection, &representation);
        assert_eq!(answer.status, 206);
        black_box(answer.content.of(&object).expect("the object's length"));
    }
}

/// An engine with a job of 120 segments.
fn with_engine<T>(work: impl AsyncFnOnce(EmbeddedEngine, JobId) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    runtime.expect("a runtime").block_on(async {
        let engine = EmbeddedEngine::new(EngineConfig::default());
        let job = NewJob {
            spec: Arc::new(spec()),
            segments: vec![Arc::from("A sentence."); 120],
            idempotency: None,
        };
        let open = Admission {
            max_active_jobs: u64::MAX,
            min_workers: 0,
        };
        let submitted = engine.submit(job, open).await.expect("accepted");
        work(engine, submitted.job.manifest.job_id).await
    })
}

fn spec() -> JobSpec {
    JobSpec {
        text: "A touchstone is a dark stone. ".repeat(600),
        text_digest: [7; 32],
        mode: Mode::Segments,
        model_id: ModelId::Default,
        voice_id: "anna".to_owned(),
        prefer_phonemes: false,
        reading_profile: None,
        cache: CacheUse::Allowed,
    }
}

fn manifest_built(times: u64) {
    with_engine(async |engine, id| {
        for _ in 0..times {
            black_box(
                engine
                    .job(black_box(&id))
                    .await
                    .expect("reachable")
                    .expect("there"),
            );
        }
    });
}

fn manifest_written(times: u64) {
    with_engine(async |engine, id| {
        let job = engine.job(&id).await.expect("reachable").expect("there");
        for _ in 0..times {
            black_box(serde_json::to_vec(black_box(&job.manifest)).expect("plain"));
        }
    });
}

fn sentences(times: u64) {
    let prose =
        "Dr. Stone rubbed gold on it; did it leave a streak? It did, at 3.5 p.m., and \"nobody\" knew why. ";
    let text: String = prose.chars().cycle().take(20_000).collect();
    for _ in 0..times {
        black_box(text::segments(black_box(&text)));
    }
}

fn merge(times: u64) {
    let encoded = audio::encode(&voice::synthesise(
        "Gold that is rubbed on it.",
        "anna",
        ModelId::Default,
    ));
    let segments = vec![encoded.expect("encodable").bytes; 10];
    for _ in 0..times {
        black_box(audio::merge(black_box(&segments)).expect("sound"));
    }
}

fn rule(matches: &serde_json::Value) -> FaultRule {
    let rule = json!({"stage": "synth", "kind": {"sleep_ms": 5}, "match": matches, "when": {"p": 0.5}});
    serde_json::from_value(rule).expect("legal")
}

fn site(job: &JobSpec) -> FaultSite<'_> {
    FaultSite {
        segment_index: Some(3),
        attempt: Some(1),
        ..FaultSite::of_job(Stage::Synth, Some(job))
    }
}

fn fault_rule(times: u64) {
    let (rule, job, mut progress) = (rule(&json!({})), spec(), RuleProgress::default());
    let chance = ChanceOf {
        seed: 1,
        rule_id: "f1",
    };
    for _ in 0..times {
        black_box(progress.arrive(&rule, &chance, black_box(&site(&job)), Duration::from_secs(1)));
    }
}

fn fault_rules(times: u64) {
    with_engine(async |engine, _| {
        for _ in 0..100 {
            let added = engine.add_fault(rule(&json!({"voice_id": "nobody"}))).await;
            added.expect("there is room");
        }
        let job = spec();
        for _ in 0..times {
            assert!(
                engine
                    .strike(black_box(&site(&job)))
                    .await
                    .expect("reachable")
                    .is_empty()
            );
        }
    });
}

fn no_fault_rule(times: u64) {
    with_engine(async |engine, _| {
        for _ in 0..times {
            for _ in 0..1_000 {
                black_box(engine.has_faults(black_box(Stage::Synth)));
            }
        }
    });
}

fn guard(times: u64) {
    let tests: serde_json::Map<_, _> = (0..20).map(|n| (format!("test_{n}"), json!(1.0))).collect();
    let baseline = Baseline::parse(&json!(tests).to_string()).expect("a flat baseline");
    let measured: Vec<Measurement> = (0..20).map(|n| measurement(&format!("test_{n}"))).collect();
    let context = Context {
        environment: Environment {
            os: "linux".to_owned(),
            arch: "x86_64".to_owned(),
            cpu_model: None,
            cores: 2,
            memory_bytes: None,
            server_version: None,
        },
        settings_digest: "abc".to_owned(),
    };
    let policy = Policy::default();
    for _ in 0..times {
        let outcome = check(black_box(&measured), Some(&baseline), &context, &policy);
        black_box(outcome.expect("a guard that can fire"));
    }
}

fn measurement(test: &str) -> Measurement {
    Measurement {
        key: TimedKey::new(test, CacheState::Cold),
        samples: Samples::from_f64s("samples", &[1.1, 1.0, 1.2, 0.9, 1.05]).expect("legal"),
        stages: StageTimes::new(),
        rounds: Rounds::ONE,
        counters: CounterDeltas::default(),
        timeout: Seconds::new(60.0).expect("legal"),
    }
}
