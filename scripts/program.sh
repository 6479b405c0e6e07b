#!/usr/bin/env bash
# Builds the program as it is shipped. Run it as `make program`: five minutes on two cores.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=scripts/rocksdb.sh
. scripts/rocksdb.sh
cargo build --release --all-features --bin centrala
echo "The program: $CARGO_TARGET_DIR/release/centrala"
