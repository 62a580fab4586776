# One door for people and for CI. `make help` lists the rest.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
HOST   ?= 127.0.0.1
PORT   ?= 8000

.DEFAULT_GOAL := help
# Compiled once: the tests start the program some hundred times.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help run test lint suite bench lock clean

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(STAMP): requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

run: $(STAMP)  ## install and serve: your interlock.yaml if there is one, else an example portfolio
	@if [ -f interlock.yaml ]; then exec $(BIN)/interlock serve --host $(HOST) --port $(PORT); \
	 else exec $(BIN)/interlock demo --host $(HOST) --port $(PORT); fi

test: $(STAMP)  ## everything that must pass: format, lint, types, import contracts, tests on both databases
	@$(MAKE) --no-print-directory --jobs=2 lint suite

# Three on two cores: tests wait, too. In the order of their names: else the files of few tests, which are the long ones, would come last.
suite: $(STAMP)
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(STAMP)  ## measure against peers and floors, as docs/performance.md explains
	$(BIN)/python -m tests.bench

lock:  ## resolve the dependency tree again (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements.lock
	uv pip compile pyproject.toml --universal --python-version 3.11 --extra test -c requirements.lock --generate-hashes --no-emit-index-url --no-header -o requirements-dev.lock

clean:  ## remove the environment and the caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
