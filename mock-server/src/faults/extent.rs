//! How long a sleep lasts and how much a leak leaks.

use std::time::Duration;

use audio_api::fault::Sleep;

use super::Draw;

/// The longest sleep that is drawn, as the longest that can be asked for; the far tail of a wide distribution would
/// otherwise last for years.
const MAX_SLEEP: Duration = Duration::from_secs(3_600);

pub(super) fn drawn_sleep(sleep: Sleep, draw: &Draw) -> Duration {
    match sleep {
        Sleep::Fixed(fixed) => fixed,
        Sleep::LogNormal { median, sigma } => {
            let seconds = median.as_secs_f64() * libm::exp(sigma * draw.normal());
            Duration::try_from_secs_f64(seconds).map_or(MAX_SLEEP, |drawn| drawn.min(MAX_SLEEP))
        }
    }
}

/// All that a rule of `rate` bytes a second has to have leaked at `age`: whole bytes, with no fraction lost between two
/// strikes.
pub(super) fn leaked_by(age: Duration, rate: u64) -> u64 {
    let bytes = age.as_nanos() * u128::from(rate) / 1_000_000_000;
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_sleep_has_its_median_and_spread_and_an_end() {
        let sleep = Sleep::LogNormal {
            median: Duration::from_millis(100),
            sigma: 0.5,
        };
        let mut drawn: Vec<f64> = (0..4_001_u64)
            .map(|n| drawn_sleep(sleep, &Draw::of(&[&n.to_be_bytes()])).as_secs_f64() * 1e3)
            .collect();
        drawn.sort_by(f64::total_cmp);
        let quantile = |q: f64| drawn[(q * 4_000.0) as usize];
        assert!((quantile(0.5) - 100.0).abs() < 4.0, "{}", quantile(0.5));
        // A log-normal's 84.13 % quantile is median × e^sigma.
        assert!((quantile(0.8413) - 164.9).abs() < 8.0, "{}", quantile(0.8413));
        let longest = Sleep::LogNormal {
            median: MAX_SLEEP,
            sigma: 3.0,
        };
        for n in 0..100_u64 {
            assert!(drawn_sleep(longest, &Draw::of(&[&n.to_be_bytes()])) <= MAX_SLEEP);
        }
    }
}
