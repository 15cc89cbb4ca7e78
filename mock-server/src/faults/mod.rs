//! The rules of fault injection: what matches, what fires.
