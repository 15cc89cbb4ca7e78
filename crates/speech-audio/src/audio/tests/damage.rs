//! Files that are not what they should be: an error each, and never a panic.

use super::super::*;
use super::walk;
use bytes::Bytes;
use proptest::prelude::*;
use rstest::rstest;

fn segment() -> Vec<u8> {
    encode(&walk(30 * BLOCK_SIZE, 1)).unwrap().bytes.to_vec()
}

/// The length of two good segments around `bytes`.
fn merged_with(bytes: Vec<u8>) -> Result<u64, MergeError> {
    let good = encode(&walk(BLOCK_SIZE, 2)).unwrap().bytes;
    merge(&[good.clone(), bytes.into(), good]).map(|merged| merged.samples)
}

fn in_the_middle(source: FormatError) -> Result<u64, MergeError> {
    Err(MergeError::Segment { index: 1, source })
}

/// Where each page starts, and where the last one ends.
fn page_starts(bytes: &[u8]) -> Vec<usize> {
    let mut at = 0;
    let mut starts = vec![0];
    while at < bytes.len() {
        let lacing = usize::from(bytes[at + 26]);
        at += 27
            + lacing
            + bytes[at + 27..at + 27 + lacing]
                .iter()
                .map(|&v| usize::from(v))
                .sum::<usize>();
        starts.push(at);
    }
    starts
}

/// Changes the `index`th page and gives it a right checksum again.
fn with_page(index: usize, change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let mut bytes = segment();
    let starts = page_starts(&bytes);
    let page = &mut bytes[starts[index]..starts[index + 1]];
    change(page);
    page::seal(page);
    bytes
}

#[test]
fn nothing_cannot_be_merged() {
    assert_eq!(merge(&[]), Err(MergeError::NoSegments));
}

#[test]
fn a_cut_segment_is_refused_wherever_it_was_cut() {
    let whole = segment();
    for len in (0..whole.len())
        .step_by(101)
        .chain(page_starts(&whole))
        .filter(|&len| len < whole.len())
    {
        let result = merged_with(whole[..len].to_vec());
        assert!(
            matches!(
                result,
                Err(MergeError::Segment {
                    index: 1,
                    source: FormatError::Truncated { .. }
                })
            ),
            "cut at {len}: {result:?}"
        );
        assert!(probe(&whole[..len]).is_err(), "cut at {len}");
        assert!(verify(&whole[..len]).is_err(), "cut at {len}");
    }
}

#[test]
fn a_flipped_bit_is_refused_wherever_it_is() {
    let whole = segment();
    for at in (0..whole.len()).step_by(53) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        assert!(verify(&bytes).is_err(), "bit at {at}");
        assert!(
            matches!(merged_with(bytes), Err(MergeError::Segment { index: 1, .. })),
            "bit at {at}"
        );
    }
}

#[test]
fn a_flipped_bit_in_a_frame_is_a_wrong_checksum() {
    let mut bytes = segment();
    let starts = page_starts(&bytes);
    bytes[starts[3] + 500] ^= 1;
    assert_eq!(
        merged_with(bytes),
        in_the_middle(FormatError::Checksum { offset: starts[3] })
    );
}

