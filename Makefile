# Each target sets up what it needs; a second call finds it done. Any Python 3.8 or newer starts it.
PYTHON := $(shell for p in python3 python python3.11 python3.12 python3.13 py; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1 && echo $$p && break; done)
ifeq ($(OS),Windows_NT)
ENGINE := .venv/Scripts/python.exe
else
ENGINE := .venv/bin/python
endif
SHARED := $(or $(STYLIZE_SHARED),../shared)
CASES ?= $(SHARED)/parity/open
REAL ?= build/real_blender

.PHONY: setup update engine blender demo test bench extension parity lint test-unit test-blender test-wheels test-faults test-cpus mutants clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    make test    make bench    make extension    make parity CASES=DIR"
	@echo "make setup   make lint    make test-blender    make test-faults    make test-cpus    make mutants"
	@echo "make update  renews the exact versions in requirements/ and says what changed (UPDATE=--keep: no more than needed)"

engine:
	@test -n "$(PYTHON)" || { echo "Stylize needs Python 3.11 or newer: https://www.python.org/downloads/"; exit 1; }
	@$(PYTHON) tools/setup_env.py engine

blender: engine
	@$(PYTHON) tools/setup_env.py blender

setup: engine blender

update: engine
	@$(ENGINE) tools/update_locks.py $(UPDATE)

demo: engine
	@$(PYTHON) tools/setup_env.py blender 4.5
	@$(ENGINE) tools/demo.py

test: setup test-unit test-wheels

test-unit: export OMP_NUM_THREADS = 1
test-unit: engine
	$(ENGINE) -m pytest -q -n logical --dist loadfile tests --ignore=tests/blender

test-wheels: blender extension
	$(ENGINE) tools/test_wheels.py

test-blender: test-wheels
	$(ENGINE) tools/real_blender_test.py $(REAL)
	$(ENGINE) tools/real_blender_traps.py $(REAL)

test-faults: export STYLIZE_FUZZ = 20000
test-faults: engine
	$(ENGINE) -m pytest -q tests -m fault --ignore=tests/blender

mutants: engine
	@$(ENGINE) tools/mutants.py $(MUTANTS)

test-cpus: engine
	$(ENGINE) tools/test_cpus.py --cases "$(CASES)"

bench: engine
	@$(ENGINE) -m core.bench $(BENCH)

parity: engine
	$(ENGINE) -m core parity "$(CASES)"

extension: engine
	@$(PYTHON) tools/setup_env.py blender 4.5
	$(ENGINE) tools/build_extension.py

lint: engine
	$(ENGINE) -m ruff format --check .
	$(ENGINE) -m ruff check .
	$(ENGINE) -m basedpyright

clean:
	rm -rf dist .pytest_cache .ruff_cache
