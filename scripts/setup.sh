#!/bin/sh
# From Python 3.11+ to a complete .venv beside this repository's files. Does nothing when .venv is up to date.
#   PYTHON      the interpreter to build on        TORCH_SPEC  what to install as torch, for example torch==2.8
set -eu
cd "$(dirname "$0")/.."
here=$(pwd -P)
venv=.venv
stamp=$venv/.ildportal-setup

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 2; }
# The path is part of the state: the programs in a .venv name it, so a moved folder needs a new one.
state() { { cat requirements.lock scripts/setup.sh; echo "$here ${TORCH_SPEC:-} ${PYTHON:-}"; } | cksum; }
fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    for name in ${PYTHON:-python3 python3.11 python3.12 python3.13 python3.14}; do
        if fits "$name"; then echo "$name"; return; fi
    done
    fail "no Python 3.11 or newer found (looked for ${PYTHON:-python3, python3.11 to python3.14}):" \
        "install one, or name it: make setup PYTHON=/path/to/python"
}

# Debian packs the venv module apart: uv does without it, and pip may bring uv into any folder.
make_venv() {
    rm -rf "$venv"
    say "new $venv with $("$1" --version)"
    if "$1" -m venv "$venv" >/dev/null 2>&1; then return; fi
    rm -rf "$venv"
    if command -v uv >/dev/null 2>&1 && uv venv --quiet --seed --python "$1" "$venv"; then return; fi
    if "$1" -m pip install --quiet --target build/uv uv >/dev/null 2>&1 &&
        build/uv/bin/uv venv --quiet --seed --python "$1" "$venv"; then return; fi
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "installing python3-venv with apt-get"
        apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
        if "$1" -m venv "$venv"; then return; fi
    fi
    fail "$1 has neither a working venv module nor pip: apt-get install python3-venv, then again"
}

# The build of torch that pip finds without any index: a wheel laid ready on this machine.
local_torch() {
    "$venv/bin/python" -m pip --disable-pip-version-check install --dry-run --quiet --ignore-installed --no-index \
        --no-deps --report - torch 2>/dev/null |
        "$venv/bin/python" -c 'import json, sys; print(json.load(sys.stdin)["install"][0]["download_info"]["url"])' 2>/dev/null
}

install_torch() {
    if [ -n "${TORCH_SPEC:-}" ]; then
        say "torch: $TORCH_SPEC, from TORCH_SPEC"
        # shellcheck disable=SC2086 # may hold options of uv as well
        uv_install $TORCH_SPEC
    elif wheel=$(local_torch); then
        say "torch: $(basename "$wheel"), a wheel laid ready for pip"
        uv_install --no-deps "$wheel"
    else
        say "torch: from the network, about 200 MB for a CPU, several GB for an NVIDIA GPU (TORCH_SPEC chooses)"
        uv_install torch --torch-backend=auto || {
            say "torch: no build chosen by hardware could be had, taking the package index's own (maybe several GB)"
            uv_install torch
        }
    fi
}

uv_install() { "$venv/bin/python" -m uv pip install --quiet --python "$venv" --compile-bytecode "$@"; }

if [ -x "$venv/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$(state)" ]; then exit 0; fi
# uv takes a find-links folder that is not there for an error.
case ${UV_FIND_LINKS:-} in "" | *://*) ;; *) [ -d "$UV_FIND_LINKS" ] || unset UV_FIND_LINKS ;; esac
python=$(find_python)
if ! fits "$venv/bin/python" || ! grep -qxF "$here" "$venv/.ildportal-path" 2>/dev/null; then
    make_venv "$python"
    echo "$here" >"$venv/.ildportal-path"
fi
"$venv/bin/python" -m pip --disable-pip-version-check install -qq --only-binary :all: uv ||
    fail "uv could not be installed: the package index must be reachable"
install_torch || fail "torch could not be installed: name a build with TORCH_SPEC"
say "everything else, as locked in requirements.lock"
uv_install --no-deps --require-hashes -r requirements.lock || fail "the locked packages could not be installed"
state >"$stamp"
say "done"
