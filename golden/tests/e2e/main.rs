//! End-to-end tests of the golden suite.
