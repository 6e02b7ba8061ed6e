# Every command of this repository. `make` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
STAGE ?= dev
# Python's and Node's tools of this tree come first, whatever else the machine has.
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
PACKAGES := $(wildcard cdk functions layers local simulation loadtest tests)

.PHONY: help setup setup-browser dev test test-slow check fmt smoke bench synth deploy build docs requirements clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 16

setup:  ## install what is missing: Python packages, Node, the CDK and the web client's packages
	@$(PYTHON) local/install.py

setup-browser:
	@$(PYTHON) local/install.py --browser

dev: setup  ## run the whole application on this machine, with live reload (Ctrl-C stops it)
	@python -m local.dev $(ARGS)

test: setup-browser  ## all tests but the slow ones: nothing outside this machine is reached
	python -m pytest -m "not slow" $(ARGS)

test-slow: setup-browser  ## the slow tests too
	python -m pytest -m slow $(ARGS)

check: setup  ## linters, types and rules: Python, infrastructure and web client
	python -m local.check

fmt: setup  ## format the Python code and mend what the linter can
	ruff format . && ruff check --fix .

smoke: setup-browser  ## start everything, chat with two clients we did not write, upload an image, stop
	@python -m local.smoke $(ARGS)

bench: setup  ## measure the local WebSocket gateway
	@python -m local.gateway.bench $(ARGS)

synth: setup  ## write the CloudFormation templates of STAGE (dev) to build/STAGE
	@cdk synth --quiet --no-notices --app "python -m cdk.app" -c stage=$(STAGE) --output build/$(STAGE) --all && echo "templates: build/$(STAGE)"

deploy: setup  ## deploy STAGE (dev) into the AWS account of your credentials
	@python -m local.account $(STAGE)

build: setup  ## layers, web client and templates of STAGE, as a deployment uploads them
	@npm run build --workspace web && $(MAKE) --no-print-directory synth

docs: setup  ## the documentation as a site in build/docs
	@mkdocs build --strict --site-dir build/docs

requirements: setup  ## write the lock as requirements.txt
	@uv export --frozen --quiet --no-emit-project --output-file requirements.txt

clean:  ## remove what was built; keeps the installed packages and the data of `make dev`
	rm -rf build web/dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .local/cdk.out
