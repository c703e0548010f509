# Each target makes its own .venv from the lock when that has changed; nothing is installed outside it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
# one thread for each process of linear algebra: the tests already run in parallel
export OPENBLAS_NUM_THREADS ?= 1
# the theme's notice about a later MkDocs, which is not the one in the lock
export NO_MKDOCS_2_WARNING ?= true

.PHONY: help exam test check lint types layers docs bench lock licences clean distclean environment

help:
	@echo "make exam    build the exam, its solutions and figures into output/"
	@echo "make test    run the tests"
	@echo "make check   lint, types, layers, docs"
	@echo "make bench   run the benchmarks beside their peers"
	@echo "make docs    build the site into site/"
	@echo "make lock    resolve the dependencies again"
	@echo "make clean   remove what was built;  make distclean: .venv too"

environment:
	@$(PYTHON) scripts/bootstrap.py --venv $(VENV)

exam: environment
	@$(BIN)/symderiv build eecs182_fa22

test: environment
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(TESTS)

check: lint types layers docs

lint: environment
	@$(BIN)/ruff check .
	@$(BIN)/python scripts/licences.py --check

types: environment
	@$(BIN)/mypy

layers: environment
	@$(BIN)/python -m pytest -q tests/test_layers.py tests/test_public_names.py

docs: environment
	@if [ -f mkdocs.yml ]; then $(BIN)/mkdocs build --strict --quiet; fi

bench: environment
	@$(PYTHON) scripts/bootstrap.py --venv $(VENV) --lock requirements-bench.lock
	@$(BIN)/python -m benchmarks

lock: environment
	@$(BIN)/python scripts/relock.py

licences: environment
	@$(BIN)/python scripts/licences.py

clean:
	@rm -rf site build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find output -mindepth 1 ! -name .gitkeep -delete
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean
	@rm -rf $(VENV)
