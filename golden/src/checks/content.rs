//! What the audio itself is: its form, its length, how it sounds as far as figures tell, and, where the voice is
//! deterministic, each sample.

use audio_client::Capability;

use crate::{
    audio::{Figures, digest_of, figures},
    cases::{Case, ExpectedAudio, Nonce},
    suite::{Demand, FixedAudio, Lane, Probe, ProofPart, Stop, TestSpec, ensure},
};

pub(super) const TESTS: &[TestSpec] = &[
    TestSpec {
        name: "audio_content",
        lane: Lane::Together,
        proof: ProofPart::Runs,
        needs: &[],
        demand: |cases| cases.timed().map(|case| Demand::of_case(case, 1)).sum(),
        run: |probe| Box::pin(audio_content(probe)),
    },
    TestSpec {
        name: "audio_samples",
        lane: Lane::Together,
        proof: ProofPart::LeftOut,
        needs: &[Capability::DeterministicVoice],
        // One more for each other model that has an expectation; there are fewer models than that.
        demand: |cases| {
            cases.iter().map(|case| Demand::of_case(case, 1)).sum::<Demand>() + Demand::of(cases, "test_1", 4)
        },
        run: |probe| Box::pin(audio_samples(probe)),
    },
];

async fn audio_content(probe: &Probe<'_>) -> Result<(), Stop> {
    for case in probe.ctx.cases.timed() {
        let audio = probe.fixed(case).await?;
        has_the_form(probe, case, &audio)?;
        let joined = audio.joined();
        let found = tokio::task::spawn_blocking(move || figures(&joined)).await;
        let found = found.map_err(|error| Stop::Failed(format!("measuring the audio failed: {error}")))?;
        probe.note(format!(
            "{}: {:.3} s, loudness {}, longest silence {:.2} s, clipped {:.4} %",
            case.name,
            found.seconds,
            found
                .loudness_lufs
                .map_or("none".to_owned(), |lufs| format!("{lufs:.1} LUFS")),
            found.longest_silence_s,
            found.clipped_share * 100.0
        ));
        is_within(case, &found)?;
    }
    Ok(())
}

fn has_the_form(probe: &Probe<'_>, case: &Case, audio: &FixedAudio) -> Result<(), Stop> {
    let format = &probe.profile().audio;
    let count = audio.manifest.segments_total;
    ensure!(
        (case.segments_min..=case.segments_max).contains(&count),
        "{} has {count} segments, expected {} to {}",
        case.name,
        case.segments_min,
        case.segments_max
    );
    let parts = audio
        .manifest
        .segments
        .iter()
        .zip(&audio.segments)
        .zip(&audio.segment_files);
    for ((segment, decoded), file) in parts {
        let at = format!("{} segment {}", case.name, segment.index);
        ensure!(
            decoded.container == format.container,
            "{at}: container {}, expected {}",
            decoded.container,
            format.container
        );
        let form = (decoded.sample_rate_hz, decoded.channels);
        ensure!(
            form == (format.sample_rate_hz, format.channels),
            "{at}: {} Hz in {} channels, expected {} Hz in {}",
            form.0,
            form.1,
            format.sample_rate_hz,
            format.channels
        );
        let Some(duration_ms) = segment.duration_ms else {
            return Err(Stop::Failed(format!("{at}: the manifest has no duration_ms")));
        };
        let samples = duration_ms * f64::from(format.sample_rate_hz) / 1e3;
        #[expect(clippy::cast_precision_loss, reason = "no file has 2^53 samples")]
        let off = (samples - decoded.frames() as f64).abs();
        ensure!(
            off < 0.5,
            "{at}: the manifest says {duration_ms} ms, the file has {} samples",
            decoded.frames()
        );
        let size = file.body.len() as u64;
        ensure!(
            segment.size_bytes.is_none_or(|said| said == size),
            "{at}: the manifest says {:?} bytes, the file has {size}",
            segment.size_bytes
        );
    }
    Ok(())
}

fn is_within(case: &Case, found: &Figures) -> Result<(), Stop> {
    let name = &case.name;
    let legal = &case.audio;
    #[expect(clippy::cast_precision_loss, reason = "texts have some thousand characters")]
    let per_char = found.seconds / case.chars() as f64;
    let [least, most] = legal.seconds_per_char;
    ensure!(
        (least..=most).contains(&per_char),
        "{name}: {:.3} s for {} characters is {per_char:.3} s each, expected {least} to {most}",
        found.seconds,
        case.chars()
    );
    let [least, most] = legal.loudness_lufs;
    let loud = found.loudness_lufs;
    ensure!(
        loud.is_some_and(|lufs| (least..=most).contains(&lufs)),
        "{name}: loudness is {loud:?} LUFS, expected {least} to {most}"
    );
    ensure!(
        found.longest_silence_s <= legal.longest_silence_s,
        "{name}: {:.2} s of silence, expected at most {}",
        found.longest_silence_s,
        legal.longest_silence_s
    );
    ensure!(
        found.clipped_share <= legal.clipped_share_max,
        "{name}: {:.4} of all samples are at full scale, expected at most {}",
        found.clipped_share,
        legal.clipped_share_max
    );
    Ok(())
}

/// A nonce changes the samples, so they are compared for the text with the fixed one. It is the same in every run: the
/// first run on a new server synthesises it, later ones may find it cached, and the samples are the same either way.
async fn audio_samples(probe: &Probe<'_>) -> Result<(), Stop> {
    let Some(expected) = &probe.ctx.expected else {
        let path = probe.ctx.cases.expected_path(&probe.profile().name);
        return Err(Stop::Skipped(format!(
            "nobody has recorded {}; golden run --update-expected does",
            path.display()
        )));
    };
    for case in probe.ctx.cases.iter() {
        let model = probe.ctx.model_of(case);
        let Some(entry) = expected.get(&case.name, &model) else {
            return Err(Stop::Failed(format!(
                "no committed expectation for case {} by model {model}; golden run --update-expected writes it",
                case.name
            )));
        };
        same_audio(entry, &*probe.fixed(case).await?)?;
    }
    let short = probe.case("test_1");
    let others = probe
        .profile()
        .models
        .iter()
        .filter(|model| **model != probe.ctx.model_of(short));
    for entry in others.filter_map(|model| expected.get(&short.name, model)) {
        let request = short.request(&Nonce::FIXED, Some(&entry.model));
        same_audio(entry, &probe.fixed_by(&request).await?)?;
    }
    probe.note(format!(
        "{} texts are as committed, to the sample",
        probe.ctx.cases.iter().count()
    ));
    Ok(())
}

fn same_audio(expected: &ExpectedAudio, audio: &FixedAudio) -> Result<(), Stop> {
    let at = format!("case {} by model {}", expected.case, expected.model);
    let segments = audio.manifest.segments_total;
    ensure!(
        segments == expected.segments,
        "{at}: {segments} segments, expected {}",
        expected.segments
    );
    let found = digest_of(&audio.joined());
    ensure!(
        found.samples == expected.digest.samples,
        "{at}: {} samples, expected {}",
        found.samples,
        expected.digest.samples
    );
    ensure!(
        found.sha256 == expected.digest.sha256,
        "{at}: the samples' SHA-256 is {}, expected {}",
        found.sha256,
        expected.digest.sha256
    );
    Ok(())
}
