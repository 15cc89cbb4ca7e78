//! A two-pole resonator: one formant.

use std::f64::consts::PI;

/// `y[n] = a·x[n] + b·y[n-1] + c·y[n-2]`, with unity gain at 0 Hz (Klatt: Software for a cascade/parallel formant
/// synthesizer, J. Acoust. Soc. Am. 67, 1980, equation 1).
#[derive(Clone, Copy, Debug)]
pub(super) struct Resonator {
    a: f64,
    b: f64,
    c: f64,
    radius: f64,
    y1: f64,
    y2: f64,
}

impl Resonator {
    /// A resonator of a bandwidth in Hz, at rest and not tuned yet.
    pub(super) fn new(bandwidth_hz: f64, sample_rate_hz: f64) -> Self {
        let radius = libm::exp(-PI * bandwidth_hz / sample_rate_hz);
        Self {
            a: 1.0,
            b: 0.0,
            c: 0.0,
            radius,
            y1: 0.0,
            y2: 0.0,
        }
    }

    /// Moves the resonance to `hz`; what still rings goes on from where it is.
    #[inline]
    pub(super) fn tune(&mut self, hz: f64, sample_rate_hz: f64) {
        self.c = -self.radius * self.radius;
        self.b = 2.0 * self.radius * libm::cos(2.0 * PI * hz / sample_rate_hz);
        self.a = 1.0 - self.b - self.c;
    }

    /// Brings it to rest.
    pub(super) fn still(&mut self) {
        self.y1 = 0.0;
        self.y2 = 0.0;
    }

    #[inline(always)]
    pub(super) fn step(&mut self, x: f64) -> f64 {
        let y = self.a * x + self.c * self.y2 + self.b * self.y1;
        self.y2 = self.y1;
        self.y1 = y;
        y
    }
}
