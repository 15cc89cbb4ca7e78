//! Logarithms as comparable keys, and their midranks.

use std::collections::BTreeMap;

/// Logarithms closer than this count as equal. Far below any clock's resolution and far above rounding, so that
/// times that tie still tie after both arms were multiplied by a constant.
const GRID: f64 = 1e-9;

/// A logarithm on the grid.
pub(super) fn key(log: f64) -> i64 {
    (log / GRID).round() as i64
}

/// Midranks of some keys, doubled so that they are whole numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Midranks {
    /// Twice the midrank of each key, in the order of the keys.
    pub(super) doubled: Vec<usize>,
    /// Whether two keys were equal.
    pub(super) tied: Ties,
}

/// Whether ranks are plain 1 to n.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ties {
    None,
    Some,
}

impl Midranks {
    pub(super) fn of(keys: impl IntoIterator<Item = i64> + Clone) -> Self {
        let mut sizes: BTreeMap<i64, usize> = BTreeMap::new();
        for key in keys.clone() {
            *sizes.entry(key).or_default() += 1;
        }
        let tied = if sizes.values().all(|&size| size == 1) {
            Ties::None
        } else {
            Ties::Some
        };
        // A group of `size` keys after `before` smaller ones has the ranks before + 1 ..= before + size.
        let mut before = 0;
        for size in sizes.values_mut() {
            let group = *size;
            *size = 2 * before + group + 1;
            before += group;
        }
        let doubled = keys.into_iter().map(|key| sizes[&key]).collect();
        Self { doubled, tied }
    }
}

/// `P(sum >= s)` for each `s`, from the number of ways to reach each sum. Summed from the small end, so that even
/// tails of 1e-20 keep their digits.
pub(super) fn upper_tail(mut ways: Vec<f64>) -> Vec<f64> {
    let mut sum = 0.0;
    for way in ways.iter_mut().rev() {
        sum += *way;
        *way = sum;
    }
    ways.iter_mut().for_each(|way| *way /= sum);
    ways
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::none(&[], &[], Ties::None)]
    #[case::untied(&[30, 10, 20], &[6, 2, 4], Ties::None)]
    #[case::tied(&[5, 5, 1, 9], &[5, 5, 2, 8], Ties::Some)]
    #[case::all_equal(&[7, 7, 7], &[4, 4, 4], Ties::Some)]
    fn midranks_are_the_mean_of_the_ranks_of_a_group(
        #[case] keys: &[i64],
        #[case] doubled: &[usize],
        #[case] tied: Ties,
    ) {
        let found = Midranks::of(keys.iter().copied());
        assert_eq!(found.doubled, doubled);
        assert_eq!(found.tied, tied);
    }

    #[test]
    fn rounding_in_the_last_digits_of_a_logarithm_makes_no_difference() {
        assert_eq!(key((0.3_f64 / 0.1).ln()), key(3.0_f64.ln()));
        assert_ne!(key(1.0), key(1.0 + 2e-9));
    }
}
