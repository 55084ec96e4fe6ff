#!/bin/sh
# Makes .venv hold exactly what requirements.lock pins, and our packages as they stand here.
# Does nothing when it already does. Says what it does in a line each, and everything on failure.
set -eu
cd "$(dirname "$0")/../.."

packages="shared gateway services/catalog services/identity services/recommender services/social
services/recommender/client"
lock=$(cksum <requirements.lock)
projects=$(cat shared/pyproject.toml gateway/pyproject.toml services/*/pyproject.toml \
    services/recommender/client/pyproject.toml | cksum)
locked=.venv/locked
installed=.venv/installed

holds() {
    [ -x .venv/bin/python ] && [ "$(cat "$1" 2>/dev/null)" = "$2" ]
}

if holds $locked "$lock" && holds $installed "$projects"; then
    exit 0
fi

# A shim that only says which versions there could be does not count, nor one without ensurepip.
suits() {
    "$1" -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' \
        >/dev/null 2>&1
}

find_python() {
    for name in python3.12 python3.11 python3 python; do
        rest=$PATH:
        while [ -n "$rest" ]; do
            candidate=${rest%%:*}/$name
            rest=${rest#*:}
            if [ -x "$candidate" ] && suits "$candidate"; then
                echo "$candidate"
                return
            fi
        done
    done
    echo "Marquee needs Python 3.11 or 3.12 with venv and ensurepip on the PATH" \
        "(on Debian: python3-venv)." >&2
    exit 1
}

if [ -z "${MARQUEE_INSTALLING:-}" ]; then
    # One at a time, by a lock on this folder that the kernel drops with the process: two `make up`
    # begun together must not write into the same .venv.
    python=$(find_python)
    MARQUEE_INSTALLING=$python exec "$python" -c '
import fcntl, os, sys
folder = os.open(".", os.O_RDONLY)
fcntl.flock(folder, fcntl.LOCK_EX)
os.set_inheritable(folder, True)
os.execv("/bin/sh", ["sh", "deploy/local/environment.sh"])'
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Runs a command quietly; when it fails its words are shown and the whole ends.
quietly() {
    "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
}

if ! { [ -x .venv/bin/python ] && suits .venv/bin/python; }; then
    python=$MARQUEE_INSTALLING
    echo "· making .venv with $($python --version)"
    rm -rf .venv
    quietly "$python" -m venv .venv
fi

# uv, pinned by its own entry of the lock, is many times faster than pip; pip does where it cannot
# be had or cannot reach the index that pip is set up for.
uv() {
    VIRTUAL_ENV=$PWD/.venv .venv/bin/python -m uv "$@"
}

if ! holds $locked "$lock"; then
    echo "· installing what requirements.lock pins"
    rm -f $locked $installed
    entry=.venv/uv.txt
    sed -n '/^uv==/,/^    # via/p' requirements.lock >$entry
    .venv/bin/python -m pip install --quiet --require-hashes --no-deps -r $entry >"$log" 2>&1 || true
    if ! uv pip sync --quiet --require-hashes requirements.lock >"$log" 2>&1; then
        echo "· without uv: with pip, which takes longer"
        quietly .venv/bin/python -m pip install --quiet --require-hashes -r requirements.lock
    fi
    echo "$lock" >$locked
fi

echo "· installing our packages, editable"
editables=
for package in $packages; do
    editables="$editables --editable ./$package"
done
# shellcheck disable=SC2086 # one word each, on purpose
quietly .venv/bin/python -m pip install --quiet --disable-pip-version-check \
    --no-deps --no-build-isolation $editables
echo "$projects" >$installed
