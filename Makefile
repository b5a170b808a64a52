# Works with GNU make and Python 3.11+; everything is installed into .venv.
# What installs and what the demo prints is not echoed, so that `make demo DEMO_ARGS="--once --json"` prints JSON alone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
endif
DEMO_ARGS ?=
PYTEST_ARGS ?=

.PHONY: demo test check test-browser soak mutations bench bench-search bench-memory docs lock clean

demo: $(VENV)/.installed
	@$(BIN)/landmark demo $(DEMO_ARGS)

test: $(VENV)/.test
	$(BIN)/python -m pytest -n 2 -m "not browser and not soak" $(PYTEST_ARGS)

check: $(VENV)/.check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/yamllint --strict config harvester/sample
	$(BIN)/python -m tests.docs --check
	$(BIN)/python -m tests.migrations_agree

test-browser: $(VENV)/.browser
	$(BIN)/python -m pytest -m browser $(PYTEST_ARGS)

soak: $(VENV)/.test
	$(BIN)/python -m pytest -m soak -s $(PYTEST_ARGS)

mutations: $(VENV)/.test
	$(BIN)/python -m tests.mutations

bench: $(VENV)/.test
	$(BIN)/python -m tests.bench

bench-search: $(VENV)/.test
	$(BIN)/python -m tests.bench.scale

bench-memory: $(VENV)/.test
	$(BIN)/python -m tests.bench.memory

docs: $(VENV)/.check
	$(BIN)/python -m tests.docs

lock: $(VENV)/.check
	$(BIN)/python -m tests.lock

clean:
	$(PYTHON) -c "import shutil; [shutil.rmtree(p, True) for p in ('$(VENV)', 'var', '.mypy_cache', '.ruff_cache', '.pytest_cache')]"

$(VENV)/.installed: requirements/run.txt pyproject.toml
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -c "open('$@', 'w').close()"

$(VENV)/.test: $(VENV)/.installed requirements/test.txt
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/test.txt
	@$(BIN)/python -c "open('$@', 'w').close()"

$(VENV)/.check: $(VENV)/.test requirements/check.txt
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/check.txt
	@$(BIN)/python -c "open('$@', 'w').close()"

$(VENV)/.browser: $(VENV)/.test requirements/browser.txt
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/browser.txt
	@$(BIN)/python -c "open('$@', 'w').close()"
