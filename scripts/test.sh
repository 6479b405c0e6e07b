#!/usr/bin/env bash
# All checks, in the order in which they fail fastest. Run it as `make test`.
#
# Every call of cargo builds for the same profile, the same features and at least one target with
# dev-dependencies: otherwise these would change the features of shared dependencies, and RocksDB
# would be compiled once more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

flags=(--profile checks --all-features)
[ -z "${CI:-}" ] || flags+=(--locked)
example_seconds=${EXAMPLE_SECONDS:-60}

step() {
    printf '\n== %s (at %d s)\n' "$*" "$SECONDS"
}

with_limit() {
    local seconds=$1
    shift
    if command -v timeout >/dev/null; then
        timeout "$seconds" "$@"
    else
        perl -e 'alarm shift; exec @ARGV' "$seconds" "$@"
    fi
}

run_examples() {
    local source name
    for source in examples/*.rs; do
        [ -e "$source" ] || continue
        name=$(basename "$source" .rs)
        step "example $name"
        with_limit "$example_seconds" "$CARGO_TARGET_DIR/checks/examples/$name" </dev/null || {
            echo "the example $name failed, or did not end within $example_seconds seconds (status $?)" >&2
            return 1
        }
    done
}

step "format: cargo fmt --check"
{ cargo fmt --all --check && cargo fmt --manifest-path benches/peers/Cargo.toml --check; } || {
    echo "run \`make fix\`" >&2
    exit 1
}
step "lints: cargo clippy"
cargo clippy "${flags[@]}" --all-targets -- -D warnings
step "the calendar server that the tests talk to: Radicale"
bash scripts/radicale.sh
step "tests: library, programs, tests/, documentation"
cargo test "${flags[@]}"
step "benches, each once"
cargo test "${flags[@]}" --benches
step "instructions of the hot paths, against benches/instructions.json"
cargo test "${flags[@]}" --bench instructions -- check
run_examples
step "documentation: cargo doc"
RUSTDOCFLAGS="-D warnings" cargo doc "${flags[@]}" --no-deps --lib --examples
if command -v cargo-deny >/dev/null; then
    step "licences and sources: cargo deny"
    cargo deny --all-features check licenses bans sources
fi
step "all checks passed"
