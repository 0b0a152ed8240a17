# Everything happens inside this checkout: .venv is made here and nothing outside is changed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test check clean

$(VENV)/.pip:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "dikast needs Python 3.11 or newer; set PYTHON=/path/to/it")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install 'pip>=25.1'
	touch $@

$(VENV)/.installed: pyproject.toml constraints.txt $(VENV)/.pip
	$(PIP) install -c constraints.txt -e .
	touch $@

$(VENV)/.test: $(VENV)/.installed
	$(PIP) install -c constraints.txt --group test
	touch $@

$(VENV)/.check: $(VENV)/.test
	$(PIP) install -c constraints.txt --group check
	touch $@

demo: $(VENV)/.installed
	$(BIN)/dikast judge examples/cases.jsonl --panel examples/panel.toml

test: $(VENV)/.test
	$(BIN)/python -m pytest -n auto

check: $(VENV)/.check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
