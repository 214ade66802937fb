#!/bin/sh
# Debian's Chromium for the browser tests, installed where this account may; else those tests are skipped, counted.
set -eu
command -v chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "setup: installing chromium with apt-get for the browser tests" >&2
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null && exit 0
fi
echo "setup: no chromium, the browser tests will be skipped (as root: apt-get install chromium)" >&2
