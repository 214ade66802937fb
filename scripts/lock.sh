#!/bin/sh
# Writes the lock files. torch is left out on purpose: which build a machine wants is decided by
# scripts/setup.sh. What torch itself needs is named here instead, so that it is locked all the same.
set -eu
uv=${UV:-.venv/bin/uv}
no_torch=$(mktemp)
trap 'rm -f "$no_torch"' EXIT
echo "torch ; sys_platform == 'never'" >"$no_torch"
compile() {
    out=$1; extra=$2; shift 2
    printf '%s\n' $extra | "$uv" pip compile pyproject.toml - "$@" --override "$no_torch" --no-emit-package torch \
        --universal --python-version 3.11 --generate-hashes --no-emit-find-links --no-header --no-annotate \
        --emit-build-options --output-file "$out" --quiet ${UPGRADE:+--upgrade}
}
of_torch="filelock fsspec jinja2 networkx sympy typing-extensions"
compile requirements.lock "$of_torch" --all-extras
compile docker/web.lock ""
compile docker/worker.lock "$of_torch" --extra worker
