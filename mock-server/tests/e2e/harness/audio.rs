//! Audio as a decoder that is not ours hears it.

use std::io::Cursor;

use symphonia::core::{
    codecs::audio::AudioDecoderOptions,
    formats::{TrackType, probe::Hint},
    io::MediaSourceStream,
};

/// The samples of an Ogg FLAC file, whose checksums must hold.
pub(crate) fn decode(bytes: &[u8]) -> Vec<i16> {
    let source = MediaSourceStream::new(Box::new(Cursor::new(bytes.to_vec())), Default::default());
    let mut reader = symphonia::default::get_probe()
        .probe(&Hint::new(), source, Default::default(), Default::default())
        .expect("a container");
    let track = reader.default_track(TrackType::Audio).expect("a track");
    let params = track.codec_params.as_ref().and_then(|params| params.audio());
    let params = params.expect("audio parameters").clone();
    assert_eq!(params.sample_rate, Some(24_000));
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(&params, &AudioDecoderOptions::default().verify(true))
        .expect("a decoder");
    let (mut all, mut some) = (Vec::new(), Vec::<i16>::new());
    while let Some(packet) = reader.next_packet().expect("a sound file") {
        let decoded = decoder.decode(&packet).expect("a sound frame");
        decoded.copy_to_vec_interleaved(&mut some);
        all.extend_from_slice(&some);
    }
    all
}
