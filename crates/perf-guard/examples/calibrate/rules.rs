//! Rules used elsewhere, as they are used there: against a stored baseline, test by test, with no correction for many.

use perf_guard::{Limits, Seconds, median, threshold};

/// What such a rule sees of one test. Times in seconds; it knows of no tags.
pub(crate) struct Seen {
    /// The runs of the session that was stored.
    pub(crate) stored: Vec<f64>,
    /// The runs of today's session.
    pub(crate) today: Vec<f64>,
    /// The medians of earlier sessions, one each.
    pub(crate) history: Vec<f64>,
}

/// A rule by its name.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) fires: fn(&Seen) -> bool,
}

/// How many there are.
pub(crate) const COUNT: usize = 9;

pub(crate) const ALL: [Rule; COUNT] = [
    Rule {
        name: "fixed rule (1.5 ×, +3 s), test of 1 s",
        fires: |seen| fixed(seen, 1.0),
    },
    Rule {
        name: "fixed rule (1.5 ×, +3 s), test of 6 s",
        fires: |seen| fixed(seen, 6.0),
    },
    Rule {
        name: "p95 > 2 ×",
        fires: |seen| p95(&seen.today) > 2.0 * p95(&seen.stored),
    },
    Rule {
        name: "mean > +15 %",
        fires: |seen| mean(&seen.today) > 1.15 * mean(&seen.stored),
    },
    Rule {
        name: "mean > +20 %",
        fires: |seen| mean(&seen.today) > 1.20 * mean(&seen.stored),
    },
    Rule {
        name: "Welch's t, 5 %",
        fires: welch,
    },
    Rule {
        name: "Mann-Whitney without shift, 5 %",
        fires: mann_whitney,
    },
    Rule {
        name: "prediction interval .95 of 20 sessions",
        fires: |seen| predicted(seen, Z_95),
    },
    Rule {
        name: "prediction interval .99 of 20 sessions",
        fires: |seen| predicted(seen, Z_99),
    },
];

/// Normal quantiles, one-sided.
const Z_95: f64 = 1.644_853_627;
const Z_99: f64 = 2.326_347_874;

/// Medians by the guard's own rule with its defaults, for a test that takes so many seconds.
fn fixed(seen: &Seen, seconds: f64) -> bool {
    let time = |values: &[f64]| median(values).and_then(|middle| Seconds::new(middle * seconds).ok());
    let (stored, today) = (time(&seen.stored), time(&seen.today));
    stored
        .zip(today)
        .is_some_and(|(stored, today)| threshold(stored, Limits::default()).fires_on(today))
}

fn p95(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    // The nearest rank.
    let rank = (0.95 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let middle = mean(values);
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    squares / (values.len() - 1) as f64
}

/// One-sided quantile of Student's t from the normal one, right to three decimals from ten degrees of freedom up
/// (Abramowitz and Stegun 1964, 26.7.5).
fn t_quantile(z: f64, freedom: f64) -> f64 {
    let first = (z.powi(3) + z) / 4.0;
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
    z + first / freedom + second / freedom.powi(2) + third / freedom.powi(3)
}

/// Welch 1947, one-sided.
fn welch(seen: &Seen) -> bool {
    let part = |values: &[f64]| variance(values) / values.len() as f64;
    let (stored, today) = (part(&seen.stored), part(&seen.today));
    let both = stored + today;
    let freedom = both.powi(2)
        / (stored.powi(2) / (seen.stored.len() - 1) as f64 + today.powi(2) / (seen.today.len() - 1) as f64);
    mean(&seen.today) - mean(&seen.stored) > t_quantile(Z_95, freedom) * both.sqrt()
}

/// One-sided, by the normal approximation, good enough for 20 and 20.
fn mann_whitney(seen: &Seen) -> bool {
    let (a, b) = (seen.stored.len() as f64, seen.today.len() as f64);
    let pairs = seen
        .stored
        .iter()
        .flat_map(|s| seen.today.iter().map(move |t| (s, t)));
    let greater = pairs.filter(|(s, t)| t > s).count() as f64;
    greater - 0.5 - a * b / 2.0 > Z_95 * (a * b * (a + b + 1.0) / 12.0).sqrt()
}

/// Whether today's median lies above what earlier sessions predict for one more.
fn predicted(seen: &Seen, z: f64) -> bool {
    let n = seen.history.len() as f64;
    let reach = t_quantile(z, n - 1.0) * (variance(&seen.history) * (1.0 + 1.0 / n)).sqrt();
    median(&seen.today).is_some_and(|today| today > mean(&seen.history) + reach)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(factor: f64) -> Seen {
        let stored: Vec<f64> = (0..20).map(|i| 1.0 + 0.001 * f64::from(i)).collect();
        Seen {
            today: stored.iter().map(|s| s * factor).collect(),
            history: stored.clone(),
            stored,
        }
    }

    #[test]
    fn each_rule_fires_beyond_its_own_size_and_not_below() {
        // 4 s are needed for a test of 1 s, 9 s for one of 6 s.
        let at = [3.97, 1.5, 2.0, 1.15, 1.2, 1.004, 1.004, 1.012, 1.017];
        for (rule, at) in ALL.iter().zip(at) {
            assert!(!(rule.fires)(&seen(at - 0.004)), "{}", rule.name);
            assert!((rule.fires)(&seen(at + 0.02)), "{}", rule.name);
        }
    }

    /// Any table of Student's t.
    #[test]
    fn the_quantiles_of_t_are_those_of_the_tables() {
        for (z, freedom, expected) in [(Z_95, 19.0, 1.7291), (Z_99, 19.0, 2.5395), (Z_95, 38.0, 1.6860)] {
            assert!((t_quantile(z, freedom) - expected).abs() < 1e-3, "{freedom}");
        }
    }
}
