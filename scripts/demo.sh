#!/bin/sh
# What `make demo` runs: room for the packages, the packages, then the demonstration until Ctrl-C.
#   PORT   of the web server, default 8000        CT   a folder, zip or file with scans of yours
set -eu
cd "$(dirname "$0")/.."
if [ ! -x .venv/bin/python ]; then
    free=$(df -Pk . | awk 'NR == 2 { print int($4 / 1024) }')
    if [ "$free" -lt 4000 ]; then
        echo "demo: $(pwd -P) has $free MB free, the packages need 4000 MB: free space, or work on another disk" >&2
        exit 2
    fi
fi
scripts/setup.sh
set -- --port "${PORT:-8000}"
if [ -n "${CT:-}" ]; then set -- "$@" --ct "$CT"; fi
exec .venv/bin/python -m ildportal.demo "$@"
