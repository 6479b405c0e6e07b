//! Arbitrary lines and commands into a running engine.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let root = tempfile::tempdir_in(centrala::fuzzing::scratch_root()).expect("a directory can be made");
    centrala::fuzzing::commands(bytes, &root.path().join("data"));
});
