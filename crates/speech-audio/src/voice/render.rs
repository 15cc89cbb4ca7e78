//! The score into a waveform: a glottal source through a cascade of formants, and a noise source beside it.
//!
//! Controls (formants, strengths, pitch) move once a tick and glide towards their targets, which joins the sounds;
//! strengths are ramped from sample to sample so that nothing clicks.

use super::resonator::Resonator;
use super::score::{Note, Score, TICKS_PER_S};
use super::timbre::Timbre;
use crate::audio::SAMPLE_RATE_HZ;

/// Samples in a tick.
pub(super) const TICK: usize = SAMPLE_RATE_HZ as usize / TICKS_PER_S;

const RATE: f64 = SAMPLE_RATE_HZ as f64;
const BANDWIDTHS_HZ: [f64; 5] = [80.0, 100.0, 140.0, 220.0, 300.0];
/// The formants that no sound moves.
const UPPER_FORMANTS_HZ: [f64; 2] = [3500.0, 4400.0];
const NOISE_BANDWIDTH_HZ: f64 = 1400.0;
/// No formant is tuned above this, whatever the voice: close to the Nyquist frequency a resonator only whistles.
const HIGHEST_HZ: f64 = 8000.0;
/// How much of the way to its target a control goes in a tick.
const GLIDE: f64 = 0.4;
/// Strengths below this are silence.
const SILENT: f64 = 0.0005;
/// Ticks for which the formants may still ring once the sources are silent.
const RING_OUT: u32 = 6;
const NOISE_LEVEL: f64 = 0.35;
const VIBRATO_HZ: f64 = 5.2;

/// The waveform of `score`, in arbitrary units, with a cascade of `FORMANTS` formants.
pub(super) fn render<const FORMANTS: usize>(score: &Score, timbre: &Timbre) -> Vec<f32> {
    let mut wave = vec![0.0; score.ticks() * TICK];
    let mut tract = Tract::<FORMANTS>::new(timbre);
    let mut ticks = wave.chunks_exact_mut(TICK);
    for note in score.notes() {
        for tick in ticks.by_ref().take(note.ticks as usize) {
            tract.sound(note, tick);
        }
    }
    wave
}

struct Tract<'a, const FORMANTS: usize> {
    timbre: &'a Timbre,
    formants: [Resonator; FORMANTS],
    formants_hz: [f64; 3],
    noise_filter: Resonator,
    noise_state: u32,
    /// Position in the glottal period, 0 to 1.
    phase: f64,
    vibrato_phase: f64,
    pitch: f64,
    voicing: f64,
    noise: f64,
    /// Ticks since the last source fell silent.
    quiet: u32,
}

impl<'a, const FORMANTS: usize> Tract<'a, FORMANTS> {
    fn new(timbre: &'a Timbre) -> Self {
        Self {
            timbre,
            formants: std::array::from_fn(|index| {
                let mut formant = Resonator::new(BANDWIDTHS_HZ[index], RATE);
                if let Some(hz) = index.checked_sub(3).map(|upper| UPPER_FORMANTS_HZ[upper]) {
                    formant.tune(hz * timbre.formant_scale, RATE);
                }
                formant
            }),
            formants_hz: [500.0, 1500.0, 2500.0],
            noise_filter: Resonator::new(NOISE_BANDWIDTH_HZ, RATE),
            noise_state: (timbre.seed >> 32) as u32,
            phase: 0.0,
            vibrato_phase: 0.0,
            pitch: 1.0,
            voicing: 0.0,
            noise: 0.0,
            quiet: RING_OUT,
        }
    }

    /// One tick of `note`.
    fn sound(&mut self, note: &Note, tick: &mut [f32]) {
        let (voicing, noise) = match note.sound {
            Some(sound) => (
                sound.voicing * note.strength,
                sound.noise * note.strength * self.timbre.sibilance,
            ),
            None => (0.0, 0.0),
        };
        let from = (self.voicing, self.noise);
        self.voicing = glide(self.voicing, voicing);
        self.noise = glide(self.noise, noise);
        if from == (0.0, 0.0) && (self.voicing, self.noise) == (0.0, 0.0) {
            if self.quiet >= RING_OUT {
                return;
            }
            self.quiet += 1;
        } else {
            self.quiet = 0;
        }
        self.move_formants(note);
        self.voice(from.0, tick);
        if from.1 > 0.0 || self.noise > 0.0 {
            self.hiss(from.1, note, tick);
        }
        if self.quiet == RING_OUT {
            self.formants.iter_mut().for_each(Resonator::still);
        }
    }

