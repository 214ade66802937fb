#!/bin/bash
# Times what people wait for, on a demo cohort in a home of its own. ONLY=name for one group, JSON=1 for JSON.
set -euo pipefail
cd "$(dirname "$0")/.."
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
chmod 711 "$home" # root's database server runs as another user and must pass through
unset DATABASE_URL CELERY_BROKER_URL
# The scans that `ct` measures; a phantom where there are none.
export ILDPORTAL_REAL_CT=${ILDPORTAL_REAL_CT:-../shared/data/ct}
.venv/bin/python -m ildportal.embedded --home "$home" sh -c '
    .venv/bin/python manage.py migrate --noinput --verbosity 0 &&
    .venv/bin/python manage.py demo --no-volumes >/dev/null &&
    exec .venv/bin/python manage.py bench '"${ONLY:+--only $ONLY} ${JSON:+--json}"
