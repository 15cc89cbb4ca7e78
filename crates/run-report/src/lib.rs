//! The result of one run, and its renderings.