// Pages are: 0 stream information, 1 comment, 2 to 4 audio.
#[rstest]
#[case::not_flac(0, |page: &mut [u8]| page[29] = b'f', "first packet")]
#[case::another_mapping(0, |page: &mut [u8]| page[33] = 2, "first packet")]
#[case::another_rate(0, |page: &mut [u8]| page[56] ^= 1, "sample format")]
#[case::another_block_size(0, |page: &mut [u8]| { page[45] = 16; page[47] = 16; }, "sample format")]
#[case::variable_block_size(0, |page: &mut [u8]| page[45] = 4, "variable block size")]
#[case::another_comment(1, |page: &mut [u8]| page[40] = b't', "comment packet")]
#[case::second_beginning(2, |page: &mut [u8]| page[5] = 2, "page order")]
#[case::continued_packet(2, |page: &mut [u8]| page[5] = 1, "page flags")]
#[case::another_stream(3, |page: &mut [u8]| page[14] ^= 1, "page order")]
#[case::page_out_of_order(3, |page: &mut [u8]| page[18] ^= 1, "page order")]
#[case::wrong_granule(3, |page: &mut [u8]| page[6] ^= 1, "granule position")]
#[case::data_after_the_end(3, |page: &mut [u8]| page[5] = 4, "data after the end of the stream")]
#[case::other_frame_format(2, |page: &mut [u8]| { let at = 27 + usize::from(page[26]); page[at + 2] = 0; }, "frame format")]
#[case::other_frame_number(2, |page: &mut [u8]| { let at = 27 + usize::from(page[26]); page[at + 4] = 9; }, "frame number or header checksum")]
fn a_foreign_stream_is_refused(#[case] page: usize, #[case] change: fn(&mut [u8]), #[case] expected: &str) {
    let result = merged_with(with_page(page, change));
    match result {
        Err(MergeError::Segment {
            index: 1,
            source: FormatError::Foreign { what, .. },
        }) => assert_eq!(what, expected),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_length_that_the_frames_do_not_have_is_refused() {
    let bytes = with_page(0, |page| page[62] ^= 8);
    let expected = FormatError::Foreign {
        offset: 0,
        what: "number of samples",
    };
    assert_eq!(merged_with(bytes.clone()), in_the_middle(expected));
    assert_eq!(probe(&bytes), Err(expected));
}

#[test]
fn a_packet_that_goes_on_behind_its_page_is_refused() {
    let mut bytes = segment();
    let start = page_starts(&bytes)[4];
    let last_lacing = start + 26 + usize::from(bytes[start + 26]);
    let cut = usize::from(bytes[last_lacing]);
    assert_eq!(
        bytes[last_lacing - 1],
        255,
        "the last packet is too short for this test"
    );
    bytes.truncate(bytes.len() - cut);
    bytes.remove(last_lacing);
    bytes[start + 26] -= 1;
    page::seal(&mut bytes[start..]);
    let expected = FormatError::Foreign {
        offset: start,
        what: "packet across pages",
    };
    assert_eq!(merged_with(bytes), in_the_middle(expected));
}

#[test]
fn a_stream_that_does_not_say_that_it_ends_is_truncated() {
    let bytes = with_page(4, |page| page[5] = 0);
    let expected = FormatError::Truncated { offset: bytes.len() };
    assert_eq!(probe(&bytes), Err(expected));
    assert_eq!(merged_with(bytes), in_the_middle(expected));
}

#[test]
fn two_streams_in_a_row_are_not_one_segment() {
    let whole = segment();
    let offset = whole.len();
    let expected = FormatError::Foreign {
        offset,
        what: "data after the end of the stream",
    };
    assert_eq!(
        merged_with([whole.clone(), whole].concat()),
        in_the_middle(expected)
    );
}

#[test]
fn a_missing_page_is_noticed() {
    let mut bytes = segment();
    let starts = page_starts(&bytes);
    bytes.drain(starts[3]..starts[4]);
    let expected = FormatError::Foreign {
        offset: starts[3],
        what: "page order",
    };
    assert_eq!(merged_with(bytes), in_the_middle(expected));
}

#[test]
fn headers_without_audio_are_refused() {
    let info = flac::StreamInfo::new(0, flac::FrameSizes::NONE, [0; 16]).packet();
    let mut pages = page::PageWriter::new(1, 0);
    pages.write(page::Place::First, 0, &[&info[..]]).unwrap();
    pages
        .write(page::Place::Last, 0, &[flac::COMMENT_PACKET])
        .unwrap();
    let expected = FormatError::Foreign {
        offset: 0,
        what: "number of samples",
    };
    assert_eq!(merged_with(pages.into_bytes().to_vec()), in_the_middle(expected));
}

#[test]
fn something_else_is_not_ogg() {
    let wave = b"RIFF\x24\x00\x00\x00WAVEfmt this is not the file that you are looking for".to_vec();
    assert_eq!(probe(&wave), Err(FormatError::NotAPage { offset: 0 }));
    assert_eq!(
        merged_with(wave),
        in_the_middle(FormatError::NotAPage { offset: 0 })
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(tail in prop::collection::vec(any::<u8>(), 0..400)) {
        for start in [&b""[..], b"OggS", b"OggS\0\x02"] {
            let bytes = Bytes::from([start, &tail].concat());
            prop_assert!(probe(&bytes).is_err());
            prop_assert!(merge(&[bytes]).is_err());
        }
    }
}
