# One target a line in `make help`: the text behind "##".
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet

ENGLISH := $(addprefix tests/records/,practice_export.txt referral_packet.txt household_two_patients.txt fax_noise.txt no_titles.txt long_export.txt)

.DEFAULT_GOAL := help
.PHONY: help demo run logs stop install test coverage test-peers unit lint format bench chaos hostile faults evaluate accuracy record-llm samples layouts picture openapi requirements clean

help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Two stamps, so that a person who only wants to see the product does not wait for the test tools.
$(VENV)/.base: requirements/base.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { \
	  echo "PennieAI needs Python 3.11 with venv. Name another interpreter with: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Installing PennieAI into $(VENV) (pinned, hashes checked) ..."
	@$(PIP) install --require-hashes -r requirements/base.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.base
	@echo "Installing the development tools into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

install: $(VENV)/.dev ## Make .venv with everything pinned (product and development tools)

demo: $(VENV)/.base ## Install if needed, start everything, send a sample record through it (ONCE=1: end then)
	@$(BIN)/python -m pennie.stack demo $(if $(ONCE),--once)

run: $(VENV)/.base ## Install if needed, start everything, serve until Ctrl-C
	@$(BIN)/python -m pennie.stack run

logs: ## Show the logs of what runs, as they grow
	@$(BIN)/python -m pennie.stack logs

stop: ## End what runs in this clone
	@$(BIN)/python -m pennie.stack stop

test: $(VENV)/.dev ## Run all tests
	@$(BIN)/pytest

coverage: $(VENV)/.dev ## Run all tests and tell which lines they reach (twice the time)
	@$(BIN)/pytest --cov --cov-report=term:skip-covered

test-peers: $(VENV)/.dev ## Prove the client against stand-ins for the API that others wrote (npm and network, the first time)
	@$(BIN)/python -m tests.peers.installing
	@TEST_PEERS=1 $(BIN)/pytest -n 0 -rs tests/peers

unit: $(VENV)/.dev ## Run the unit tests alone (seconds)
	@$(BIN)/pytest tests/unit

lint: $(VENV)/.dev ## Formatting, ruff, types, import directions
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports

format: $(VENV)/.dev ## Format the code and mend what ruff can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## Measure speed, memory, tokens, jobs and calls, with their bounds (RECORD=path, ONLY="limit calls")
	@$(BIN)/python -m tests.bench $(if $(RECORD),--record $(RECORD)) $(if $(ONLY),--only $(ONLY))

chaos: $(VENV)/.dev ## Kill, pause and starve workers, queue and database (ONLY="kill pause" KILLS=20 LINES=20000 ...)
	@$(BIN)/python -m tests.chaos $(if $(ONLY),--only $(ONLY)) $(if $(KILLS),--kills $(KILLS)) \
	  $(if $(LINES),--lines $(LINES)) $(if $(OUTAGES),--outages $(OUTAGES)) $(if $(JOBS),--jobs $(JOBS)) \
	  $(if $(WAIT),--seconds $(WAIT)) $(ARGS)

hostile: $(VENV)/.dev ## Send 2,000 hostile and broken files through the API (FILES=n SEED=n FILE=n SECONDS=n)
	@HOSTILE_FILES=$(or $(FILES),2000) HOSTILE_SEED=$(or $(SEED),5) HOSTILE_FILE=$(FILE) HOSTILE_SECONDS=$(or $(SECONDS),20) \
	  $(BIN)/pytest -n 0 -s -p no:logging tests/hostile

faults: $(VENV)/.dev ## Measure accuracy against a model that errs (RECORDS="a.txt b.txt" for others)
	@$(BIN)/python -m tests.faulty_answers $(or $(RECORDS),$(ENGLISH))

evaluate: $(VENV)/.base ## Measure the rules engine on the samples (DIR=path for other records, HTML=file for a report)
	@$(BIN)/python manage.py evaluate $(or $(DIR),tests/records) --engine rules $(if $(HTML),--html $(HTML))

accuracy: $(VENV)/.dev ## Hold the floors of accuracy on all sets of records (ONLY="layouts scans" REPORT=1 UPDATE=1)
	@$(BIN)/python -m tests.accuracy $(if $(ONLY),--only $(ONLY)) $(if $(REPORT),--report) $(if $(UPDATE),--update)

record-llm: $(VENV)/.dev ## Record the model's answers for the tests (from the fake where no key is set)
	@$(BIN)/python -m tests.record_llm

samples: $(VENV)/.dev ## Rewrite the sample records, their truth and their PDFs
	@$(BIN)/python -m tests.records.build
	@$(BIN)/python -m tests.records.generator
	@$(BIN)/python -m tests.records.draw

layouts: $(VENV)/.dev ## Write labelled records of every layout (DIR=var/layouts SEED=1 COUNT=3 NOISE=0.0)
	@$(BIN)/python -m tests.records.generate --out $(or $(DIR),var/layouts) --seed $(or $(SEED),1) --records-per-layout $(or $(COUNT),3) --noise $(or $(NOISE),0.0)

picture: $(VENV)/.base ## Redraw the README's picture from real output
	@$(BIN)/python -m tests.picture

openapi: $(VENV)/.base ## Rewrite docs/openapi.yaml from the code
	@$(BIN)/python manage.py spectacular --file docs/openapi.yaml --validate --fail-on-warn

requirements: $(VENV)/.dev ## Compile requirements/*.in to pinned *.txt with hashes
	@for name in base dev prod; do $(BIN)/uv pip compile --quiet requirements/$$name.in -o requirements/$$name.txt \
	  --python-version 3.11 --universal --generate-hashes --no-strip-extras --no-emit-find-links --no-emit-index-url \
	  --custom-compile-command "make requirements" $(UPGRADE) || exit 1; done

clean: ## Remove the virtual environment and caches
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov
