//! Arbitrary bytes as one line of the protocol.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| centrala::fuzzing::line(bytes));
