# Everything happens inside this checkout: .venv is made here and nothing outside is changed.
PYTHON ?= python3
VENV := .venv
ORACLES := .venv-oracles
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test check build-check interop oracles clean

$(VENV)/.pip:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "dikast needs Python 3.11 or newer; set PYTHON=/path/to/it")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install 'pip>=25.1'
	touch $@

$(VENV)/.installed: pyproject.toml constraints.txt $(VENV)/.pip
	$(PIP) install -c constraints.txt -e .
	touch $@

$(VENV)/.test: $(VENV)/.installed
	$(PIP) install -c constraints.txt --group test --group oracles
	touch $@

$(VENV)/.check: $(VENV)/.test
	$(PIP) install -c constraints.txt --group check
	touch $@

demo: $(VENV)/.installed
	rm -f demo.dikast
	$(BIN)/dikast judge examples/cases.jsonl --panel examples/panel.toml --out demo.dikast || test $$? -eq 1
	@echo
	@echo "One hearing in full (any other: $(BIN)/dikast show demo.dikast --case ID):"
	@$(BIN)/dikast show demo.dikast --case bridge-year

# A test that hangs fails under its own name, with every thread's stack, instead of the whole run.
test: $(VENV)/.test
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal --timeout 300

check: $(VENV)/.check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python .ci/types.py

build-check: $(VENV)/.check
	$(BIN)/python .ci/build.py

# Crowd models and prediction-powered inference of others: heavy, hence apart.
$(ORACLES)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(ORACLES)
	$(ORACLES)/bin/python -m pip --disable-pip-version-check --quiet install 'pip>=25.1'
	$(ORACLES)/bin/python -m pip --disable-pip-version-check --quiet install -c constraints.txt \
	  -e . --group test --group oracles --group heavy-oracles
	touch $@

oracles: $(ORACLES)/.installed
	OPENBLAS_NUM_THREADS=1 $(ORACLES)/bin/python -m pytest $$(grep -lE 'oracles|crowdkit|ppi_py' tests/test_*.py)

# Every plug against the real tool, in an environment each; some: make interop TOOLS="ragas deepeval"
interop:
	$(PYTHON) .ci/interop.py $(TOOLS)

clean:
	rm -rf $(VENV) $(ORACLES) .venv-interop-* build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
