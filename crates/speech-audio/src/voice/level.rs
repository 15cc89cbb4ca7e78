//! Bringing a waveform to the loudness of speech, as 16-bit samples.

/// Root mean square of the sounding part, relative to full scale: comes to about -20 LUFS for running speech.
const TARGET_RMS: f64 = 0.11;
/// Highest peak, relative to full scale: -1.5 dBFS.
const HIGHEST_PEAK: f64 = 0.84;
/// What counts as sounding, relative to the peak.
const FLOOR: f64 = 0.01;
/// Samples over which sound is judged to be there or not: 40 ms.
const BLOCK: usize = 960;
const FULL_SCALE: f64 = 32767.0;
/// Sums are kept in this many lanes, in an order that no optimiser may change.
const LANES: usize = 8;

/// The waveform scaled to speech level: never clipped, and silent when it is silent.
pub(super) fn to_samples(wave: &[f32]) -> Vec<i16> {
    let peak = peak(wave);
    if peak == 0.0 {
        return vec![0; wave.len()];
    }
    let rms = sounding_rms(wave, (peak * FLOOR) as f32);
    let gain = (TARGET_RMS / rms).min(HIGHEST_PEAK / peak) * FULL_SCALE;
    let gain = gain as f32;
    wave.iter().map(|&x| round(x * gain)).collect()
}

/// To the nearest integer, halves upwards: a shifted truncation, because `round` is a slow call on the baseline CPU.
#[inline(always)]
fn round(x: f32) -> i16 {
    ((x + 32768.5) as i32 - 32768) as i16
}

fn peak(wave: &[f32]) -> f64 {
    let mut lanes = [0.0f32; LANES];
    for chunk in wave.chunks(LANES) {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            let x = x.abs();
            *lane = if x > *lane { x } else { *lane };
        }
    }
    f64::from(lanes.into_iter().fold(0.0, f32::max))
}

/// Root mean square over blocks of [`BLOCK`] samples whose own is above `floor`.
fn sounding_rms(wave: &[f32], floor: f32) -> f64 {
    let floor = f64::from(floor) * f64::from(floor);
    let (mut total, mut count) = (0.0, 0);
    for block in wave.chunks(BLOCK) {
        let energy = energy(block);
        if energy > floor * block.len() as f64 {
            total += energy;
            count += block.len();
        }
    }
    // The block of the peak is above the floor: the peak alone gives it more than FLOOR² / BLOCK of its square.
    libm::sqrt(total / count.max(1) as f64)
}

fn energy(block: &[f32]) -> f64 {
    let mut lanes = [0.0f32; LANES];
    for chunk in block.chunks(LANES) {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += x * x;
        }
    }
    lanes.into_iter().map(f64::from).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_stays_silence() {
        assert_eq!(to_samples(&[0.0; 3000]), vec![0; 3000]);
    }

    #[test]
    fn a_lone_click_is_held_below_the_highest_peak() {
        let mut wave = vec![0.0; 48_000];
        wave[17_000] = 0.3;
        let samples = to_samples(&wave);
        assert_eq!(samples.iter().max(), Some(&27_524));
    }

    #[test]
    fn a_quiet_and_a_loud_copy_come_out_equal() {
        let wave: Vec<f32> = (0..9600).map(|n| ((n % 97) as f32 - 48.0) / 97.0).collect();
        let quiet: Vec<f32> = wave.iter().map(|x| x / 64.0).collect();
        assert_eq!(to_samples(&wave), to_samples(&quiet));
    }
}
