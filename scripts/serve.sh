#!/bin/sh
# What `make serve` runs inside the embedded services: tables, one worker, the sweep, the web server.
set -eu
cd "$(dirname "$0")/.."
python=.venv/bin/python
pids=
# shellcheck disable=SC2086 # one word for each process
trap 'kill $pids 2>/dev/null; wait' EXIT
trap 'exit 143' TERM HUP
trap 'exit 130' INT
$python manage.py migrate --noinput --verbosity 0
$python manage.py repeatability --shipped
$python -m celery -A ildportal worker -Q quantify -P prefork -c 1 -l INFO & pids=$!
case "${ILDPORTAL_HEAT_MAPS:-}" in
1|true|yes|on) nice -n 19 $python -m celery -A ildportal worker -Q heat -P prefork -c 1 -l INFO -n heat@%h & pids="$pids $!" ;;
esac
$python manage.py sweep --every 15 & pids="$pids $!"
$python manage.py runserver "127.0.0.1:${PORT:-8000}" & web=$!; pids="$pids $web"
wait "$web"
