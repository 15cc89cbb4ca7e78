//! What everybody relies on about the voice as a whole.

use super::*;
use crate::audio::SAMPLE_RATE_HZ;
use ebur128::{EbuR128, Mode};
use proptest::prelude::*;
use rstest::rstest;
use sha2::{Digest, Sha256};
use std::ops::RangeInclusive;

const ENGLISH: &str = "The quick brown fox jumps over the lazy dog, and nobody minds. Speech has a rhythm: long vowels, \
    short consonants, pauses. Does the pitch rise at the end of a question? It does, here; twelve hundred and \
    thirty-four samples later it falls again.";

fn digest(pcm: &Pcm) -> String {
    let bytes: Vec<u8> = pcm
        .samples()
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

// These bytes are what golden cases compare against. They must be the same in debug and release builds and on every
// machine; a change of the voice on purpose changes `REVISION` with them.
#[rstest]
#[case::english(
    ENGLISH,
    "alice",
    Model::Default,
    "6bdc70dca90557f1e49a0e6289e2ede4819157469204f3885565765d0c2f8b95"
)]
#[case::another_voice(
    ENGLISH,
    "bob",
    Model::Default,
    "bf7e38d951b3bd27966b1345938f47c8f18c53321c0db125ccc27d9c1639abe2"
)]
#[case::another_model(
    ENGLISH,
    "alice",
    Model::Quality,
    "27aacce45ba897522c7e762f050f68c9e969afbad452a54bd147568e738def72"
)]
#[case::numbers(
    "Dr. Grey paid 3.14, i.e. $2,718 in 1999.",
    "narrator",
    Model::Default,
    "ad8ed443440312fadcb9ad5ded6acdb907547edb34578c6b4c4010b292f47edb"
)]
#[case::cyrillic(
    "Съешь же ещё этих мягких французских булок.",
    "голос",
    Model::Quality,
    "605ff45cb817426fca8565cec33b7589308d9b47f6424e4bb42ac6157c910d6d"
)]
#[case::chinese(
    "你好，世界。今天天气怎么样？",
    "声音",
    Model::Default,
    "5947ac77c8f2f4b81920bf3c27158d93b8454bc7c1a73e34a0ee6855900828ec"
)]
#[case::arabic(
    "مرحبا بالعالم، كيف حالك؟",
    "",
    Model::Default,
    "b3bc63d5d144d61ac12401f5584625ed5b6d47eb388f7158ee8ff763be74794b"
)]
#[case::devanagari(
    "नमस्ते दुनिया। आप कैसे हैं?",
    "x",
    Model::Quality,
    "e1c2c02d37da6e3ba119039adfd61e12fad1134b513c66f56c4bd988b2bed559"
)]
#[case::emoji(
    "Party 🎉👩‍👩‍👧 time ❤️!",
    "alice",
    Model::Default,
    "e3b8df8be8102d3e214cbc207b5f6ab7114a2e7df6156f1bf468d859ab85be4d"
)]
#[case::nothing(
    "",
    "alice",
    Model::Default,
    "155e437b946ac82ae591ff382b8d19efda9397b2282672dbabd91ec31ce8a651"
)]
fn samples_are_the_same_everywhere(
    #[case] text: &str,
    #[case] voice_id: &str,
    #[case] model: Model,
    #[case] expected: &str,
) {
    assert_eq!(digest(&synthesise(text, voice_id, model)), expected);
}

