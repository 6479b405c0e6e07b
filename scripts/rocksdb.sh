# Sourced by what builds programs with flags of their own: RocksDB is the one that the checks are linked with, because
# other flags for Rust change nothing in it. Where it is not there yet, it is compiled now.

if [ -z "${ROCKSDB_LIB_DIR:-}" ]; then
    cargo build --profile checks --all-features --bin centrala --example quickstart
    # Of several versions the last one that was compiled.
    _library=$(ls -t "$CARGO_TARGET_DIR"/checks/build/librocksdb-sys-*/out/librocksdb.a | head -n 1)
    ROCKSDB_LIB_DIR=$(dirname "$_library")
    export ROCKSDB_LIB_DIR ROCKSDB_STATIC=1
    unset _library
fi
