#!/bin/sh
# What the tests drive besides Python: Debian's Chromium, and dciodvfy, which validates DICOM. Installed where this
# account may; else the tests that need one are skipped, counted.
set -eu
missing=
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v dciodvfy >/dev/null 2>&1 || missing="$missing dicom3tools"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "setup: installing$missing with apt-get for the tests" >&2
    # shellcheck disable=SC2086 # a list of names
    apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null && exit 0
fi
echo "setup: without$missing some tests will be skipped (as root: apt-get install$missing)" >&2
