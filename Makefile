# Countersign: `make up` starts it, `make test` tests it. Both do all their own set-up.

SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --require-hashes --disable-pip-version-check --no-input --prefer-binary
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header \
	--no-annotate --no-emit-index-url --no-emit-find-links --quiet --extra embedded --extra demo

# The first interpreter that is new enough.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)

.PHONY: help up test lint format lock clean

help:
	@echo "make up      start Countersign: address and sign-ins are printed (PORT, VAR_DIR)"
	@echo "make test    the whole suite (ARGS='tests/audit -x' for a part)"
	@echo "make lint    style, types, import contracts"
	@echo "make lock    pin the requirements anew (needs uv)"
	@echo "make clean   remove .venv; var/ with the data stays"

up: $(VENV)/installed-up
	@exec $(PY) manage.py up

test: $(VENV)/installed-test
	@$(PY) -m pytest $(ARGS)
	@echo "Next: make up, or make lint"

lint: $(VENV)/installed-lint
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

format: $(VENV)/installed-lint
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

lock:
	$(LOCK) --output-file requirements/up.txt
	$(LOCK) --extra tsa --constraint requirements/up.txt --output-file requirements/tsa.txt
	$(LOCK) --extra tsa --group test --constraint requirements/tsa.txt --output-file requirements/test.txt
	$(LOCK) --extra tsa --group test --group lint --constraint requirements/test.txt --output-file requirements/lint.txt

clean:
	rm -rf $(VENV)

$(VENV)/installed-%: requirements/%.txt | $(VENV)/bin/python
	@echo "Installing the packages of $<; the first time this takes a minute or two."
	@$(PIP) --requirement $<
	@$(PY) -m compileall -q audit config governance registry reviews
	@touch $@

# Debian splits ensurepip off into python3-venv: install that where we may, else say so.
$(VENV)/bin/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or later is needed. On Debian: apt-get install python3 python3-venv" >&2; exit 1; fi
	@if ! $(PYTHON) -c 'import ensurepip' 2>/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing python3-venv, which this Python lacks."; \
			apt-get update -qq && apt-get install -y -qq python3-venv; \
		else \
			echo "This Python cannot make virtual environments. On Debian: sudo apt-get install python3-venv" >&2; \
			exit 1; fi; fi
	@echo "Making $(VENV) with $$($(PYTHON) --version)."
	@$(PYTHON) -m venv $(VENV)
