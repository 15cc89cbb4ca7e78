//! The deterministic mock voice: text, voice id and model into speech-like PCM.
//!
//! Not intelligible speech, but real audio with the properties that tests and players look at: syllables of voiced
//! vowels over a pitch contour, noisy consonants, pauses at punctuation, a length that follows the text, a loudness
//! near -20 LUFS, and a timbre per voice id. The same request gives the same samples on every machine and at every
//! optimisation level: arithmetic is IEEE `+ - * /` in a fixed order, transcendental functions come from `libm`,
//! and hashes are SHA-256. Encoding is left to [`crate::audio`], and what it pretends to cost to whoever asks it.

mod level;
mod render;
mod resonator;
mod score;
mod sound;
mod timbre;

pub use audio_api::ModelId as Model;

use crate::audio::Pcm;
use score::Score;
use timbre::Timbre;

/// Changes whenever the samples of any request change, so that it can be part of a cache key.
pub const REVISION: u32 = 1;

/// Speaks `text`: 24 kHz, mono, at about 22 characters a second.
///
/// `voice_id` may be any string; it chooses pitch, formant scale and the other features of the timbre. Every text is
/// spoken, whatever its script; one without a letter, digit or symbol gives a short silence.
#[must_use]
pub fn synthesise(text: &str, voice_id: &str, model: Model) -> Pcm {
    let timbre = Timbre::of(voice_id, model);
    let score = Score::of(text, &timbre);
    let rendered = match model {
        Model::Default => render::render::<3>(&score, &timbre),
        Model::Quality => render::render::<5>(&score, &timbre),
    };
    Pcm::new(level::to_samples(&rendered))
}

#[cfg(test)]
mod tests;
