# Every target works from a bare machine with Python 3.11+ and make; the first one to run builds .venv.
PY = .venv/bin/python
SHELL_FILES = scripts/*.sh .ci/run

.PHONY: help setup demo demo-check test lint serve lock bench shots
help: ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*##/:/' | sort

setup: ## .venv with the locked packages, torch included
	@scripts/setup.sh

demo: ## the portal with invented patients and phantom CTs, from nothing; PORT=n, CT=/path for scans of yours as well
	@PORT="$(PORT)" CT="$(CT)" scripts/demo.sh

demo-check: ## the demo without a person: numbers of every phantom against their truth
	@scripts/demo_check.sh

test: setup ## the whole suite on real PostgreSQL, a real broker and headless Chromium; ARGS="-k name" for less
	@scripts/tools.sh
	$(PY) -m pytest $(ARGS)

bench: setup ## seconds of what people wait for, beside a peer where there is one; ONLY=ct|pages|lungfunction
	@scripts/bench.sh

shots: setup ## pictures of every page, wide and narrow, light and dark, into build/shots
	@scripts/tools.sh
	$(PY) scripts/shots.py

lint: setup ## style, types, one-way imports, licences, shell syntax
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy .
	.venv/bin/lint-imports
	$(PY) scripts/licences.py
	@for file in $(SHELL_FILES); do bash -n "$$file" || exit 1; done

serve: setup ## the portal on http://127.0.0.1:8000 with its own database and one worker; PORT=n for another port
	$(PY) -m ildportal.embedded scripts/serve.sh

lock: setup ## new lock files from pyproject.toml; UPGRADE=1 for the newest releases
	scripts/lock.sh
