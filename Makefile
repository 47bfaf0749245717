# Everything a person does with Escale. `make` alone says what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COMPILE := $(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options
# Two workers suit two cores; more cores may help themselves.
WORKERS ?= auto

.PHONY: help demo serve test lint format bench bars lock reference openapi translations clean
.DEFAULT_GOAL := help

help:  ## Say what there is
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: $(VENV)/.runtime  ## Build a national inventory, match one night, leave the site running
	$(BIN)/escale demo $(ARGS)

serve: $(VENV)/.runtime  ## Serve the database named by ESCALE_DATABASE_URL
	$(BIN)/escale serve $(ARGS)

test: $(VENV)/.dev  ## Run all tests (PostgreSQL's are skipped, and said so, where no server answers)
	$(BIN)/pytest -n $(WORKERS) $(ARGS)

lint: $(VENV)/.dev  ## Style, types, import rules, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/djlint --check --lint --quiet api/web/templates

format: $(VENV)/.dev  ## Put the code in its format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev  ## Measure; see bench/README.md
	$(BIN)/python -m bench $(ARGS)

bars: $(VENV)/.dev  ## Run the bars of docs/reliability.md whole, on both engines, and write their figures
	$(BIN)/python -m tests.reliability.bars $(ARGS)

lock: $(VENV)/.dev  ## Compile the pinned requirements again
	$(COMPILE) --extra build --output-file requirements/runtime.txt pyproject.toml
	$(COMPILE) --extra build --extra dev --output-file requirements/dev.txt pyproject.toml

reference: $(VENV)/.dev  ## Build the reference data again from the registries
	$(BIN)/python -m data.reference.build

openapi: $(VENV)/.dev  ## Write the OpenAPI document again
	$(BIN)/escale openapi

translations: $(VENV)/.dev  ## Read the pages' words anew into the English catalogue, and compile it
	$(BIN)/pybabel -q extract -F api/web/translations/babel.cfg -k _l --no-location --omit-header --sort-output -o var/messages.pot .
	$(BIN)/pybabel -q update --no-fuzzy-matching --ignore-pot-creation-date --omit-header -l en -i var/messages.pot -d api/web/translations
	$(BIN)/pybabel -q compile -d api/web/translations

clean:  ## Remove what the other targets made
	rm -rf $(VENV) var build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@ $(VENV)/.runtime
