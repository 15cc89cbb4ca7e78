//! The `mock-server` command.
fn main() {}
