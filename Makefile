# What a developer and CI call. A fresh machine needs Python >= 3.11 and make; everything else is installed here,
# from locks with hashes, and only again when a lock changes.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: help setup demo up test lint bench lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(INSTALLED) ## .venv with .venv/bin/orderbridge

demo: setup ## one signed order through the whole local stack
	@$(BIN)/orderbridge demo

up: setup ## the local stack in the foreground, until Ctrl-C
	@exec $(BIN)/orderbridge local up

# --- Installation ----------------------------------------------------------------------------------------------------

# The first Python from 3.11 to 3.13 that can make a virtual environment, or a newer one. Name another with PYTHON=...
PYTHON ?=
FIND_PYTHON = for limit in 14 99; do \
	  for candidate in $(if $(PYTHON),$(PYTHON),python3 python3.13 python3.12 python3.11 python); do \
	    "$$candidate" -c "import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, $$limit))" \
	      2>/dev/null && echo "$$candidate" && exit; \
	  done; \
	done; echo "Orderbridge needs Python 3.11 or newer with its venv module." >&2; exit 1

# install VENV LOCK: the lock's packages, all with hashes. uv is quick; pip finds mirrors that only pip knows.
define install
	if [ ! -x $(1)/bin/python ]; then
	  python=$$($(FIND_PYTHON))
	  "$$python" -m venv $(1)
	fi
	$(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	VIRTUAL_ENV=$(1) $(1)/bin/uv pip install --quiet --exact --require-hashes -r $(2) \
	  || $(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(2)
endef

$(INSTALLED): requirements/bootstrap.txt requirements/dev.txt pyproject.toml
	@echo "Installing into $(VENV) ..." >&2
	$(call install,$(VENV),requirements/dev.txt)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
	touch $@

# --- Locks -----------------------------------------------------------------------------------------------------------

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-emit-find-links --custom-compile-command "make lock"

lock: setup ## the locks anew from the *.in files
	@$(COMPILE) requirements/bootstrap.in -o requirements/bootstrap.txt
	$(COMPILE) requirements/dev.in -o requirements/dev.txt
	$(COMPILE) requirements/sam.in -o requirements/sam.txt
	$(COMPILE) -c requirements/dev.txt layers/core/requirements.in -o layers/core/requirements.txt
