# The two that matter: `make demo` and `make test`. Each sets up all it needs in .venv.

SERVE ?= 1
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { echo $$p; break; }; done)
PIP = .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt

.PHONY: help demo test test-postgres check bench pictures clean
help:           ## show this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/'

demo: .venv/ready    ## make the sample company, train, score, print today's lists, serve the pages (SERVE=0: do not)
	.venv/bin/leadkeep demo $(if $(filter 0,$(SERVE)),--no-serve)

# Bytecode is kept whatever the environment says: the tests start hundreds of processes.
test test-postgres: export PYTHONDONTWRITEBYTECODE =
# Its processes share the cores: a process that takes all of them makes the others wait.
test test-postgres: export OMP_NUM_THREADS = 1
test test-postgres: export OPENBLAS_NUM_THREADS = 1
test: .venv/ready-dev    ## run the tests
	.venv/bin/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

test-postgres: .venv/ready-dev    ## run on PostgreSQL all tests that use the operations database
	.venv/bin/python -m pytest -n auto --dist loadfile --no-loadscope-reorder --database postgres

check: .venv/ready-dev    ## style, types, and who may import whom
	.venv/bin/ruff check --no-cache .
	.venv/bin/ruff format --no-cache --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: .venv/ready-dev    ## measure features, serving and quality beside what a user would pick instead
	.venv/bin/python -m benchmarks.features
	.venv/bin/python -m benchmarks.serving
	.venv/bin/python -m benchmarks.quality
	.venv/bin/python -m benchmarks.proof

pictures: .venv/ready-dev    ## take the pictures in docs/images anew (needs Chromium)
	.venv/bin/python -m tests.serving.pictures

clean:          ## forget the virtual environment and the demo's state
	rm -rf .venv .leadkeep sample-company

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Leadkeep needs Python 3.11, 3.12 or 3.13; none was found"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/ready: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing Leadkeep into .venv ..."
	$(PIP) -e .
	@touch $@

.venv/ready-dev: .venv/ready
	@echo "Installing what the tests need ..."
	$(PIP) -e '.[dev]'
	@touch $@
