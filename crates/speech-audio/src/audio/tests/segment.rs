//! One encoded segment.

use super::super::*;
use super::{Player, decode, packets, padded, sha256, walk};
use crate::voice::{Model, synthesise};
use rstest::rstest;

#[rstest]
#[case::one_sample(Pcm::new(vec![-7]))]
#[case::a_block_less_one(walk(BLOCK_SIZE - 1, 1))]
#[case::exactly_a_block(walk(BLOCK_SIZE, 2))]
#[case::a_block_and_one(walk(BLOCK_SIZE + 1, 3))]
#[case::a_page(walk(12 * BLOCK_SIZE, 4))]
#[case::many_pages(walk(100_000, 5))]
#[case::silence(Pcm::new(vec![0; 30_000]))]
#[case::extremes(Pcm::new((0..30_000).map(|n| if n % 2 == 0 { i16::MIN } else { i16::MAX }).collect()))]
#[case::speech(synthesise("Hello there, world. Is this real?", "alice", Model::Default))]
fn a_segment_decodes_to_its_samples_and_padding(#[case] pcm: Pcm) {
    let encoded = encode(&pcm).unwrap();
    let mut player = Player::open(&encoded.bytes);
    let played = player.play_to_the_end();
    assert_eq!(played.len() as u64, encoded.samples);
    assert!(played == padded(&pcm), "samples differ");
    assert_eq!(
        player.decoder.finalize().verify_ok,
        Some(true),
        "md5 of the stream information"
    );
}

#[test]
fn the_bytes_are_the_same_everywhere() {
    let speech = synthesise("Hello there, world. Is this real?", "alice", Model::Default);
    assert_eq!(
        sha256(&encode(&speech).unwrap().bytes),
        "fd4f3e3bcbca1886834bae2b8425a456162540ac4c3f79ad273fbb9f5793ce5c"
    );
    assert_eq!(
        sha256(&encode(&walk(50_000, 9)).unwrap().bytes),
        "3a03dcb477c7dacb8d8cfe8a05a76a78fb175c34668cb673afa1e55cf2c39088"
    );
}

#[test]
fn pages_follow_the_mapping() {
    let bytes = encode(&walk(30 * BLOCK_SIZE, 6)).unwrap().bytes;
    let packets = packets(&bytes);
    assert!(packets[0].data.starts_with(b"\x7fFLAC\x01\x00\x00\x01fLaC"));
    assert!(packets[0].first_in_stream() && packets[0].last_in_page());
    assert!(packets[1].last_in_page() && packets[1].data[0] == 0x84);
    let granules: Vec<u64> = packets
        .iter()
        .filter(|packet| packet.last_in_page())
        .map(|packet| packet.absgp_page())
        .collect();
    let page = 12 * BLOCK_SIZE as u64;
    assert_eq!(granules, [0, 0, page, 2 * page, 30 * BLOCK_SIZE as u64]);
    let ends: Vec<usize> = (0..packets.len())
        .filter(|&index| packets[index].last_in_stream())
        .collect();
    assert_eq!(ends, [packets.len() - 1]);
    assert_eq!(packets.len(), 2 + 30);
}

#[test]
fn nothing_is_not_a_segment() {
    assert_eq!(encode(&Pcm::new(Vec::new())), Err(EncodeError::Empty));
}

#[test]
fn a_probe_tells_length_and_format() {
    let encoded = encode(&walk(5 * BLOCK_SIZE - 100, 7)).unwrap();
    let expected = Info {
        samples: 5 * BLOCK_SIZE as u64,
        sample_rate_hz: 24_000,
        channels: 1,
        bits_per_sample: 16,
    };
    assert_eq!(probe(&encoded.bytes), Ok(expected));
    assert_eq!(encoded.duration_ms(), 427);
    assert_eq!(encoded.duration(), Duration::from_nanos(426_666_666));
}

#[test]
fn a_segment_can_be_sought() {
    let pcm = walk(200_000, 8);
    let bytes = encode(&pcm).unwrap().bytes;
    let whole = decode(&bytes);
    let mut player = Player::open(&bytes);
    for target in [150_000, 1, 90_000, 0] {
        let reached = player.seek(target);
        assert!(
            reached <= target && target - reached < BLOCK_SIZE as u64,
            "{target} reached {reached}"
        );
        assert!(
            player.play_to_the_end() == whole[reached as usize..],
            "from {reached}"
        );
    }
}
