# `make repro` on a fresh machine does everything; `make help` says what else there is.
PYTHON ?= python3
JOBS ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 1)
LAB ?=
STAGE ?=
QUICK ?=
DETAILS ?=
YES ?=
ROUNDS ?= 20
INPUTS ?= 2000
SEED ?= 0
# Where pip looks for torch beside the usual index: PyTorch's own CPU builds, which leave out gigabytes of CUDA.
# `make TORCH_INDEX= ...` takes the usual index alone: the CUDA build on Linux, for a machine with a GPU.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

BIN := .venv/bin
SHELL := /bin/bash
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
.DEFAULT_GOAL := help
.PHONY: help setup repro why quick verify torture test bench clean

help:  ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "JOBS=n cores to use (default: all), LAB=x one lab only, PYTHON=p the interpreter for .venv"

setup: .venv/installed  ## make .venv and install the pinned packages

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(f"error: Python {v[0]}.{v[1]} found; 3.11 or newer is needed (make PYTHON=...)" if v < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing the packages of requirements.lock into .venv"
	@$(BIN)/python -m pip install -q --no-compile $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX) --retries 1) $$(grep -E '^torch(vision)?==' requirements.lock) 2> .venv/pip.log || { cat .venv/pip.log >&2; exit 1; }
	@$(BIN)/python -m pip install -q --no-compile -r requirements.lock 2> .venv/pip.log || { cat .venv/pip.log >&2; exit 1; }
	@$(BIN)/python -m pip install -q --no-compile --no-deps --no-build-isolation -e . 2> .venv/pip.log || { cat .venv/pip.log >&2; exit 1; }
	@$(BIN)/python -m compileall -q -j 0 $(CURDIR)/.venv/lib > .venv/pip.log 2>&1 || true  # all cores; pip takes one
	@touch $@

repro: setup  ## get the data, train, evaluate and write the report (JOBS, LAB)
	@python -m nnlabs.pipeline.schedule --jobs $(JOBS) $(if $(LAB),--lab $(LAB))

why: setup  ## what would run, and why: which knob, function, library or data (STAGE: one stage only)
	@python -m nnlabs.pipeline.why $(STAGE)

quick: setup  ## one seed of everything, half as long, in a throw-away clone; this report stays
	@python -m nnlabs.pipeline.quick --jobs $(JOBS)

verify: setup  ## run everything again in a fresh clone and compare (QUICK=1: two small variants; DETAILS=1)
	@python -m nnlabs.pipeline.verify --jobs $(JOBS) $(if $(QUICK),--quick) $(if $(DETAILS),--details)

torture: setup  ## try to break it: kills, full disks, damaged files; nothing may be lost (ROUNDS, INPUTS, SEED)
	@python -m nnlabs.pipeline.torture --rounds $(ROUNDS) --inputs $(INPUTS) --seed $(SEED)

# a test that waits for a queue leaves its core to a third worker
test: setup  ## lint, types, tests and their coverage
	@ruff check . && ruff format --check -q . && mypy
	@OMP_NUM_THREADS=1 python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --cov=nnlabs --cov-report=term --cov-fail-under=90

bench: setup .venv-bench/installed  ## speed beside peers; writes benchmarks/README.md
	@python benchmarks/run.py

.venv-bench/installed: requirements.lock requirements-bench.lock
	@$(PYTHON) -m venv .venv-bench
	@echo "installing the packages of requirements-bench.lock into .venv-bench"
	@.venv-bench/bin/python -m pip install -q $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX) --retries 1) $$(grep -E '^torch(vision)?==' requirements.lock) 2> .venv-bench/pip.log || { cat .venv-bench/pip.log >&2; exit 1; }
	@.venv-bench/bin/python -m pip install -q -r requirements-bench.lock 2> .venv-bench/pip.log || { cat .venv-bench/pip.log >&2; exit 1; }
	@touch $@

clean: setup  ## say what can be made again, then remove it (YES=1: without asking)
	@python -m nnlabs.pipeline.clean $(if $(YES),--yes)
