#!/bin/bash
# The demonstration without a person: a home of its own, every phantom measured, numbers against their truth.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
chmod 711 "$home" # root's database server runs as another user and must pass through
port=$(.venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
.venv/bin/python -m ildportal.demo --home "$home" --port "$port" --check
