# Everything a developer does. `make demo` and `make test` set up all they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
SOURCES := setup.py pyproject.toml $(shell find evlink -name '*.pyx' -o -name '*.px[di]' -o -name '*.h')

.DEFAULT_GOAL := help
.PHONY: help demo install test tck check format bench snapshots screens sanitize soak faults deb lock clean

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

test: $(VENV)/.dev  ## All tests but faults, soak and tck
	$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder -m 'not soak and not faults and not tck'

tck: $(VENV)/.dev  ## Station-side test cases of OCPP by number, with the table of verdicts
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m tck tests/tck

check: $(VENV)/.dev  ## Lint, types, import contracts, gates, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.gates
	$(BIN)/python -m tools.generate --check

format: $(VENV)/.dev  ## Format the source, write the generated files
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m tools.generate

bench: $(VENV)/.dev  ## Benchmarks, each beside its baseline
	$(BIN)/python -m pytest bench -p no:cacheprovider --benchmark-columns=min,median,ops,rounds

snapshots: $(VENV)/.dev  ## Write tests/tui/snapshots/ anew, to be read before they are kept
	SNAPSHOTS=write $(BIN)/python -m pytest -q -n 2 tests/tui/test_snapshots.py

screens: $(VENV)/.dev  ## Take the pictures of docs/screens/ anew
	$(BIN)/python -m tools.screens

# The core built with gcc's sanitizers and block tracing, beside the ordinary build; its portable forms (EVL_PORTABLE).
SANITIZED := build/sanitize
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=all
SANITIZED_RUN = LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so) \
  $(CURDIR)/$(SANITIZED)/trace.so" ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 PYTHONPATH=$(SANITIZED)/lib

$(SANITIZED)/.built: $(VENV)/.dev $(SOURCES) tests/unit/core_fuzz.c
	CFLAGS="$(SANITIZERS) -fsanitize-coverage=trace-pc -fno-omit-frame-pointer -g -DEVL_PORTABLE" \
	  LDFLAGS="$(SANITIZERS)" $(BIN)/python setup.py -q build_py --build-lib $(SANITIZED)/lib \
	  build_ext --build-lib $(SANITIZED)/lib --build-temp $(SANITIZED)/temp
	gcc -O2 -shared -fPIC -o $(SANITIZED)/trace.so tests/unit/core_fuzz.c
	@touch $@

sanitize: $(SANITIZED)/.built  ## The core's tests on a build with address and undefined-behaviour sanitizers
	$(SANITIZED_RUN) $(BIN)/python -P -c "import evlink._core as c; assert '$(SANITIZED)' in c.__file__, c.__file__"
	$(SANITIZED_RUN) $(BIN)/pytest -q -p no:cacheprovider --import-mode=append -m 'not soak and not faults' \
	  tests/unit/test_core_*.py tests/scenario/test_control_loop.py

soak: $(VENV)/.dev $(SANITIZED)/.built  ## Long runs and fuzzing
	$(BIN)/python -m pytest -m soak --timeout 3600

faults: $(VENV)/.dev  ## Long fault benches
	$(BIN)/python -m pytest -m faults --timeout 2700

deb: $(VENV)/.dev  ## The Debian package, in build/deb
	rm -rf build/deb/wheels
	$(BIN)/pip wheel -q --no-deps --no-build-isolation -w build/deb/wheels .
	$(BIN)/pip wheel -q --no-deps --require-hashes -r requirements/station.lock -w build/deb/wheels
	$(BIN)/python -m tools.deb --wheels build/deb/wheels --out build/deb

lock: $(VENV)/.dev  ## Renew the pins of both lock files
	$(BIN)/pip-compile -q --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
	  --no-emit-trusted-host --no-emit-find-links --extra build -o requirements/station.lock pyproject.toml
	$(BIN)/pip-compile -q --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
	  --no-emit-trusted-host --no-emit-find-links --extra dev -o requirements/dev.lock pyproject.toml

clean:  ## Remove what was built
	rm -rf $(VENV) build *.egg-info evlink/*.c evlink/*.so evlink/hardware/*.c evlink/hardware/*.so
