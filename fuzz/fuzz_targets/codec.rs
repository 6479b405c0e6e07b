//! Arbitrary bytes where encoded values are expected.
#![no_main]

#[path = "../../tests/support/allocation.rs"]
mod allocation;

#[global_allocator]
static ALLOCATOR: allocation::Counting = allocation::Counting::new();

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    ALLOCATOR.largest_since();
    centrala::fuzzing::codec(bytes);
    let (largest, bound) = (ALLOCATOR.largest_since(), centrala::fuzzing::codec_bytes(bytes.len()));
    assert!(largest <= bound, "{largest} bytes at once for {} of input", bytes.len());
});
