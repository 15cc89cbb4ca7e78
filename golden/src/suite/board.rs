//! The results so far. Whoever cuts a run short still finds them here.

use std::sync::{Mutex, PoisonError};

use perf_guard::CacheState;
use run_report::TestResult;

/// The results so far, and which were to come.
#[derive(Debug)]
pub struct Board {
    rows: Mutex<Vec<Row>>,
}

#[derive(Debug)]
struct Row {
    name: String,
    cache: Option<CacheState>,
    result: Option<TestResult>,
}

impl Board {
    /// A board for these tests, in this order.
    #[must_use]
    pub fn new(tests: impl IntoIterator<Item = (String, Option<CacheState>)>) -> Self {
        let rows = tests
            .into_iter()
            .map(|(name, cache)| Row {
                name,
                cache,
                result: None,
            })
            .collect();
        Self {
            rows: Mutex::new(rows),
        }
    }

    /// Enters a result; a later one of the same test replaces it.
    pub fn enter(&self, result: TestResult) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        match rows
            .iter_mut()
            .find(|row| row.name == result.name && row.cache == result.cache)
        {
            Some(row) => row.result = Some(result),
            None => {
                rows.push(Row {
                    name: result.name.clone(),
                    cache: result.cache,
                    result: Some(result),
                });
            }
        }
    }

    /// All results in the order of the suite; tests without one are skipped for `unrun`.
    #[must_use]
    pub fn results(&self, unrun: &str) -> Vec<TestResult> {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.iter()
            .map(|row| {
                row.result
                    .clone()
                    .unwrap_or_else(|| TestResult::skipped(row.name.clone(), row.cache, unrun))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use run_report::TestStatus;

    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_suite_and_nothing_is_left_out() {
        let board = Board::new([
            ("a".to_owned(), None),
            ("b".to_owned(), Some(CacheState::Warm)),
            ("c".to_owned(), None),
        ]);
        board.enter(TestResult::passed("c", None));
        board.enter(TestResult::passed("a", None));
        let results = board.results("not run: interrupted");
        let shown: Vec<_> = results.iter().map(|r| (r.label(), r.status)).collect();
        let expected = [
            ("a", TestStatus::Passed),
            ("b (warm)", TestStatus::Skipped),
            ("c", TestStatus::Passed),
        ];
        assert_eq!(shown, expected.map(|(name, status)| (name.to_owned(), status)));
        assert_eq!(results[1].reason.as_deref(), Some("not run: interrupted"));
    }
}
