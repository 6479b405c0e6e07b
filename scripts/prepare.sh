#!/usr/bin/env bash
# Makes this machine ready to build Centrala, then runs the command it is given with the right environment:
#
#   scripts/prepare.sh                     only get ready
#   scripts/prepare.sh cargo test ...      get ready, then run that
#
# What is missing (a C++20 compiler, libclang, make) is installed through apt-get, dnf or brew. Everything
# goes through here, because RocksDB is compiled anew whenever the target directory or the environment of
# its build changes, and that takes half an hour.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'prepare: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}

has_compiler() {
    printf '#include <concepts>\n#include <span>\nint main() {}\n' |
        "${CXX:-c++}" -std=c++20 -fsyntax-only -x c++ - 2>/dev/null
}

# The library alone is not enough: bindgen also needs the headers that belong to the compiler.
has_libclang() {
    local library header
    for library in "${LIBCLANG_PATH:-/nowhere}"/libclang{.so,-[0-9]}* \
        /usr/lib/llvm-*/lib/libclang{.so,-[0-9]}* /usr/lib{,64}/libclang{.so,-[0-9]}* \
        /usr/lib64/llvm*/lib*/libclang.so* /usr/lib/*-linux-gnu/libclang{.so,-[0-9]}* \
        "${LIBCLANG_PATH:-/nowhere}"/libclang.dylib /Library/Developer/CommandLineTools/usr/lib/libclang.dylib; do
        [ -e "$library" ] || continue
        for header in "${LIBCLANG_PATH:-/nowhere}"/clang/*/include/stddef.h \
            /usr/lib/llvm-*/lib/clang/*/include/stddef.h /usr/lib{,64}/clang/*/include/stddef.h \
            /usr/lib64/llvm*/lib*/clang/*/include/stddef.h \
            /Library/Developer/CommandLineTools/usr/lib/clang/*/include/stddef.h; do
            [ -e "$header" ] && return
        done
    done
    return 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# Needs `packages` for what it says when it cannot.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif ! has sudo; then
        die "installing needs root, and there is no sudo: install ${packages[*]} as root, then run this again"
    elif [ -t 0 ]; then
        sudo "$@"
    else
        sudo -n "$@" || die "sudo did not let us in or failed: install ${packages[*]} by hand, then run this again"
    fi
}

# Names what is missing in the words of the package manager, and installs it.
install_missing() {
    local missing=()
    has make || missing+=(make)
    has_compiler || missing+=(compiler)
    has_libclang || missing+=(libclang)
    [ ${#missing[@]} -gt 0 ] || return 0
    say "missing: ${missing[*]}"
    local packages=("${missing[@]}")
    if has apt-get; then
        packages=("${packages[@]/#compiler/g++}")
        packages=("${packages[@]/#libclang/libclang-dev}")
        as_root apt-get update -q >&2 || say "apt-get update failed; trying with the lists that are here"
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${packages[@]}" >&2
    elif has dnf; then
        packages=("${packages[@]/#compiler/gcc-c++}")
        packages=("${packages[@]/#libclang/clang-devel}")
        as_root dnf install -y "${packages[@]}" >&2
    elif has brew; then
        has_compiler || die "there is no C++ compiler: run \`xcode-select --install\`, then this again"
        packages=("${packages[@]/#libclang/llvm}")
        brew install "${packages[@]}" >&2
    else
        die "install ${missing[*]} with your package manager (C++20 compiler, libclang with headers), then run this again"
    fi || die "the package manager could not install ${packages[*]}: install them by hand, then run this again"
    find_brewed_libclang
    has_compiler || die "${CXX:-c++} does not compile C++20: install g++ 10 or clang++ 12, or newer, or set CXX"
    has_libclang || die "libclang is still not found: set LIBCLANG_PATH to the folder it is in, then run this again"
}

# Tools without which some checks leave themselves out, with a sentence that says so: each is tried once.
offer() {
    local tool=$1 without=$2 failed="$CARGO_TARGET_DIR/$1-is-missing" as_root=()
    [ "$(uname -s)" = Linux ] && ! has "$tool" && [ ! -e "$failed" ] || return 0
    [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
    if has apt-get; then
        "${as_root[@]}" apt-get update -q >&2 || say "apt-get update failed; trying with the lists that are here"
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$tool" >&2
    elif has dnf; then
        "${as_root[@]}" dnf install -y "$tool" >&2
    else
        false
    fi || {
        say "$tool could not be installed: $without"
        mkdir -p "$CARGO_TARGET_DIR" && touch "$failed"
    }
}

find_brewed_libclang() {
    local folder
    if [ -z "${LIBCLANG_PATH:-}" ] && has brew && folder=$(brew --prefix llvm 2>/dev/null) && [ -d "$folder/lib" ]; then
        export LIBCLANG_PATH="$folder/lib"
    fi
}

check_rust() {
    has cargo || PATH="${CARGO_HOME:-${HOME:-}/.cargo}/bin:$PATH"
    export PATH
    has cargo || die "Rust is missing: get it from https://rustup.rs, open a new terminal, then run this again"
}

# A prebuilt RocksDB may lie beside the clone. It fits one version on one kind of machine.
choose_rocksdb() {
    local prebuilt=../shared/rocksdb/env.sh version
    version=$(awk '/^name = "librocksdb-sys"$/ { found = 1 } found && /^version/ { print $3; exit }' Cargo.lock 2>/dev/null) || true
    if [ -n "${ROCKSDB_LIB_DIR:-}" ]; then
        return
    elif [ -f "$prebuilt" ] && [ "$version" = '"0.19.0+11.8.1"' ] && [ "$(uname -sm)" = "Linux x86_64" ]; then
        # shellcheck source=/dev/null
        . "$prebuilt"
    elif ! compgen -G "$CARGO_TARGET_DIR/checks/build/librocksdb-sys-*/out/librocksdb.a" >/dev/null; then
        say "RocksDB is compiled from source: once, 20 to 35 minutes on two cores, kept in $CARGO_TARGET_DIR"
    fi
}

# Outside the clone, so that a new clone does not compile RocksDB again.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/centrala/target}"
# One set of flags for everybody: others would compile everything again.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS

find_brewed_libclang
install_missing
offer strace "tests in which calls of the operating system fail are left out"
offer valgrind "instructions are not counted"
check_rust
choose_rocksdb
[ $# -eq 0 ] || exec "$@"
