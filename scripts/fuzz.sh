#!/usr/bin/env bash
# Fuzzing, with nightly Rust and cargo-fuzz. Run it as `make fuzz` or `make fuzz-minimise`.
#
#   scripts/fuzz.sh run SECONDS     every target for so long, one after the other
#   scripts/fuzz.sh minimise        keeps in fuzz/corpus what covers as much as all that was found
#
# What is found lies in fuzz/found, what fails in fuzz/artifacts: mend it, and put the file into fuzz/corpus.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

targets=(line codec recovery commands)
# Bytes of one input: what is found with more is found with these, and sooner.
declare -A longest=([line]=8192 [codec]=8192 [recovery]=16384 [commands]=4096)
# Bytes of the committed corpus of one target.
budget=$((240 * 1024))

cargo +nightly fuzz --version >/dev/null 2>&1 || {
    echo "this needs nightly Rust and cargo-fuzz:" >&2
    echo "  rustup toolchain install nightly && cargo install cargo-fuzz --locked" >&2
    exit 1
}

# The first time, the fuzzer begins with what the scenarios have left behind.
[ -d fuzz/found/commands ] || UPDATE_CORPUS=1 cargo test --profile checks --all-features --test corpus what_the_fuzzer

# A build of its own: what counts branches shares nothing with the rest, RocksDB included.
export CARGO_TARGET_DIR="$CARGO_TARGET_DIR/fuzz"
cd fuzz
cargo +nightly fuzz build --sanitizer none

run() {
    local target=$1
    shift
    cargo +nightly fuzz run --sanitizer none "$target" "$@"
}

case ${1:-} in
run)
    for target in "${targets[@]}"; do
        mkdir -p "found/$target"
        printf '\n== %s for %s seconds\n' "$target" "$2"
        run "$target" "found/$target" "corpus/$target" -- -max_total_time="$2" -max_len="${longest[$target]}" \
            -timeout=60 -rss_limit_mb=2000 -print_final_stats=1
    done
    ;;
minimise)
    for target in "${targets[@]}"; do
        run "$target" "corpus/$target" "found/$target" -- -merge=1 -max_len="${longest[$target]}" -rss_limit_mb=2000
        # The largest go first; a file with a name has failed once, and stays.
        size() { du -cb "corpus/$target"/* | tail -1 | cut -f1; }
        while [ "$(size)" -gt "$budget" ]; do
            rm "$(find "corpus/$target" -type f ! -name 'found-*' -printf '%s %p\n' | sort -rn | head -1 | cut -d' ' -f2-)"
        done
    done
    ;;
*)
    sed -n '2,8p' "$0" >&2
    exit 2
    ;;
esac
