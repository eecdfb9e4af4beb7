# Copydesk: every command a newcomer needs. `make help` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# The first Python in the supported range; override with PYTHON=…
PYTHON ?= $(shell for p in python3 python3.12 python3.13 python3.11 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$p && break; done)
# What only writes .env, or calls Docker, needs none in the range: a server that runs containers may have an older or newer one.
ANY_PYTHON = $(or $(PYTHON),python3)
VENV := .venv
BIN := $(VENV)/bin
# Airflow without compiled modules starts three times slower.
export PYTHONDONTWRITEBYTECODE :=

AS_ROOT := $(if $(filter 0,$(shell id -u)),,sudo)

SOURCES ?=
DATE ?=
EVAL ?=
PEERS ?=
OPTIONS = $(if $(SOURCES),--sources "$$SOURCES") $(if $(DATE),--date "$$DATE")
BENCH = $(BIN)/python -m benchmarks
BESIDE = $(if $(PEERS),--peers $(PEERS))
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --quiet

.PHONY: help run spark test test-browser test-fast test-spark test-scale compose-check env check format ui bench lock docs clean

help: ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run ## run a night: on the sample newsroom, or on yours with SOURCES=my.toml [DATE=2026-11-20]
	@$(BIN)/python -m pipeline $(if $(SOURCES),nightly,demo) $(OPTIONS)

ui: $(VENV)/.run ## Airflow's UI on loopback, port 8080 or COPYDESK_UI_PORT; Ctrl-C stops everything
	@$(BIN)/python -m pipeline ui $(if $(SOURCES),--sources "$$SOURCES")

test: $(VENV)/.dev ## make what the tests need and run them: all that need no Airflow process, browser or Java
	@$(BIN)/python -m pytest

test-browser: $(VENV)/.dev ## an editor's morning in a real browser: form, run, report, backfill (some minutes)
	@command -v chromium >/dev/null || { echo "installing Debian's chromium …"; $(AS_ROOT) apt-get update -qq && $(AS_ROOT) apt-get install -y -qq --no-install-recommends chromium; }
	@$(BIN)/python -m pytest -n 0 tests/browser

test-fast: $(VENV)/.dev ## the tests that need no server, no database and no Airflow
	@$(BIN)/python -m pytest -m "not slow"

test-spark: $(VENV)/.dev $(VENV)/.spark ## the tests of --engine spark, on two cores of this machine; they need Java 17 or 21
	@$(BIN)/python -m pytest -n 0 tests/spark

spark: $(VENV)/.run $(VENV)/.spark ## install pyspark for --engine spark (about 480 MB)

test-scale: $(VENV)/.scale ## Airflow for real: the demo, alerts, a week's backfill; a night on Celery, PostgreSQL and S3, with crashes
	@.ci/install_servers
	@$(BIN)/python -m pytest -n 0 tests/scale

env: ## write .env, the secrets and settings of docker-compose.yml; DEMO=1 for the sample newsroom
	@$(ANY_PYTHON) deploy/make_env.py $(if $(DEMO),--demo)

compose-check: ## rehearse docker-compose.yml: run, crash, back up, destroy, restore, compare; needs Docker
	@$(ANY_PYTHON) -m deploy.compose_check

check: $(VENV)/.dev ## lint, types, locks and generated docs
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python -m mypy
	@$(BIN)/python -m pipeline.warehouse.dictionary --check
	@$(BIN)/python -m pipeline.clean.docs --check
	@$(BIN)/python .ci/check_locks.py

format: $(VENV)/.dev ## format the code and sort its imports
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(VENV)/.dev ## write the docs that are generated
	@$(BIN)/python -m pipeline.warehouse.dictionary
	@$(BIN)/python -m pipeline.clean.docs

bench: $(VENV)/.dev ## run the benchmarks; with EVAL=FOLDER of labelled sets, those of quality too; PEERS=PYTHON that has the others
	$(if $(EVAL),$(BENCH).cleaning --data $(EVAL)/extraction $(BESIDE))
	$(if $(EVAL),$(BENCH).dedup_quality $(EVAL)/dedup $(BESIDE))
	$(BENCH).dedup_speed $(BESIDE)
	$(BENCH).fetch $(BESIDE)
	$(BENCH).warc
	$(BENCH).load

lock: $(VENV)/.uv ## compile the locks again from pyproject.toml
	@$(BIN)/$(LOCK) --extra dev --extra postgres --extra alerts --extra build --upgrade -o requirements-dev.lock
	@$(BIN)/$(LOCK) --extra postgres --extra alerts --extra build -c requirements-dev.lock -o requirements.lock
	@$(BIN)/python .ci/extra.py spark | $(BIN)/$(subst pyproject.toml,-,$(LOCK)) -c requirements-dev.lock --upgrade -o requirements-spark.lock
	@$(BIN)/$(LOCK) --extra postgres --extra alerts --extra build --extra scale -c requirements-dev.lock -o requirements-scale.lock

clean: ## remove what was made here, but not data/
	@rm -rf $(VENV) .airflow .pytest_cache .mypy_cache .ruff_cache .hypothesis

# uv is fast and compiles bytecode; where it cannot reach an index that only pip is set up for, pip does the same work. The locks are
# whole, so pip resolves nothing: the one that comes with Python 3.11.7 (23.2.1) breaks down over lxml's extra, which has two spellings.
INSTALL = ($(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r $(1) \
	|| { echo "uv could not install it; pip does the same, in some minutes …"; $(BIN)/python -m pip install --quiet --no-deps --require-hashes -r $(1); }) \
	&& $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .

$(VENV)/.uv: requirements-uv.lock
	@test -n "$(PYTHON)" || { echo "Copydesk needs Python 3.11, 3.12 or 3.13; none is on the PATH (set PYTHON=/path/to/python)" >&2; exit 2; }
	@test -x $(BIN)/python || { echo "making $(VENV) with $(PYTHON) …"; $(PYTHON) -m venv $(VENV); }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@touch $@

# Two copies of one line go through every kernel, so that the first night, and no test, waits for their compilation.
KERNELS = printf '{"id":"%s","text":"The council decided on Tuesday that the old bridge over the river will be rebuilt."}\n' a b \
	| $(BIN)/python -m pipeline dedup - --output - >/dev/null

$(VENV)/.run: $(VENV)/.uv requirements.lock pyproject.toml
	@echo "installing what requirements.lock names …"
	@$(call INSTALL,requirements.lock)
	@echo "compiling the kernels …"
	@$(KERNELS)
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	@echo "installing what requirements-dev.lock names …"
	@$(call INSTALL,requirements-dev.lock)
	@touch $@

$(VENV)/.spark: $(VENV)/.run requirements-spark.lock
	@echo "installing what requirements-spark.lock names …"
	@$(call INSTALL,requirements-spark.lock)
	@touch $@

$(VENV)/.scale: $(VENV)/.dev requirements-scale.lock
	@echo "installing what requirements-scale.lock names …"
	@$(call INSTALL,requirements-scale.lock)
	@touch $@
