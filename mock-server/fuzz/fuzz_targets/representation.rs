//! Ranges and conditional requests: whatever the headers, the bytes sent are the ones that the headers name.
//!
//! The module and its property are taken in as they are, so that the fuzzer builds without the rest of the server.
#![no_main]

#[allow(dead_code, unused_imports, reason = "the server uses what the property does not")]
#[path = "../../src/representation/mod.rs"]
mod representation;

#[allow(dead_code, reason = "the tests use what the fuzzer does not")]
#[path = "../../src/representation/tests/property/mod.rs"]
mod property;

libfuzzer_sys::fuzz_target!(|input: &[u8]| property::Request::read(input).check());
