# Two commands suffice: `make run` to try it, `make test` to prove it. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
TOOLS := .tools/bin
UV := $(TOOLS)/uv
PYTHON ?= python3
SERVICE := .venv/bin/python
ENGINE := .venv-engine/bin/python
PORT ?= 8080
ENGINE_PORT ?= 5005
DESK_PORT ?= 8090
STATE ?= var
DIALOGUES ?= ../shared/eval/dialogues.yml
DATA ?= ../shared/eval/messages.jsonl
export RASA_TELEMETRY_ENABLED := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup setup-test run train test test-service test-engine test-e2e check format eval eval-dialogues bench load chaos lock clean

help: ## Lists the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

$(UV): requirements/tools.txt
	@echo "==> fetching the installer (uv)"
	@bash scripts/check-python.sh $(PYTHON)
	@$(PYTHON) -m venv .tools
	@$(TOOLS)/python -m pip install -q --require-hashes -r requirements/tools.txt
	@touch $@

.venv/.service: $(UV) requirements/service.txt pyproject.toml
	@echo "==> installing the service (Python 3.11 or newer)"
	@[ -x $(SERVICE) ] || $(UV) venv -q --python $(PYTHON) .venv
	@$(UV) pip install -q --require-hashes --python $(SERVICE) -r requirements/service.txt
	@$(UV) pip install -q --no-deps --python $(SERVICE) -e .
	@touch $@

.venv/.dev: .venv/.service requirements/dev.txt
	@echo "==> installing what the tests need"
	@$(UV) pip install -q --require-hashes --python $(SERVICE) -r requirements/dev.txt
	@touch $@

.venv-engine/.engine: $(UV) requirements/engine.txt
	@echo "==> installing the engine (Rasa 3.6.21 on Python 3.10; about 2.6 GB, a few minutes on a slow line)"
	@bash scripts/engine-env.sh $(UV)
	@touch $@

.venv-engine/.dev: .venv-engine/.engine requirements/engine-dev.txt
	@$(UV) pip install -q --require-hashes --python $(ENGINE) -r requirements/engine-dev.txt
	@touch $@

setup: .venv/.service .venv-engine/.engine ## Builds both environments

web/node_modules/.done: web/package-lock.json
	@bash scripts/web.sh
	@touch $@

setup-test: setup .venv/.dev .venv-engine/.dev web/node_modules/.done ## Builds what the tests need beside them
	@bash scripts/browser.sh

MODEL_SOURCES := $(shell find nlu language data cities/*/examples cities/*/places.csv cities/*/aliases.yml cities/*/services.yml cities/*/city.yml config.yml domain.yml -type f -not -name '*.pyc')

models/registry.json: .venv-engine/.engine $(MODEL_SOURCES)
	@echo "==> training the model (up to 5 minutes)"
	@$(ENGINE) -m nlu.train
	@touch $@

train: models/registry.json ## Trains and registers a model if anything it learns from has changed

run: setup train ## Builds what is missing and starts everything on loopback
	@exec .venv/bin/yizhan up --data $(STATE) --port $(PORT) --engine-port $(ENGINE_PORT) --desk-port $(DESK_PORT)

check: .venv/.dev ## Format, lint, types, arrows, guards
	@$(SERVICE) -m ruff format --check -q .
	@$(SERVICE) -m ruff check -q .
	@$(SERVICE) -m mypy
	@.venv/bin/lint-imports --no-cache 2>&1 | tail -n 30
	@$(SERVICE) -m pytest tests/guards -q

format: .venv/.dev ## Formats the code
	@$(SERVICE) -m ruff check -q --fix . || true
	@$(SERVICE) -m ruff format -q .

test: setup-test check test-engine test-service test-e2e ## Everything: from a fresh checkout to a delivered ticket

test-service: .venv/.dev
	@$(SERVICE) -m pytest tests --ignore=tests/nlu --ignore=tests/guards --ignore=tests/e2e

test-engine: .venv-engine/.dev
	@$(ENGINE) -m pytest tests/nlu tests/language -c tests/nlu/pytest.ini --rootdir=.

test-e2e: setup-test train
	@$(SERVICE) -m pytest tests/e2e

eval: setup train ## Scores the model on a labelled file: make eval DATA=path
	@.venv/bin/yizhan eval $(DATA)

eval-dialogues: setup-test train ## Plays the scripted residents: make eval-dialogues DIALOGUES=path
	@$(SERVICE) -m bench.dialogues $(DIALOGUES)

bench: setup-test train ## Figures beside stock Rasa, written to docs/benchmarks.md: make bench DATA=file
	@$(SERVICE) -m bench $(DATA)

load: setup-test train ## 200 residents for two minutes: nothing lost, order kept, times, memory
	@$(SERVICE) -m bench.load

chaos: .venv/.dev ## 10,000 deliveries with every fault and killed workers, written to docs/benchmarks-delivery.md
	@$(SERVICE) -m bench.delivery

lock: $(UV) ## Resolves the requirements again, with hashes and without addresses
	@bash scripts/lock.sh $(UV)

clean: ## Removes the environments and all state
	rm -rf .venv .venv-engine .tools models var
