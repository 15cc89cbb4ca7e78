//! What a count says of the rate behind it.

/// The chance that the bound leaves to a rate above it.
const ALPHA: f64 = 0.05;
/// Beyond this the bisection adds no digit that anybody reads.
const PRECISION: f64 = 1e-12;

/// The one-sided 95 % upper bound of a rate, after `seen` of `of` (Clopper and Pearson 1934): the largest rate under
/// which so few are seen with a chance of 5 % still. After none of n it is `1 − 0.05^(1/n)`; after nothing at all, or
/// when all were seen, it is 1.
#[must_use]
pub fn upper_bound_95(seen: usize, of: usize) -> f64 {
    if seen >= of {
        return 1.0;
    }
    let (mut low, mut high) = (seen as f64 / of as f64, 1.0);
    while high - low > PRECISION {
        let rate = f64::midpoint(low, high);
        if chance_of_at_most(seen, of, rate) > ALPHA {
            low = rate;
        } else {
            high = rate;
        }
    }
    high
}

/// Binomial, by adding up from none; the logarithm of the first term keeps it from vanishing.
fn chance_of_at_most(seen: usize, of: usize, rate: f64) -> f64 {
    let mut log = of as f64 * (-rate).ln_1p();
    let mut sum = log.exp();
    for k in 1..=seen {
        log += ((of + 1 - k) as f64 / k as f64).ln() + rate.ln() - (-rate).ln_1p();
        sum += log.exp();
    }
    sum
}
