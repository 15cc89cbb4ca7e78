//! What is timed, under which name, and by which stages of the server its time passes. The last is what a proof holds the
//! guard to: a fault at a stage has to turn exactly those tests red whose path it lies on.

use audio_api::fault::Stage;
use perf_guard::CacheState;
use run_report::Metric;

/// Every metric.
pub const KNOWN_METRICS: [Metric; 7] = [
    Metric::SubmitToComplete,
    Metric::FirstReady,
    Metric::MergedFetch,
    Metric::CancelAck,
    Metric::SegmentFetch,
    Metric::PlaylistFetch,
    Metric::StatusFetch,
];

/// The stages that a cold job passes before audio is there.
const COLD: &[Stage] = &[
    Stage::HttpSubmit,
    Stage::HttpJob,
    Stage::Worker,
    Stage::QueueLease,
    Stage::Synth,
    Stage::Encode,
    Stage::Store,
];
/// A cached segment passes the queue and a worker, and skips the rest (API.md, "Cache").
const WARM: &[Stage] = &[
    Stage::HttpSubmit,
    Stage::HttpJob,
    Stage::Worker,
    Stage::QueueLease,
];

/// The stages by which a metric's time passes, in this cache state.
#[must_use]
pub const fn stages_on_path(metric: Metric, cache: CacheState) -> &'static [Stage] {
    match (metric, cache) {
        (Metric::SubmitToComplete | Metric::FirstReady, CacheState::Cold) => COLD,
        (Metric::SubmitToComplete | Metric::FirstReady, CacheState::Warm) => WARM,
        (Metric::MergedFetch, CacheState::Cold) => &[Stage::HttpMerged, Stage::MergeLock, Stage::MergeWrite],
        // The merged file of the same segments is found by its fingerprint, without a merge.
        (Metric::MergedFetch, CacheState::Warm) => &[Stage::HttpMerged],
        (Metric::CancelAck, _) => &[Stage::HttpCancel],
        (Metric::SegmentFetch, _) => &[Stage::HttpSegment],
        (Metric::PlaylistFetch, _) => &[Stage::HttpPlaylist],
        (Metric::StatusFetch, _) => &[Stage::HttpStatus],
    }
}

/// The name under which a metric of a test stands in baselines: the test's own name for its main metric, and
/// `TEST.METRIC` for the others.
#[must_use]
pub fn key_of(test: &str, metric: Metric) -> String {
    match suffix(metric) {
        Some(suffix) => format!("{test}.{suffix}"),
        None => test.to_owned(),
    }
}

/// The metric that stands under a name.
#[must_use]
pub fn metric_of(key: &str) -> Metric {
    let given = key.split_once('.').map(|(_, suffix)| suffix);
    KNOWN_METRICS
        .into_iter()
        .find(|metric| suffix(*metric) == given)
        .unwrap_or(Metric::SubmitToComplete)
}

const fn suffix(metric: Metric) -> Option<&'static str> {
    match metric {
        Metric::SubmitToComplete => None,
        Metric::FirstReady => Some("first_ready"),
        Metric::MergedFetch => Some("merged_fetch"),
        Metric::CancelAck => Some("cancel_ack"),
        Metric::SegmentFetch => Some("segment_fetch"),
        Metric::PlaylistFetch => Some("playlist_fetch"),
        Metric::StatusFetch => Some("status_fetch"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_its_metric() {
        for metric in KNOWN_METRICS {
            assert_eq!(metric_of(&key_of("multi_segment", metric)), metric);
        }
        assert_eq!(key_of("test_1", Metric::SubmitToComplete), "test_1");
        assert_eq!(key_of("cancel", Metric::CancelAck), "cancel.cancel_ack");
    }

    #[test]
    fn every_stage_lies_on_the_path_of_some_metric() {
        for stage in Stage::ALL {
            let passes = |metric| stages_on_path(metric, CacheState::Cold).contains(&stage);
            assert!(KNOWN_METRICS.into_iter().any(passes), "{stage}");
        }
    }

    #[test]
    fn a_slow_voice_lies_on_the_path_of_cold_audio_alone() {
        for metric in KNOWN_METRICS {
            let audio = matches!(metric, Metric::SubmitToComplete | Metric::FirstReady);
            assert_eq!(
                stages_on_path(metric, CacheState::Cold).contains(&Stage::Synth),
                audio,
                "{metric:?}"
            );
            assert!(
                !stages_on_path(metric, CacheState::Warm).contains(&Stage::Synth),
                "{metric:?}"
            );
        }
    }
}