    fn move_formants(&mut self, note: &Note) {
        self.pitch += GLIDE * 0.5 * (note.pitch - self.pitch);
        let Some(sound) = note.sound else { return };
        for (index, (hz, target)) in self.formants_hz.iter_mut().zip(sound.formants_hz).enumerate() {
            *hz += GLIDE * (target - *hz);
            self.formants[index].tune((*hz * self.timbre.formant_scale).min(HIGHEST_HZ), RATE);
        }
    }

    /// The glottal source through the formants.
    fn voice(&mut self, from: f64, tick: &mut [f32]) {
        let step = (self.voicing - from) / TICK as f64;
        let increment = self.timbre.pitch_hz * self.pitch * self.vibrato() / RATE;
        let per_open_phase = 1.0 / self.timbre.open_quotient;
        let (mut strength, mut phase) = (from, self.phase);
        let mut formants = self.formants;
        for sample in tick {
            phase += increment;
            if phase >= 1.0 {
                phase -= 1.0;
            }
            let mut x = flow_derivative(phase * per_open_phase);
            if FORMANTS > 3 {
                x += self.timbre.breath * white(&mut self.noise_state);
            }
            x *= strength;
            strength += step;
            for formant in &mut formants {
                x = formant.step(x);
            }
            *sample = x as f32;
        }
        self.formants = formants;
        self.phase = phase;
    }

    /// Noise around the sound's own frequency, added to what is there.
    fn hiss(&mut self, from: f64, note: &Note, tick: &mut [f32]) {
        if let Some(sound) = note.sound.filter(|sound| sound.noise > 0.0) {
            self.noise_filter
                .tune((sound.noise_hz * self.timbre.formant_scale).min(HIGHEST_HZ), RATE);
        }
        let step = (self.noise - from) / TICK as f64;
        let mut strength = from * NOISE_LEVEL;
        let mut filter = self.noise_filter;
        for sample in tick {
            let x = white(&mut self.noise_state) * strength;
            strength += step * NOISE_LEVEL;
            *sample += filter.step(x) as f32;
        }
        self.noise_filter = filter;
        if self.noise == 0.0 {
            self.noise_filter.still();
        }
    }

    fn vibrato(&mut self) -> f64 {
        if self.timbre.vibrato == 0.0 {
            return 1.0;
        }
        self.vibrato_phase += VIBRATO_HZ / TICKS_PER_S as f64;
        if self.vibrato_phase >= 1.0 {
            self.vibrato_phase -= 1.0;
        }
        // A parabola instead of a sine: nobody hears the difference at 5 Hz.
        let x = 2.0 * self.vibrato_phase - 1.0;
        1.0 + self.timbre.vibrato * (4.0 * x * (1.0 - x.abs()))
    }
}

/// The derivative of the flow `x²(1-x)` through the open glottis; its kink at closure is what excites the formants
/// (Rosenberg: Effect of glottal pulse shape on the quality of natural vowels, J. Acoust. Soc. Am. 49, 1971).
#[inline(always)]
fn flow_derivative(x: f64) -> f64 {
    if x < 1.0 { x * (2.0 - 3.0 * x) } else { 0.0 }
}

/// White noise in -1.0 to 1.0 (a linear congruential generator: Numerical Recipes, section 7.1).
#[inline(always)]
fn white(state: &mut u32) -> f64 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    f64::from(*state as i32) * (1.0 / 2_147_483_648.0)
}

/// Moves a strength towards its target, and to silence in a finite time.
fn glide(from: f64, target: f64) -> f64 {
    let to = from + GLIDE * (target - from);
    if target == 0.0 && to < SILENT { 0.0 } else { to }
}
