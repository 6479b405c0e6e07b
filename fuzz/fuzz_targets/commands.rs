//! Arbitrary lines and commands into a running engine.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // On a disk: in memory, room for the log that an engine keeps ahead would be filled with zeros each time.
    let root = tempfile::tempdir().expect("a directory can be made");
    centrala::fuzzing::commands(bytes, &root.path().join("data"));
});
