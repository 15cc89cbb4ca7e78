//! Decoding a file, every sample of it.

use std::io::Cursor;

use bytes::Bytes;
use symphonia::core::{
    codecs::audio::AudioDecoderOptions,
    errors::Error,
    formats::{FormatOptions, TrackType, probe::Hint},
    io::MediaSourceStream,
    meta::MetadataOptions,
};

/// A file's samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// Short name of the container, as in `ogg`.
    pub container: &'static str,
    /// Samples per second and channel.
    pub sample_rate_hz: u32,
    /// Channels.
    pub channels: u32,
    /// All samples, interleaved.
    pub samples: Vec<i16>,
}

/// Why a file could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// No container that the decoder knows.
    #[error("no audio container")]
    Container(#[source] Error),
    /// No audio track, or none that says how it is coded.
    #[error("a container without an audio track that says its sample rate and channels")]
    NoTrack,
    /// A codec that the decoder does not know.
    #[error("an unknown codec")]
    Codec(#[source] Error),
    /// A broken packet: an intact file has none.
    #[error("broken audio after {samples} samples")]
    Broken {
        /// Samples so far, over all channels.
        samples: usize,
        /// What is wrong.
        #[source]
        source: Error,
    },
}

impl Decoded {
    /// Samples of each channel.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.samples.len() as u64 / u64::from(self.channels.max(1))
    }

    /// Length in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "no file has 2^53 samples")]
        let frames = self.frames() as f64;
        frames / f64::from(self.sample_rate_hz.max(1))
    }
}

/// Decodes a whole file. Nothing broken is skipped.
///
/// # Errors
/// When the file is not intact audio.
pub fn decode(file: &Bytes) -> Result<Decoded, AudioError> {
    let source = MediaSourceStream::new(Box::new(Cursor::new(file.clone())), Default::default());
    let mut format = symphonia::default::get_probe()
        .probe(
            &Hint::new(),
            source,
            FormatOptions::default(),
            MetadataOptions::default(),
        )
        .map_err(AudioError::Container)?;
    let container = format.format_info().short_name;
    let track = format
        .default_track(TrackType::Audio)
        .ok_or(AudioError::NoTrack)?;
    let track_id = track.id;
    let codec = track
        .codec_params
        .as_ref()
        .and_then(|params| params.audio())
        .ok_or(AudioError::NoTrack)?;
    let (Some(sample_rate_hz), Some(channels)) = (codec.sample_rate, codec.channels.as_ref()) else {
        return Err(AudioError::NoTrack);
    };
    let channels = u32::try_from(channels.count()).map_err(|_| AudioError::NoTrack)?;
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(codec, &AudioDecoderOptions::default())
        .map_err(AudioError::Codec)?;
    let mut samples = Vec::new();
    let mut packet_samples = Vec::new();
    loop {
        let broken = |source| AudioError::Broken {
            samples: samples.len(),
            source,
        };
        let Some(packet) = format.next_packet().map_err(broken)? else {
            break;
        };
        if packet.track_id != track_id {
            continue;
        }
        let decoded = decoder.decode(&packet).map_err(broken)?;
        decoded.copy_to_vec_interleaved::<i16>(&mut packet_samples);
        samples.extend_from_slice(&packet_samples);
    }
    Ok(Decoded {
        container,
        sample_rate_hz,
        channels,
        samples,
    })
}
