//! The audio as ffmpeg sees it: the judge that players and users go by.
//!
//! Ignored by default because ffmpeg is no build dependency; `make test-audio` runs them. The same properties are held
//! by symphonia in the crate's unit tests.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

use bytes::Bytes;
use mock_server::audio::{self, BLOCK_SIZE, Encoded, SAMPLE_RATE_HZ};
use mock_server::voice::{Model, synthesise};
use rstest::rstest;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use tempfile::TempDir;

const SENTENCE: &str = "The quick brown fox jumps over the lazy dog, and nobody minds; does anybody? ";

/// Segments, the file merged from them, and the samples that both have to give.
struct Job {
    segments: Vec<Encoded>,
    merged: Encoded,
    samples: Vec<i16>,
}

impl Job {
    /// Speaks a segment for each count of sentences.
    fn of(sentences: &[usize]) -> Self {
        let (mut segments, mut samples) = (Vec::new(), Vec::new());
        for (index, &count) in sentences.iter().enumerate() {
            let model = Model::ALL[index % 2];
            let pcm = synthesise(&SENTENCE.repeat(count), &format!("voice-{}", index % 7), model);
            segments.push(audio::encode(&pcm).unwrap());
            samples.extend_from_slice(pcm.samples());
            samples.resize(samples.len().next_multiple_of(BLOCK_SIZE), 0);
        }
        let bytes: Vec<Bytes> = segments.iter().map(|segment| segment.bytes.clone()).collect();
        let merged = audio::merge(&bytes).unwrap();
        Self {
            segments,
            merged,
            samples,
        }
    }
}

/// Many segments, so that frame numbers of one, two and three bytes occur.
static LONG: LazyLock<Job> = LazyLock::new(|| Job::of(&[[1, 3, 2].as_slice(); 24].concat()));

/// A file that is there as long as this value.
struct Saved {
    path: PathBuf,
    _dir: TempDir,
}

impl Saved {
    fn new(bytes: &[u8]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("audio.ogg");
        std::fs::write(&path, bytes).unwrap();
        Self { path, _dir: dir }
    }

    fn path(&self) -> &str {
        self.path.to_str().unwrap()
    }
}

/// What the command wrote to standard output, if it succeeded without a word on standard error.
fn quiet(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let complaints = String::from_utf8_lossy(&output.stderr[..output.stderr.len().min(1000)]);
    assert!(
        output.status.success() && complaints.is_empty(),
        "{program} {arguments:?}: {complaints}"
    );
    output.stdout
}

fn decode(file: &Saved, from_s: Option<&str>) -> Vec<i16> {
    let mut arguments = vec!["-v", "error"];
    arguments.extend(from_s.iter().flat_map(|from_s| ["-ss", from_s]));
    arguments.extend(["-i", file.path(), "-f", "s16le", "-"]);
    let bytes = quiet("ffmpeg", &arguments);
    bytes
        .chunks_exact(2)
        .map(|sample| i16::from_le_bytes([sample[0], sample[1]]))
        .collect()
}

#[test]
#[ignore = "needs ffmpeg: make test-audio"]
fn ffmpeg_plays_every_file_without_a_word() {
    let job = &*LONG;
    for encoded in job.segments.iter().take(6).chain([&job.merged]) {
        let file = Saved::new(&encoded.bytes);
        quiet("ffmpeg", &["-v", "error", "-i", file.path(), "-f", "null", "-"]);
        // With checksums of frames checked too, which ffmpeg leaves out by default.
        quiet(
            "ffmpeg",
            &[
                "-v",
                "warning",
                "-err_detect",
                "crccheck+explode",
                "-i",
                file.path(),
                "-f",
                "null",
                "-",
            ],
        );
    }
}

#[test]
#[ignore = "needs ffmpeg: make test-audio"]
fn ffmpeg_speaks_up_when_a_file_is_damaged() {
    let job = Job::of(&[2]);
    let mut bytes = job.segments[0].bytes.to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x40;
    let file = Saved::new(&bytes);
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i", file.path(), "-f", "null", "-"])
        .output()
        .unwrap();
    assert!(
        !output.stderr.is_empty(),
        "the check of the other tests would not notice anything"
    );
}

#[test]
#[ignore = "needs ffmpeg: make test-audio"]
fn ffprobe_gives_the_duration_to_the_millisecond() {
    let job = &*LONG;
    for encoded in job.segments.iter().take(3).chain([&job.merged]) {
        let file = Saved::new(&encoded.bytes);
        let fields = "format=duration,format_name:stream=codec_name,sample_rate,channels,bits_per_raw_sample";
        let json = quiet(
            "ffprobe",
            &["-v", "error", "-of", "json", "-show_entries", fields, file.path()],
        );
        let probed: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let stream = &probed["streams"][0];
        assert_eq!(stream["codec_name"], "flac");
        assert_eq!(stream["sample_rate"], "24000");
        assert_eq!(stream["channels"], 1);
        assert_eq!(stream["bits_per_raw_sample"], "16");
        assert_eq!(probed["format"]["format_name"], "ogg");
        let duration_s: f64 = probed["format"]["duration"].as_str().unwrap().parse().unwrap();
        let expected_s = encoded.samples as f64 / f64::from(SAMPLE_RATE_HZ);
        assert!(
            (duration_s - expected_s).abs() < 0.0005,
            "{duration_s} s instead of {expected_s} s"
        );
    }
}

#[test]
#[ignore = "needs ffmpeg: make test-audio"]
fn ffmpeg_decodes_the_merged_file_to_its_segments_in_order() {
    let job = &*LONG;
    assert!(
        job.merged.samples > 2048 * BLOCK_SIZE as u64,
        "frame numbers of three bytes do not occur"
    );
    assert!(
        decode(&Saved::new(&job.merged.bytes), None) == job.samples,
        "samples differ"
    );
}

#[rstest]
#[case::in_the_first_page("0.25", 6_000)]
#[case::in_the_middle("97.5", 2_340_000)]
#[case::near_the_end("180", 4_320_000)]
#[ignore = "needs ffmpeg: make test-audio"]
fn ffmpeg_seeks_in_the_merged_file(#[case] from_s: &str, #[case] sample: usize) {
    let job = &*LONG;
    let played = decode(&Saved::new(&job.merged.bytes), Some(from_s));
    assert!(
        played == job.samples[sample..],
        "{} samples, not {}",
        played.len(),
        job.samples.len() - sample
    );
}
