#!/usr/bin/env bash
# Builds the program for the work that it does (profile-guided optimisation): once with counters in it, and when it has
# been under load, once more for the paths that were taken. Run it as `make tuned`: ten minutes on two cores.
#
# It needs llvm-profdata of the LLVM that rustc has, or of one a little older that reads what it writes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

place="$CARGO_TARGET_DIR/tuned"
counts="$place/counts"
host=$(rustc -vV | sed -n 's/^host: //p')

# All crates are compiled with the flag, in a directory of their own. Linked as one as well they are slower, not faster.
build() {
    RUSTFLAGS="$1" cargo build --profile checks --all-features --bin centrala --target "$host" --target-dir "$place/build"
    cp "$place/build/$host/checks/centrala" "$place/$2"
}

work() {
    "$place/counting" "$@" >/dev/null
}

# That of this Rust first, then what else there is, newest first.
tools() {
    compgen -G "$(rustc --print sysroot)/lib/rustlib/*/bin/llvm-profdata" || true
    compgen -c llvm-profdata | sort -uVr
}

die() {
    echo "$1: \`rustup component add llvm-tools\`, or install llvm of version 19 or newer" >&2
    exit 1
}

merge() {
    local tool
    for tool in $(tools); do
        if "$tool" merge -o "$place/profile" "$counts" 2>>"$place/refused"; then
            return
        fi
    done
    cat "$place/refused" >&2
    die "no llvm-profdata reads the counts"
}

[ -n "$(tools)" ] || die "there is no llvm-profdata"
rm -rf "$place"
mkdir -p "$counts"
# shellcheck source=scripts/rocksdb.sh
. scripts/rocksdb.sh
build "-Cprofile-generate=$counts" counting
work load --dialogs 300000
work load --dialogs 60000 --rate 10000
work replay examples/data/bank_calls.csv --days 1
merge
build "-Cprofile-use=$place/profile" centrala
rm -r "$place/build" "$counts" "$place/counting"
echo "The tuned program: $place/centrala"
