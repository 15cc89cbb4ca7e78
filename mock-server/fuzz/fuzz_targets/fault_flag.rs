//! The flag form of fault rules: refused with words, or a rule that survives the wire.
#![no_main]

#[path = "../../src/faults/flag_property.rs"]
mod flag_property;

libfuzzer_sys::fuzz_target!(|input: &[u8]| flag_property::check(input));
