//! A series of bounded length, however long it is filled: when it is full, every other value goes, and from then on only every
//! other one is entered.

use std::time::Duration;

/// A value with its time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timed<T> {
    /// From the start.
    pub at: Duration,
    /// What was seen then.
    pub value: T,
}

/// Values over time, evenly thinned.
#[derive(Debug, Clone, PartialEq)]
pub struct Series<T> {
    kept: Vec<Timed<T>>,
    capacity: usize,
    /// Of so many values one is kept.
    stride: u64,
    seen: u64,
    last: Option<Timed<T>>,
}

impl<T: Clone> Series<T> {
    /// An empty one of at most `capacity` values, at least 2.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            kept: Vec::new(),
            capacity: capacity.max(2),
            stride: 1,
            seen: 0,
            last: None,
        }
    }

    /// Enters a value.
    pub fn push(&mut self, at: Duration, value: T) {
        let timed = Timed { at, value };
        if self.seen.is_multiple_of(self.stride) {
            if self.kept.len() == self.capacity {
                self.thin();
            }
            if self.seen.is_multiple_of(self.stride) {
                self.kept.push(timed.clone());
            }
        }
        self.seen += 1;
        self.last = Some(timed);
    }

    fn thin(&mut self) {
        let mut number = 0_usize;
        self.kept.retain(|_| {
            number += 1;
            number % 2 == 1
        });
        self.stride *= 2;
    }

    /// The newest value.
    #[must_use]
    pub const fn last(&self) -> Option<&Timed<T>> {
        self.last.as_ref()
    }

    /// How many values were entered.
    #[must_use]
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    /// What is kept, in the order of time, the newest always with it: at most one more than the capacity.
    #[must_use]
    pub fn into_values(mut self) -> Vec<Timed<T>> {
        if let Some(last) = self.last
            && self.kept.last().is_none_or(|kept| kept.at < last.at)
        {
            self.kept.push(last);
        }
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn however_long_it_is_filled_it_stays_bounded_even_and_whole_at_both_ends(values in 1_u64..3000, capacity in 2_usize..64) {
            let mut series = Series::new(capacity);
            for value in 0..values {
                series.push(Duration::from_secs(value), value);
            }
            prop_assert_eq!(series.seen(), values);
            let kept: Vec<u64> = series.into_values().into_iter().map(|timed| timed.value).collect();
            prop_assert!(kept.len() <= capacity + 1);
            prop_assert!(kept.len() as u64 >= values.min(capacity as u64 / 2));
            prop_assert_eq!(kept[0], 0);
            prop_assert_eq!(*kept.last().unwrap(), values - 1);
            let even: Vec<u64> = kept[..kept.len() - 1].windows(2).map(|pair| pair[1] - pair[0]).collect();
            prop_assert!(even.windows(2).all(|pair| pair[0] == pair[1]), "{:?}", kept);
        }
    }
}
