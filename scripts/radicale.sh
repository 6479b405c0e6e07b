#!/usr/bin/env bash
# Gets the calendar server that the tests talk to: Radicale, in a virtual environment of its own under
# ~/.cache/centrala. Does nothing if it is there already.
#
#   scripts/radicale.sh          get it
#   scripts/radicale.sh path     get it, and print where it is
set -euo pipefail

version=3.9.0
home="${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/centrala/radicale-$version"
server="$home/bin/radicale"

say() { printf 'radicale: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}

# Debian and Ubuntu ship Python without its module for virtual environments.
make_environment() {
    rm -rf "$home"
    has_python && python3 -m venv "$home" >&2 && return
    install_python
    rm -rf "$home"
    python3 -m venv "$home" >&2 || die "python3 makes no virtual environment: install its module venv"
}

has_python() { command -v python3 >/dev/null; }

install_python() {
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    if command -v apt-get >/dev/null; then
        "${as_root[@]}" apt-get update -q >&2 || say "apt-get update failed; trying with the lists that are here"
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y python3-venv >&2
    elif command -v dnf >/dev/null; then
        "${as_root[@]}" dnf install -y python3 >&2
    elif command -v brew >/dev/null; then
        brew install python3 >&2
    else
        false
    fi || die "install Python 3 with its module venv, then run this again"
}

# The server is there only if pip has come to its end: what was left half-way is made anew.
if [ ! -x "$server" ]; then
    say "getting Radicale $version into $home"
    mkdir -p "$(dirname "$home")"
    make_environment
    "$home/bin/python" -m pip install --quiet --disable-pip-version-check "Radicale==$version" >&2 ||
        die "pip could not install Radicale $version: is there a network?"
fi
[ "${1:-}" != path ] || printf '%s\n' "$server"
