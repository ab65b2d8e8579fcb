# What a developer and CI call. A fresh machine needs Python >= 3.11 and make; everything else is installed here,
# from locks with hashes, and only again when a lock changes.

MAKEFLAGS += --no-builtin-rules --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# The SAM CLI pins what the project needs newer, so it has a virtual environment of its own, made by the targets that
# call it. It speaks to no AWS account here, but wants a region, and uv on the path for the layer.
SAM_VENV := .tools/sam
SAM_INSTALLED := $(SAM_VENV)/.installed
SAM := PATH="$(CURDIR)/$(BIN):$$PATH" AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-ap-southeast-3} SAM_CLI_TELEMETRY=0 \
  $(SAM_VENV)/bin/sam

.PHONY: help setup demo up test test-pythons lint format openapi bench evidence evidence-mutants evidence-stack fuzz build deploy lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(INSTALLED) ## .venv with .venv/bin/orderbridge

demo: setup ## one signed order through the whole local stack, which is started for it and stopped again
	@$(BIN)/orderbridge demo --own-stack

up: setup ## the local stack in the foreground, until Ctrl-C
	@exec $(BIN)/orderbridge local up

test: setup $(SAM_INSTALLED) ## the whole test suite
	$(BIN)/pytest -n auto --dist loadfile -m "not e2e"
	$(BIN)/pytest -n 2 --dist loadfile -m e2e
	@$(BIN)/python -m tests.pythons --say

test-pythons: setup $(SAM_INSTALLED) ## all but end to end on Lambda's own Python 3.13, and on 3.14, where this machine has them
	@$(BIN)/python -m tests.pythons $(TESTS)

lint: setup $(SAM_INSTALLED) ## ruff, mypy, import rules, cfn-lint, sam validate
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/cfn-lint
	$(SAM) validate

format: setup ## the code as ruff wants it
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

openapi: setup ## what is generated anew: /openapi.json, /docs, docs/openapi.json, partner guide's errors, platforms' endpoints
	$(BIN)/python -m orderbridge_cli.openapi
	$(BIN)/python -m orderbridge_cli.catalogue.error_catalogue > docs/partner-guide/errors.md.new
	mv docs/partner-guide/errors.md.new docs/partner-guide/errors.md
	$(BIN)/python -m orderbridge_cli.catalogue > docs/platforms/endpoints.md.new
	mv docs/platforms/endpoints.md.new docs/platforms/endpoints.md

bench: setup ## the benchmarks, as ratios and counts; each figure as soon as it is known
	@$(BIN)/python -m benchmarks

evidence: setup ## the proof under faults, at most 10 minutes on two cores, into docs/evidence.md; 1 on a lost or doubled order
	@$(BIN)/python -m evidence --write

evidence-mutants: setup ## the proof tests itself: safeguards taken away one at a time; some minutes, into docs/evidence.md
	@$(BIN)/python -m evidence.mutants --write

evidence-stack: setup ## 500 orders on the local stack among kills and restarts, and a load run; minutes, into docs/evidence.md
	@$(BIN)/python -m evidence.stack --write

fuzz: setup ## every parser of what platforms, partners and operators write, for FUZZ_SECONDS (default 120), counts printed
	@$(BIN)/python -m tests.fuzz

build: setup $(SAM_INSTALLED) ## what is deployed, into .aws-sam/build, for ARCHITECTURE=arm64 (default) or x86_64
	ARCHITECTURE=$(or $(ARCHITECTURE),arm64) $(SAM) build --parameter-overrides Architecture=$(or $(ARCHITECTURE),arm64)

# The architecture of an environment is the one it is deployed with: what is built for another would not start there.
deploy: setup $(SAM_INSTALLED) ## build and deploy with an environment's settings in samconfig.toml: ENV=dev, staging or prod
	@case "$(ENV)" in dev|staging|prod) ;; *) echo "Say which environment: make deploy ENV=dev, staging or prod." >&2; exit 2 ;; esac
	@$(MAKE) build ARCHITECTURE=$$($(BIN)/python -m orderbridge_cli.environments $(ENV) Architecture)
	$(SAM) deploy --config-env $(ENV)

clean: ## away with all that was installed or built here
	rm -rf $(VENV) .tools .aws-sam .local .mypy_cache .pytest_cache .ruff_cache .hypothesis

# --- Installation ----------------------------------------------------------------------------------------------------

# The first Python from 3.11 to 3.13 that can make a virtual environment, else a newer one. PYTHON=... names another.
FIND_PYTHON = for below in 14 99; do \
  for candidate in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python); do \
    "$$candidate" -c "import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, $$below))" \
      2>/dev/null && echo "$$candidate" && exit; \
  done; done; \
  echo "Orderbridge needs Python 3.11 or newer, with its venv module." >&2; exit 1

PIP := -m pip --quiet --disable-pip-version-check

$(BIN)/uv: requirements/bootstrap.txt
	@test -x $(BIN)/python || { python=$$($(FIND_PYTHON)) && "$$python" -m venv $(VENV); }
	@$(BIN)/python $(PIP) install --require-hashes -r requirements/bootstrap.txt
	@touch $@

# uv is quick; pip also knows a mirror that only its own configuration names.
$(INSTALLED): $(BIN)/uv requirements/dev.txt pyproject.toml
	@echo "Installing into $(VENV) ..." >&2
	@$(BIN)/uv pip install --python $(BIN)/python --quiet --exact --require-hashes -r requirements/dev.txt \
	  || $(BIN)/python $(PIP) install --require-hashes -r requirements/dev.txt
	@$(BIN)/python $(PIP) install --no-index --no-deps --no-build-isolation --editable .
	@touch $@

$(SAM_INSTALLED): requirements/sam.txt | $(INSTALLED)
	@echo "Installing the SAM CLI into $(SAM_VENV) ..." >&2
	@test -x $(SAM_VENV)/bin/python || $(BIN)/python -m venv $(SAM_VENV)
	@$(BIN)/uv pip install --python $(SAM_VENV)/bin/python --quiet --exact --require-hashes -r requirements/sam.txt \
	  || $(SAM_VENV)/bin/python $(PIP) install --require-hashes -r requirements/sam.txt
	@touch $@

# --- Locks -----------------------------------------------------------------------------------------------------------

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-emit-find-links --custom-compile-command "make lock"

lock: setup ## the locks anew from the *.in files (UPGRADE=--upgrade: with the newest versions)
	$(COMPILE) $(UPGRADE) requirements/bootstrap.in -o requirements/bootstrap.txt
	$(COMPILE) $(UPGRADE) requirements/dev.in -o requirements/dev.txt
	$(COMPILE) $(UPGRADE) requirements/sam.in -o requirements/sam.txt
	$(COMPILE) -c requirements/dev.txt layers/core/requirements.in -o layers/core/requirements.txt
