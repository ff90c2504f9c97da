# ServersCTL. `make help` lists what there is. Targets are files where they make files, so a second run is quick.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
export SERVERSCTL_DATA_DIR ?= $(CURDIR)/var/serversctl

PY := .venv/bin/python
PYTEST := $(PY) -m pytest -q
BACKEND_TESTS := $(if $(T),$(T),backend/tests)
AGENT_TESTS := -n 2 -c agent/tests/pytest.ini agent/tests
SIMULATION := $(wildcard backend/tests/simulation)
PYTHON_DIRS := $(wildcard backend agent e2e bench)
SHELL_FILES = $(shell git ls-files | while read -r f; do [ -f "$$f" ] && head -c 40 "$$f" | grep -aqE '^\#!.*\b(ba)?sh\b' && echo "$$f"; done)
NPM := npm --prefix frontend
FRONTEND_SOURCES := $(shell find frontend -path frontend/dist -prune -o -path frontend/node_modules -prune -o -type f -print 2>/dev/null) $(wildcard docs/*.md)
AGENT_SOURCES := $(shell find agent -path agent/dist -prune -o -type f -not -name '*.pyc' -print 2>/dev/null)

##@ Use
.PHONY: demo up agent
demo: setup agent frontend  ## The product on this machine: hosts, name server, a pool that fails over; Ctrl-C ends it
	exec $(PY) -m e2e.demo

up: setup agent frontend  ## The control plane alone with embedded defaults, for real use (data in SERVERSCTL_DATA_DIR)
	exec .venv/bin/serversctl up

agent: agent/dist/agent.zip  ## Build agent/dist/: balctl_heartbeat.py, agent.zip, agent.json, commands.json
agent/dist/agent.zip: .setup/venv $(AGENT_SOURCES)
	$(PY) agent/build/build.py
	@touch $@

.PHONY: frontend
frontend: frontend/dist/index.html  ## Build the dashboard into frontend/dist/, within its budget
frontend/dist/index.html: .setup/node $(FRONTEND_SOURCES)
	$(NPM) run --silent build
	@touch $@

##@ Set up
.PHONY: setup lock
setup: .setup/system .setup/venv .setup/py39.done .setup/node  ## All tools, once: Debian packages where root, .venv/, node_modules/
	@:
.setup/system: .ci/setup .ci/packages.txt $(wildcard e2e/lab/packages.txt)
	@.ci/setup system && touch $@
.setup/venv: .ci/setup requirements/runtime.txt requirements/dev.txt pyproject.toml
	@.ci/setup venv && touch $@

.setup/py39.done: .ci/setup requirements/agent-tests.txt .setup/venv
	@.ci/setup py39 && touch $@

.setup/node: .ci/setup package.json package-lock.json frontend/package.json
	@.ci/setup node && touch $@

LOCK := uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11
lock: .setup/venv  ## Lock requirements/*.in again with hashes (needs the package index)
	PATH=.venv/bin:$$PATH $(LOCK) requirements/runtime.in -o requirements/runtime.txt
	PATH=.venv/bin:$$PATH $(LOCK) requirements/dev.in -o requirements/dev.txt
	PATH=.venv/bin:$$PATH $(LOCK:3.11=3.9) requirements/agent-tests.in -o requirements/agent-tests.txt
	cd requirements && sha256sum *.in *.txt >locked.sha256

##@ Check
.PHONY: test test-backend test-backend-postgresql test-agent test-agent-package test-agent-built test-simulation
.PHONY: test-frontend test-e2e test-browser
test: setup agent frontend  ## Every suite, then the summary line of each; T=path for one file of the backend
	@$(if $(T),.ci/suite backend $(PYTEST) $(T),MAKE="$(MAKE)" .ci/test backend backend-postgresql agent-package agent-built frontend simulation e2e browser)

test-backend: .setup/venv  ## The backend on SQLite
	@.ci/suite backend $(PYTEST) -n 2 $(BACKEND_TESTS) $(SIMULATION:%=--ignore=%)

test-backend-postgresql: .setup/venv  ## The same suite on PostgreSQL
	@TEST_DATABASE=postgresql .ci/suite backend-postgresql $(PYTEST) -n 2 $(BACKEND_TESTS) $(SIMULATION:%=--ignore=%)

test-agent: test-agent-package test-agent-built  ## The agent: its modules here, the built file on Python 3.9 where there is one

test-agent-package: .setup/venv agent
	@.ci/suite agent-package $(PYTEST) $(AGENT_TESTS)

test-agent-built: .setup/py39.done agent
	@if [ -x .setup/py39/bin/python ]; then python=.setup/py39/bin/python; else python=$(PY); fi; \
	BALCTL_TEST_FORM=built .ci/suite agent-built $$python -m pytest -q $(AGENT_TESTS)

test-simulation: .setup/venv  ## The decider under 1,000 seeded schedules x 4 configurations
	@.ci/suite simulation $(PYTEST) -n 2 $(SIMULATION)

test-frontend: .setup/node  ## Components and live data in jsdom
	@.ci/suite frontend $(NPM) run --silent test

test-e2e: setup agent frontend  ## Stories on real hosts in network namespaces; says loudly what it skips
	@.ci/suite e2e $(PYTEST) -rs -n 3 --dist loadfile e2e --ignore=e2e/browser

test-browser: setup agent frontend  ## Stories of the dashboard in Chromium (E2E_CHROMIUM names another browser)
	@.ci/suite browser $(PYTEST) -rs -n 2 --dist worksteal e2e/browser

.PHONY: lint format
lint: .setup/venv .setup/system .setup/node  ## Style, types, imports, shell, locks, stale generated files
	$(PY) -m ruff check $(PYTHON_DIRS)
	$(PY) -m ruff format --check $(PYTHON_DIRS)
	$(PY) -m mypy
	.venv/bin/lint-imports
	@command -v shellcheck >/dev/null || { echo "lint: install the package shellcheck" >&2; exit 1; }
	shellcheck $(SHELL_FILES)
	cd requirements && sha256sum --quiet -c locked.sha256 || { echo "lint: the locks are older than their .in files: run make lock" >&2; exit 1; }
	$(NPM) run --silent types
	$(NPM) run --silent lint
	@.ci/types check
	$(PYTEST) backend/tests/docs

format: .setup/venv .setup/node  ## All formatters
	$(NPM) run --silent format
	$(PY) -m ruff check --fix-only --quiet $(PYTHON_DIRS)
	$(PY) -m ruff format $(PYTHON_DIRS)

##@ Make
.PHONY: openapi docs migration bench soak screenshots
openapi: .setup/venv .setup/node  ## The OpenAPI document into var/openapi.json, and the dashboard's types from it
	@.ci/types write

docs: .setup/venv  ## Write the generated parts of docs/ again (settings, commands)
	$(PY) docs/generate.py

migration: .setup/venv  ## A new migration from the tables, m="what changed"
	@test -n "$(m)" || { echo 'migration: say what changed: make migration m="add pools.colour"' >&2; exit 2; }
	$(PY) backend/migrations/new.py "$(m)"

bench: setup agent frontend  ## Load numbers, into docs/performance.md's tables
	@test -d bench || { echo "bench: there is no benchmark in this tree yet" >&2; exit 2; }
	$(PY) -m bench
	$(PY) agent/bench/footprint.py

soak: setup agent  ## Faults done many times and counted, a quarter of an hour; S="--runs 200" for hours, S=--help
	$(PY) -m e2e.soak $(S)

screenshots: setup agent frontend  ## Every page, light and dark, desk and phone, into screenshots/
	$(PY) -m e2e.screenshots

##@ Other
.PHONY: help clean
help:  ## This list
	@awk 'BEGIN {FS = ":.*##"} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*##/ {printf "  %-24s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

clean:  ## Remove what was built and installed here; data in var/ stays
	rm -rf .venv node_modules .setup agent/dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
