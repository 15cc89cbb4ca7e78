//! The `golden` command.
fn main() {}
