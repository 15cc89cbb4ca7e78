//! Pages of jobs. A cursor is the place of a page's last job in the order of submission, so that jobs that come or go
//! between two pages neither shift the next page nor make a job appear twice.

use super::jobs::{JobKey, JobTable};
use crate::engine::{EngineError, JobPage, ListQuery};

/// The most jobs on a page.
const MAX_LIMIT: usize = 200;

impl JobTable {
    /// A page of jobs, newest first.
    pub(super) fn page(&self, query: &ListQuery) -> Result<JobPage, EngineError> {
        let before = match &query.cursor {
            Some(cursor) => Some(self.read_cursor(cursor)?),
            None => None,
        };
        let limit = query.limit.clamp(1, MAX_LIMIT);
        let mut keys: Vec<JobKey> = self.keys(query.status, before).rev().take(limit + 1).collect();
        let more = keys.len() > limit;
        keys.truncate(limit);
        Ok(JobPage {
            jobs: keys
                .iter()
                .filter_map(|key| self.get(*key))
                .map(|job| job.summary())
                .collect(),
            next_cursor: keys.last().filter(|_| more).map(|key| write_cursor(*key)),
        })
    }

    fn read_cursor(&self, cursor: &str) -> Result<JobKey, EngineError> {
        cursor
            .strip_prefix("j")
            .and_then(|hex| u64::from_str_radix(hex, 16).ok())
            .map(JobKey)
            .filter(|key| write_cursor(*key) == cursor && *key < self.next_key())
            .ok_or_else(|| EngineError::BadCursor {
                given: cursor.to_owned(),
            })
    }
}

fn write_cursor(key: JobKey) -> String {
    format!("j{:x}", key.0)
}
