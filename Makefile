# `make repro` on a fresh machine does everything; `make help` says what else there is.
PYTHON ?= python3
JOBS ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 1)
LAB ?=
STAGE ?=
QUICK ?=
DETAILS ?=
FROM ?=
YES ?=
ROUNDS ?= 20
INPUTS ?= 2000
SEED ?= 0
NAME ?=
HINT ?=
DIR ?=
WATCH ?=
PORT ?=
HOST ?= 127.0.0.1
EXECUTOR ?=
ADDRESS ?=
PARTITION ?=
# Where pip looks for torch beside the usual index: PyTorch's own CPU builds, which leave out gigabytes of CUDA.
# `make TORCH_INDEX= ...` takes the usual index alone: the CUDA build on Linux, for a machine with a GPU.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

SHELL := /bin/bash
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Nothing that is meant for another Python of this machine reaches ours: its modules, where pip should install, or, as
# images of containers have it, to compile every module anew in every process.
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE PIP_TARGET PIP_PREFIX PIP_ROOT
export PIP_USER := 0
export PYTHONNOUSERSITE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# DVC and torch ask for the user's name, which a container may not have.
export USER ?= $(shell id -u)

# Make an environment of some files, unless it is there: it holds the path that it was made for, and the files.
OLD = import sys; v = sys.version_info; sys.exit("error: Python %d.%d found; 3.11 or newer is needed (make PYTHON=...)" % v[:2] if v < (3, 11) else 0)
environment = test -x $(1)/bin/python && { pwd -P; cat $(2); } | cmp -s - $(1)/installed || \
	{ $(PYTHON) -I -c '$(OLD)' && $(PYTHON) -I src/nnlabs/pipeline/environment.py $(1) "$(TORCH_INDEX)" $(2); }

WHERE = $(if $(EXECUTOR),--executor $(EXECUTOR)) $(if $(ADDRESS),--address $(ADDRESS)) $(if $(PARTITION),--partition $(PARTITION))
WATCHED = $(if $(WATCH),--watch $(if $(PORT),--port $(PORT)))

COVERAGE := .nnlabs/coverage.json

.DEFAULT_GOAL := help
.PHONY: help setup repro watch why quick verify verified crate weights torture exercise grade app site test bench clean

help:  ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "JOBS=n cores to use (default: all), LAB=x one lab only, PYTHON=p the interpreter for .venv"

setup:  ## make .venv and install the pinned packages
	@$(call environment,.venv,requirements.lock pyproject.toml)

repro: setup  ## get the data, train, evaluate and write the report (JOBS, LAB, WATCH=1; EXECUTOR: docs/machines.md)
	@python -m nnlabs.pipeline.schedule --jobs $(JOBS) $(if $(LAB),--lab $(LAB)) $(WATCHED) $(WHERE)

watch: setup  ## a page on 127.0.0.1 that shows what runs in this folder (PORT)
	@python -m nnlabs.pipeline.watch $(if $(PORT),--port $(PORT))

why: setup  ## what would run, and why: which knob, function, library or data (STAGE: one stage only)
	@python -m nnlabs.pipeline.why $(STAGE)

quick: setup  ## one seed of everything, cut short, in a throw-away clone; this report stays (WATCH=1)
	@python -m nnlabs.pipeline.quick --jobs $(JOBS) $(WATCHED)

verify: setup  ## run everything again in a fresh clone and compare (QUICK=1: two small variants; DETAILS=1)
	@python -m nnlabs.pipeline.verify --jobs $(JOBS) $(if $(QUICK),--quick) $(if $(DETAILS),--details)

verified: setup  ## which machines have verified what, and whether each statement fits its commit
	@python -m nnlabs.pipeline.statement

crate: setup  ## describe the run for archives: ro-crate-metadata.json, an RO-Crate (CHECK=1: and have it validated)
	@python -m nnlabs.pipeline.crate
ifdef CHECK
	@$(call environment,.venv-crate,requirements-crate.lock)
	@.venv-crate/bin/rocrate-validator validate --no-paging --profile-identifier workflow-run-crate .
endif

weights: setup  ## pack the trained weights, or take them from an archive instead of training (FROM=URL or path)
	@python -m nnlabs.pipeline.weights $(if $(FROM),--from "$(FROM)")

torture: setup  ## try to break it: kills, full disks, damaged files; nothing may be lost (ROUNDS, INPUTS, SEED)
	@python -m nnlabs.pipeline.torture --rounds $(ROUNDS) --inputs $(INPUTS) --seed $(SEED)

exercise: setup  ## begin an exercise, exercises/NAME/; without NAME, list them (YES=1: begin anew)
	@python -m nnlabs.exercises.begin $(NAME) $(if $(YES),--yes)

grade: setup  ## grade an exercise, or a folder of students' (NAME, HINT=1 to 3; DIR)
	@python -m nnlabs.exercises.grade $(NAME) $(if $(HINT),--hint $(HINT)) $(if $(DIR),--folder "$(DIR)")

app:  ## try the trained networks on pictures and digits of your own, in a browser (PORT; HOST=0.0.0.0: others, too)
	@$(call environment,.venv-app,requirements-app.lock requirements-app.lock)
	@PYTHONPATH=src .venv-app/bin/python -m nnlabs.app.page --host $(HOST) $(if $(PORT),--port $(PORT))

# warnings are errors: a link that leads nowhere, a formula that cannot be set
site:  ## the report, docs and the reference of nnlabs.scratch as a site that opens without a network
	@$(call environment,.venv-site,requirements-site.lock)
	@rm -rf .nnlabs/site
	@.venv-site/bin/python -m sphinx -q -W --keep-going -E -c docs/site -d .nnlabs/site/.doctrees . .nnlabs/site
	@rm -r .nnlabs/site/.doctrees; echo "open .nnlabs/site/index.html"

# types are a test (tests/test_types.py); a test that waits for a queue leaves its core to a third worker
test: setup  ## lint, types, tests and their coverage
	@ruff check . && ruff format --check -q .
	@OMP_NUM_THREADS=1 python -m slipcover --json --out $(COVERAGE) -m pytest -n 3 --dist loadfile --no-loadscope-reorder
	@python -m slipcover --skip-covered --fail-under 90 --merge $(COVERAGE) --out $(COVERAGE)

bench: setup  ## speed beside peers; writes benchmarks/README.md
	@$(call environment,.venv-bench,requirements.lock requirements-bench.lock)
	@$(call environment,.venv-app,requirements-app.lock requirements-app.lock)
	@python benchmarks/run.py

clean: setup  ## say what can be made again, then remove it (YES=1: without asking)
	@python -m nnlabs.pipeline.clean $(if $(YES),--yes)
