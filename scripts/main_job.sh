#!/bin/bash
# The main job on real input: two given chest CTs through import, queue, worker and engine into the database.
#   ILDPORTAL_REAL_CT   the folder of LIDC-IDRI-0001.zip and LIDC-IDRI-0003.zip
set -euo pipefail
cd "$(dirname "$0")/.."
ct=${ILDPORTAL_REAL_CT:-../shared/data/ct}
for name in LIDC-IDRI-0001 LIDC-IDRI-0003; do
    if [ ! -f "$ct/$name.zip" ]; then
        echo "main job: $ct/$name.zip is missing: set ILDPORTAL_REAL_CT to the folder that holds it" >&2
        exit 2
    fi
done
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
chmod 711 "$home" # root's database server runs as another user and must pass through
unset DATABASE_URL CELERY_BROKER_URL
.venv/bin/python -m ildportal.embedded --home "$home" .venv/bin/python -m scripts.main_job "$ct"
