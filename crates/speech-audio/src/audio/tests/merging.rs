//! Many segments in one file.

use super::super::*;
use super::{Player, decode, packets, padded, sha256, walk};
use bytes::Bytes;
use proptest::prelude::*;
use rstest::rstest;

fn segments(count: usize, blocks: usize) -> (Vec<Bytes>, Vec<i16>) {
    let pcms: Vec<Pcm> = (0..count)
        .map(|index| walk(blocks * BLOCK_SIZE - index, index as u32))
        .collect();
    let bytes = pcms.iter().map(|pcm| encode(pcm).unwrap().bytes).collect();
    (bytes, pcms.iter().flat_map(padded).collect())
}

#[rstest]
#[case::one(1, 3)]
#[case::two(2, 13)]
// Frame numbers take a second byte from 128, a third from 2048.
#[case::ten_across_frame_128(10, 14)]
#[case::many_across_frame_2048(130, 16)]
fn a_merged_file_decodes_to_its_segments_in_order(#[case] count: usize, #[case] blocks: usize) {
    let (segments, samples) = segments(count, blocks);
    let merged = merge(&segments).unwrap();
    assert_eq!(merged.samples, samples.len() as u64);
    assert!(decode(&merged.bytes) == samples, "samples differ");
    assert_eq!(probe(&merged.bytes).unwrap().samples, merged.samples);
    assert_eq!(verify(&merged.bytes), probe(&merged.bytes));
}

#[test]
fn frames_of_a_merged_file_are_numbered_and_checked_throughout() {
    let (segments, _) = segments(9, 15);
    let merged = merge(&segments).unwrap();
    let packets = packets(&merged.bytes);
    let frames = &packets[2..];
    assert_eq!(frames.len(), 9 * 15);
    let sizes = frames.iter().map(|frame| frame.data.len());
    let info = flac::StreamInfo::parse(&packets[0].data).unwrap();
    assert_eq!(Some(info.min_frame_bytes as usize), sizes.clone().min());
    assert_eq!(Some(info.max_frame_bytes as usize), sizes.max());
    for (number, frame) in frames.iter().enumerate() {
        let coded = char::from_u32(number as u32).unwrap().to_string();
        let header_len = 4 + coded.len() + 1;
        assert_eq!(&frame.data[4..header_len - 1], coded.as_bytes());
        assert_eq!(
            remainder(&frame.data[..header_len], 8, 0x07),
            0,
            "header of frame {number}"
        );
        assert_eq!(remainder(&frame.data, 16, 0x8005), 0, "frame {number}");
    }
}

#[test]
fn the_longer_frame_numbers_count_in_the_frame_sizes() {
    // Frames of silence are all alike, so only the number makes a difference.
    let silence = encode(&Pcm::new(vec![0; 70 * BLOCK_SIZE])).unwrap().bytes;
    let frame = flac::StreamInfo::parse(&packets(&silence)[0].data)
        .unwrap()
        .max_frame_bytes;
    let merged = merge(&[silence.clone(), silence]).unwrap();
    let info = flac::StreamInfo::parse(&packets(&merged.bytes)[0].data).unwrap();
    assert_eq!((info.min_frame_bytes, info.max_frame_bytes), (frame, frame + 1));
}

/// Remainder of a message that ends in its own checksum, by long division: zero when it is right.
fn remainder(message: &[u8], width: u32, polynomial: u32) -> u32 {
    let bits = message
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| u32::from(byte >> bit & 1)));
    bits.fold(0, |remainder, bit| {
        let next = (remainder << 1) ^ (((remainder >> (width - 1)) & 1 ^ bit) * polynomial);
        next & ((1 << width) - 1)
    })
}

#[test]
fn pages_of_a_merged_file_run_on() {
    let (segments, _) = segments(3, 14);
    let merged = merge(&segments).unwrap();
    let packets = packets(&merged.bytes);
    let ends = packets.iter().filter(|packet| packet.last_in_page());
    let granules: Vec<u64> = ends
        .map(|packet| packet.absgp_page() / BLOCK_SIZE as u64)
        .collect();
    assert_eq!(granules, [0, 0, 12, 14, 26, 28, 40, 42]);
    let sequences: Vec<u32> = merged
        .bytes
        .windows(22)
        .filter(|window| window.starts_with(b"OggS\0"))
        .map(|window| u32::from_le_bytes(window[18..22].try_into().unwrap()))
        .collect();
    assert_eq!(sequences, [0, 1, 2, 3, 4, 5, 6, 7]);
    let firsts = packets.iter().filter(|packet| packet.first_in_stream()).count();
    let lasts = packets.iter().filter(|packet| packet.last_in_stream()).count();
    assert_eq!((firsts, lasts), (1, 1));
}

#[test]
fn the_bytes_are_the_same_everywhere() {
    let (segments, _) = segments(10, 14);
    assert_eq!(
        sha256(&merge(&segments).unwrap().bytes),
        "754ae798466ba2b949c327df7ad14104cc1d224ddb802491d22324565927dbff"
    );
}

#[test]
fn order_matters() {
    let (mut segments, _) = segments(2, 2);
    let there = merge(&segments).unwrap();
    segments.reverse();
    assert_ne!(there.bytes, merge(&segments).unwrap().bytes);
}

#[test]
fn merging_in_two_steps_is_merging_at_once() {
    let (segments, samples) = segments(4, 40);
    let first = merge(&segments[..2]).unwrap().bytes;
    let rest = merge(&segments[2..]).unwrap().bytes;
    assert!(
        decode(&merge(&[first, rest]).unwrap().bytes) == samples,
        "samples differ"
    );
}

#[test]
fn a_merged_file_can_be_sought() {
    let (segments, samples) = segments(20, 14);
    let mut player = Player::open(&merge(&segments).unwrap().bytes);
    for target in [400_000, 14 * BLOCK_SIZE as u64, 570_000, 3, 123_456] {
        let reached = player.seek(target);
        assert!(
            reached <= target && target - reached <= BLOCK_SIZE as u64,
            "{target} reached {reached}"
        );
        assert!(
            player.play_to_the_end() == samples[reached as usize..],
            "from {reached}"
        );
    }
}

#[test]
fn the_output_is_allocated_once() {
    let (segments, _) = segments(130, 16);
    let merged = merge(&segments).unwrap();
    let frames = merged.samples as usize / BLOCK_SIZE;
    let input: usize = segments.iter().map(Bytes::len).sum();
    assert!(merged.bytes.len() <= input + frames * merge::GROWTH_PER_FRAME);
}

/// Short audio of every kind that an encoder treats differently.
fn any_pcm() -> impl Strategy<Value = Pcm> {
    (0..4, 1..3 * BLOCK_SIZE, any::<u32>()).prop_map(|(kind, len, seed)| match kind {
        0 => Pcm::new(vec![0; len]),
        1 => Pcm::new(vec![seed as i16; len]),
        2 => Pcm::new(
            (0..len)
                .map(|n| (seed.wrapping_mul(n as u32 * 2 + 1) >> 7) as i16)
                .collect(),
        ),
        _ => walk(len, seed),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_audio_survives_encoding_and_merging(pcms in prop::collection::vec(any_pcm(), 1..8)) {
        let segments: Vec<Bytes> = pcms.iter().map(|pcm| encode(pcm).unwrap().bytes).collect();
        let samples: Vec<i16> = pcms.iter().flat_map(padded).collect();
        prop_assert!(decode(&merge(&segments).unwrap().bytes) == samples);
    }
}