#[rstest]
fn speech_has_a_sane_level(
    #[values("alice", "bob", "narrator", "", "голос")] voice_id: &str,
    #[values(Model::Default, Model::Quality)] model: Model,
    #[values(
        ENGLISH,
        "Съешь же ещё этих мягких французских булок, да выпей чаю.",
        "Sss fff shh xx ss sss hhs fss.",
        "你好，世界。今天天气怎么样？我们去公园。"
    )]
    text: &str,
) {
    let pcm = synthesise(text, voice_id, model);
    let mut meter = EbuR128::new(1, SAMPLE_RATE_HZ, Mode::I).unwrap();
    meter.add_frames_i16(pcm.samples()).unwrap();
    let loudness = meter.loudness_global().unwrap();
    assert!((-24.0..=-16.0).contains(&loudness), "{loudness} LUFS");
    let peak = pcm
        .samples()
        .iter()
        .map(|sample| sample.unsigned_abs())
        .max()
        .unwrap();
    let highest = 32768.0 * 10f64.powf(-1.0 / 20.0);
    assert!(f64::from(peak) < highest, "peak of {peak}");
}

#[rstest]
#[case::a_paragraph(ENGLISH)]
#[case::a_run_of_pauses("One... two?!?! \n\n\n   — (three), , , four.\n\nFive.")]
#[case::invisible_in_between("a\u{200d}\u{200d}\u{200d}\u{200d}\u{200d}\u{200d} \u{feff}\u{feff}\u{feff}b")]
fn no_silence_inside_is_longer_than_a_pause(#[case] text: &str) {
    let pcm = synthesise(text, "alice", Model::Default);
    let longest = pcm
        .samples()
        .split(|sample| sample.unsigned_abs() > 100)
        .map(<[i16]>::len)
        .max()
        .unwrap();
    assert!(longest < SAMPLE_RATE_HZ as usize / 2, "{longest} samples");
}

#[rstest]
#[case::english(ENGLISH, 20.0..=25.0)]
#[case::chinese("今天天气很好我们去公园散步吧他们说那里有许多花", 18.0..=25.0)]
#[case::russian("Съешь же ещё этих мягких французских булок, да выпей чаю", 18.0..=25.0)]
fn length_follows_the_text(#[case] text: &str, #[case] chars_per_s: RangeInclusive<f64>) {
    let rate =
        text.chars().count() as f64 / synthesise(text, "alice", Model::Default).duration().as_secs_f64();
    assert!(chars_per_s.contains(&rate), "{rate} characters a second");
    let twice = synthesise(&format!("{text} {text}"), "alice", Model::Default)
        .duration()
        .as_secs_f64();
    let once = synthesise(text, "alice", Model::Default).duration().as_secs_f64();
    assert!((1.9..2.1).contains(&(twice / once)), "{once} s and {twice} s");
}

#[test]
fn voice_model_and_text_all_change_the_samples() {
    let base = synthesise(ENGLISH, "alice", Model::Default);
    assert_ne!(base, synthesise(ENGLISH, "Alice", Model::Default));
    assert_ne!(base, synthesise(ENGLISH, "alice", Model::Quality));
    assert_ne!(
        base,
        synthesise(&ENGLISH.replace("fox", "box"), "alice", Model::Default)
    );
    assert_eq!(base, synthesise(ENGLISH, "alice", Model::Default));
}

#[test]
fn models_differ_audibly_not_only_in_the_last_bit() {
    let of = |model| synthesise(ENGLISH, "alice", model);
    let (plain, quality) = (of(Model::Default), of(Model::Quality));
    let energy = |samples: &mut dyn Iterator<Item = f64>| samples.map(|x| x * x).sum::<f64>();
    let pairs = plain.samples().iter().zip(quality.samples());
    let difference = energy(&mut pairs.map(|(a, b)| f64::from(*a) - f64::from(*b)));
    let whole = energy(&mut plain.samples().iter().map(|a| f64::from(*a)));
    assert!(difference > 0.1 * whole, "{difference} of {whole}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_text_is_spoken_without_clipping(text in ".{0,40}", voice_id in ".{0,10}") {
        for model in Model::ALL {
            let pcm = synthesise(&text, &voice_id, model);
            prop_assert!(!pcm.samples().is_empty());
            prop_assert!(pcm.samples().iter().all(|sample| sample.unsigned_abs() < 29_000));
        }
    }
}
