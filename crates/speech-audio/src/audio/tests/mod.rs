//! Tests of the format as a whole, judged by decoders and readers that are not ours.

mod damage;
mod merging;
mod segment;

use super::{BLOCK_SIZE, CHANNELS, Pcm, SAMPLE_RATE_HZ};
use sha2::{Digest, Sha256};
use std::io::Cursor;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatReader, SeekMode, SeekTo, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::units::Timestamp;

/// Samples like those of a microphone: a random walk that stays in range.
fn walk(len: usize, seed: u32) -> Pcm {
    let (mut state, mut level) = (seed.wrapping_mul(2_654_435_761) | 1, 0i32);
    let samples = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        level = (level + (state >> 22) as i32 - 512).clamp(-30_000, 30_000);
        level as i16
    });
    Pcm::new(samples.take(len).collect())
}

/// What a segment of `pcm` has to decode to: the samples, then silence up to a whole block.
fn padded(pcm: &Pcm) -> Vec<i16> {
    let mut samples = pcm.samples().to_vec();
    samples.resize(samples.len().next_multiple_of(BLOCK_SIZE), 0);
    samples
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// An opened file, read by symphonia.
struct Player {
    reader: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track_id: u32,
}

impl Player {
    fn open(bytes: &[u8]) -> Self {
        let source = MediaSourceStream::new(Box::new(Cursor::new(bytes.to_vec())), Default::default());
        let probe = symphonia::default::get_probe();
        let reader = probe
            .probe(&Hint::new(), source, Default::default(), Default::default())
            .unwrap();
        let track = reader.default_track(TrackType::Audio).unwrap();
        let track_id = track.id;
        let params = track.codec_params.as_ref().unwrap().audio().unwrap().clone();
        assert_eq!(params.sample_rate, Some(SAMPLE_RATE_HZ));
        assert_eq!(
            params.channels.as_ref().map(|channels| channels.count()),
            Some(usize::from(CHANNELS))
        );
        let options = AudioDecoderOptions::default().verify(true);
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(&params, &options)
            .unwrap();
        Self {
            reader,
            decoder,
            track_id,
        }
    }

    /// Moves so that the next sample to come is as close before `sample` as the reader gets; tells where that is.
    fn seek(&mut self, sample: u64) -> u64 {
        let to = SeekTo::Timestamp {
            ts: Timestamp::new(sample as i64),
            track_id: self.track_id,
        };
        let reached = self.reader.seek(SeekMode::Accurate, to).unwrap();
        self.decoder.reset();
        reached.actual_ts.get() as u64
    }

    fn play_to_the_end(&mut self) -> Vec<i16> {
        let (mut all, mut some) = (Vec::new(), Vec::<i16>::new());
        while let Some(packet) = self.reader.next_packet().unwrap() {
            self.decoder
                .decode(&packet)
                .unwrap()
                .copy_to_vec_interleaved(&mut some);
            all.extend_from_slice(&some);
        }
        all
    }
}

fn decode(bytes: &[u8]) -> Vec<i16> {
    Player::open(bytes).play_to_the_end()
}

/// The pages of a file as the `ogg` crate sees its packets: serial, granule position of the page, packet.
fn packets(bytes: &[u8]) -> Vec<ogg::Packet> {
    let mut reader = ogg::PacketReader::new(Cursor::new(bytes));
    std::iter::from_fn(|| reader.read_packet().unwrap()).collect()
}
