//! What the tests of correctness check, one module a subject.

mod cancel;
mod content;
mod faults;
mod head;
mod jobs;
mod limits;
mod memory;
mod merged;
mod metrics;
mod playlist;
mod privacy;
mod proxy;
mod ranges;
mod refusals;
mod status;
mod submit;

use crate::suite::TestSpec;

/// All of them, in the order of reports.
pub(crate) const GROUPS: [&[TestSpec]; 16] = [
    head::TESTS,
    cancel::TESTS,
    ranges::TESTS,
    merged::TESTS,
    playlist::TESTS,
    content::TESTS,
    submit::TESTS,
    jobs::TESTS,
    refusals::TESTS,
    limits::TESTS,
    status::TESTS,
    metrics::TESTS,
    memory::TESTS,
    privacy::TESTS,
    proxy::TESTS,
    faults::TESTS,
];
