# Everything a developer does, in one place. `make` lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
# Recipes see the environment's tools without activating it.
export PATH := $(CURDIR)/$(BIN):$(PATH)
.PHONY: help setup system python spark frontend messages demo test test-slow check format bench docs audit lock wheel clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

setup: system python messages frontend ## Install all that the project needs (safe to repeat)

system: ## Debian packages for browser tests, PostgreSQL tests and PDF
	@scripts/system_packages.sh

python: $(BIN)/.installed ## The Python environment in .venv, from hashed locks

$(BIN)/.installed: requirements/dev.txt pyproject.toml hatch_build.py
	@scripts/check_tools.sh $(PYTHON)
	@scripts/install_python.sh $(PYTHON)
	@touch $@

spark: $(BIN)/.spark ## Spark and a Java runtime, for its tests

$(BIN)/.spark: requirements/spark.txt $(BIN)/.installed
	@command -v java >/dev/null || scripts/system_packages.sh openjdk-17-jre-headless
	@scripts/install_python.sh $(PYTHON) spark
	@touch $@

messages: $(BIN)/.installed ## Compile the translation catalogues
	@python scripts/compile_messages.py

frontend: frontend/node_modules/.installed ## Build the pages' scripts and styles
	@cd frontend && npm run --silent build

frontend/node_modules/.installed: frontend/package.json frontend/package-lock.json
	@scripts/check_tools.sh $(PYTHON)
	cd frontend && npm ci --no-audit --no-fund --silent </dev/null
	@touch $@

demo: python messages frontend ## Set up what it needs, load sample data and serve http://127.0.0.1:8000
	servloop demo

test: setup check ## Set everything up and run the tests (first tier, under 20 minutes)
	scripts/run_tests.sh fast

test-slow: setup spark ## The second tier of tests
	scripts/run_tests.sh slow

check: python messages ## Lint, types, import contracts
	ruff check .
	ruff format --check .
	mypy
	lint-imports

format: python ## Format the code
	ruff check --fix-only --quiet .
	ruff format .

bench: setup ## Measure speed and memory (docs/en/benchmarks.md explains the figures)
	python -m benchmarks

docs: python ## Build the documentation site into site/
	zensical build --clean --strict

audit: python ## Look up known vulnerabilities; fails when the database cannot be reached
	scripts/audit.sh

lock: python ## Resolve the requirement locks again
	scripts/lock.sh

wheel: setup ## Build the wheel into dist/
	python -m build --wheel --no-isolation

clean: ## Remove what was built (not the environment)
	rm -rf dist build site src/servloop_app/web/static/dist tests/artifacts
