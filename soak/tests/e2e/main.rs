//! The program over real servers: soaks that pass, soaks that go red on what is wrong, and soaks that cannot be made.

mod cycling;
mod harness;
