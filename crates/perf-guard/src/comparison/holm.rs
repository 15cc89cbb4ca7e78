//! Holm's step-down correction for many tests (Holm 1979, "A simple sequentially rejective multiple test procedure").

/// Adjusted p-values in the order given: a hypothesis is rejected at family-wise error `alpha` exactly when its
/// adjusted p is at most `alpha`. Needs no independence.
pub(super) fn adjusted(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut greatest = 0.0_f64;
    for (rank, &index) in order.iter().enumerate() {
        let left = (p_values.len() - rank) as f64;
        greatest = greatest.max((left * p_values[index]).min(1.0));
        adjusted[index] = greatest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_an_example_worked_elsewhere() {
        // R 4, p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") gives 0.03 0.06 0.06 0.02
        let found = adjusted(&[0.01, 0.04, 0.03, 0.005]);
        for (found, expected) in found.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        }
    }

    #[test]
    fn nothing_goes_beyond_one_and_nothing_is_adjusted_alone() {
        assert_eq!(adjusted(&[0.9, 0.6]), [1.0, 1.0]);
        assert_eq!(adjusted(&[0.007]), [0.007]);
        assert!(adjusted(&[]).is_empty());
    }
}
