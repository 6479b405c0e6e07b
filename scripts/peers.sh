#!/usr/bin/env bash
# Compares Centrala with routers built on Redis and PostgreSQL. Run it as `make peers`, after a build of centrala.
#
#   scripts/peers.sh CENTRALA DIALOGS ROUNDS [option of the comparison]...
#
# Both servers come from Debian's packages. Those that run here are private: they listen on sockets in a scratch
# folder alone, as users without rights, and are gone with the folder when this ends, however it ends. The folder
# is made in PEERS_DIR (/var/tmp unless set), which must be on a disk.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

centrala=$1 dialogs=$2 rounds=$3
shift 3
tuning=benches/peers

say() { printf 'peers: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

# PostgreSQL refuses to run as root, and Redis need not: as root both run as the users of their packages.
as_user() {
    local user=$1
    shift
    if [ "$(id -u)" -eq 0 ]; then
        # From a folder that they may enter, which a clone in root's home is not.
        (cd / && runuser -u "$user" -- "$@")
    else
        "$@"
    fi
}

# The newest PostgreSQL that is here; Debian keeps its programs out of PATH.
find_postgres() {
    local folder newest=
    for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V); do
        [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && newest=$folder
    done
    [ -n "$newest" ] && printf '%s\n' "$newest"
}

# Packages of servers start them; this forbids it for as long as they are installed.
install_missing() {
    local missing=() forbid=/usr/sbin/policy-rc.d forbidden=
    has redis-server || missing+=(redis-server)
    find_postgres >/dev/null || missing+=(postgresql)
    [ ${#missing[@]} -gt 0 ] || return 0
    has apt-get || die "the servers come from Debian's packages, and there is no apt-get: install ${missing[*]} by hand"
    [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null ||
        die "installing needs root: run \`apt-get install ${missing[*]}\` as root, then this again"
    say "installing from Debian's packages: ${missing[*]}"
    if [ ! -e "$forbid" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$forbid" >/dev/null
        as_root chmod +x "$forbid"
        forbidden=yes
    fi
    as_root apt-get update -q >&2 || say "apt-get update failed; trying with the lists that are here"
    local installed=yes
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" >&2 ||
        installed=
    [ -z "$forbidden" ] || as_root rm -f "$forbid"
    [ -n "$installed" ] || die "apt-get could not install ${missing[*]}: is there a network?"
}

scratch='' program=''

# Stops what was started, the program with all that it has started itself, and removes the folder.
stop() {
    local status=$?
    trap - EXIT INT TERM HUP
    if [ -n "$program" ]; then
        kill -- "-$program" 2>/dev/null || true
        wait "$program" 2>/dev/null || true
    fi
    if [ -n "$scratch" ]; then
        [ ! -S "$scratch/redis/socket" ] || redis-cli -s "$scratch/redis/socket" shutdown nosave >/dev/null 2>&1 || true
        [ ! -e "$scratch/postgres/data/postmaster.pid" ] ||
            as_user postgres "$postgres/pg_ctl" -D "$scratch/postgres/data" -m immediate stop >/dev/null 2>&1 || true
        rm -rf "$scratch"
    fi
    exit "$status"
}

make_scratch() {
    local place=${PEERS_DIR:-/var/tmp}
    scratch=$(mktemp -d "$place/centrala-peers.XXXXXX") || die "no folder can be made in $place: set PEERS_DIR"
    case $(stat -f -c %T "$scratch") in
    tmpfs | ramfs) die "$place is memory, where durability costs nothing: set PEERS_DIR to a folder on a disk" ;;
    esac
    mkdir "$scratch/redis" "$scratch/postgres"
    if [ "$(id -u)" -eq 0 ]; then
        chmod 711 "$scratch"
        chown redis "$scratch/redis"
        chown postgres "$scratch/postgres"
    fi
}

start_redis() {
    local folder=$scratch/redis
    cp "$tuning/redis.conf" "$folder"
    as_user redis redis-server "$folder/redis.conf" --dir "$folder" --unixsocket "$folder/socket" \
        --logfile "$folder/log" >/dev/null || die "Redis did not start: $(tail -3 "$folder/log" 2>/dev/null)"
    local tries=100
    until redis-cli -s "$folder/socket" ping >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || die "Redis did not start: $(tail -3 "$folder/log" 2>/dev/null)"
        sleep 0.1
    done
}

start_postgres() {
    local folder=$scratch/postgres
    as_user postgres "$postgres/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale C --no-sync \
        >"$scratch/initdb.log" 2>&1 || die "PostgreSQL made no cluster: $(tail -3 "$scratch/initdb.log")"
    cat "$tuning/postgresql.conf" >>"$folder/data/postgresql.conf"
    printf "unix_socket_directories = '%s'\n" "$folder" >>"$folder/data/postgresql.conf"
    as_user postgres "$postgres/pg_ctl" -D "$folder/data" -l "$folder/log" -w start >/dev/null ||
        die "PostgreSQL did not start: $(tail -3 "$folder/log")"
}

[ -x "$centrala" ] || die "$centrala is not there: \`make peers\` builds it first"
[ "$(uname -s)" = Linux ] || die "the peers come from Debian's packages: run this on Debian or Ubuntu"
install_missing
postgres=$(find_postgres) || die "PostgreSQL is installed, but not where Debian puts it"

cargo=(cargo build --release --locked --manifest-path "$tuning/Cargo.toml")
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/centrala/target}/peers"
"${cargo[@]}"

trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
make_scratch
start_redis
start_postgres

# In a group of its own, so that it can be stopped with the load test that it may have started.
set -m
"$CARGO_TARGET_DIR/release/centrala-peers" --centrala "$centrala" --redis "$scratch/redis/socket" \
    --postgres "$scratch/postgres" --scratch "$scratch" --dialogs "$dialogs" --rounds "$rounds" "$@" &
program=$!
set +m
wait "$program" || {
    status=$?
    program=''
    exit "$status"
}
program=''
