# Everything a developer does. `make demo` and `make test` set up all they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
SOURCES := setup.py pyproject.toml $(shell find evlink -name '*.pyx' -o -name '*.pxd')

.DEFAULT_GOAL := help
.PHONY: help demo install test check format bench soak faults lock clean

help:  ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 12

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.station: requirements/station.lock $(SOURCES) | $(BIN)/python
	$(PIP) install --require-hashes -r requirements/station.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.station
	$(PIP) install --require-hashes -r requirements/dev.lock
	@touch $@

install: $(VENV)/.station  ## Virtual environment with the station in it

demo: $(VENV)/.station  ## A two-outlet station on the simulator, a car charging, the terminal open on it
	@$(BIN)/evlink demo

test: $(VENV)/.dev  ## All tests but faults and soak
	$(BIN)/python -m pytest -n 3 --dist loadfile -m 'not soak and not faults'

check: $(VENV)/.dev  ## Lint, types, import contracts, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.generate --check

format: $(VENV)/.dev  ## Format the source, write the generated files
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m tools.generate

bench: $(VENV)/.dev  ## Benchmarks, each beside its baseline
	$(BIN)/python -m pytest bench -p no:cacheprovider --benchmark-columns=min,median,ops,rounds

soak: $(VENV)/.dev  ## Long runs and fuzzing
	$(BIN)/python -m pytest -m soak --timeout 3600

faults: $(VENV)/.dev  ## Long fault benches
	$(BIN)/python -m pytest -m faults --timeout 2700

lock: $(VENV)/.dev  ## Renew the pins of both lock files
	$(BIN)/pip-compile -q --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
	  --no-emit-trusted-host --no-emit-find-links --extra build -o requirements/station.lock pyproject.toml
	$(BIN)/pip-compile -q --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
	  --no-emit-trusted-host --no-emit-find-links --extra dev -o requirements/dev.lock pyproject.toml

clean:  ## Remove what was built
	rm -rf $(VENV) build *.egg-info evlink/*.c evlink/*.so evlink/hardware/*.c evlink/hardware/*.so
