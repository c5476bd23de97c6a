# make demo: install and train the first recipe · make test: install and run all checks · make help: the rest

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
VENV ?= .venv
BIN := $(VENV)/bin
FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	if $$p -c '$(FITS)' 2>/dev/null; then command -v $$p; break; fi; done)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: help demo test lint quick bench browser postgres clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

demo: $(VENV)/.demo ## install, train recipes/digits-shift.yaml, print the verdict and the line that opens MLflow
	$(BIN)/dlx train digits-shift
	@echo "For the commands above: source $(BIN)/activate"

test: $(VENV)/.test browser postgres ## install what tests need, then style, layers and tests
	$(BIN)/ruff check dlx tests
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest

lint: $(VENV)/.test ## style, format and layers
	$(BIN)/ruff check dlx tests
	$(BIN)/ruff format --check dlx tests
	$(BIN)/lint-imports --no-cache

quick: $(VENV)/.test ## the tests that fit no model
	$(BIN)/python -m pytest -m "not tf and not slow"

bench: $(VENV)/.test ## benchmarks: ratios from one run, side by side
	for file in tests/benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python $$file; done

# tests that look at pages in a browser skip themselves where there is none
browser:
	@if ! command -v chromedriver >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		(timeout 120 apt-get update && timeout 300 apt-get install --yes --no-install-recommends \
			chromium chromium-driver) >/dev/null 2>&1 || echo "No browser could be installed: its tests are skipped."; \
	fi

# the copy in MLflow is tested on a real PostgreSQL; these tests skip themselves where there is none
postgres:
	@if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		(timeout 120 apt-get update && timeout 300 apt-get install --yes --no-install-recommends postgresql) \
			>/dev/null 2>&1 || echo "PostgreSQL could not be installed: its tests are skipped."; \
	fi

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "dlx needs Python 3.11, 3.12 or 3.13 with venv (Debian: apt install python3-venv)." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing dlx into $(VENV) (TensorFlow is large: some minutes the first time) ..."
	$(INSTALL) --editable '.[examples]'
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing dlx and what its tests need into $(VENV) ..."
	$(INSTALL) --editable '.[test]'
	@touch $@ $(VENV)/.demo
