# Every command of this repository. `make` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
STAGE ?= dev
# More context for the stage: make deploy STAGE=prod CONTEXT="oidc_issuer=https://… oidc_audience=…"
CONTEXT ?=
# More arguments: make test ARGS="tests/unit -k rooms", make dev ARGS=--fresh
ARGS ?=
PYTEST := python -m pytest -n auto --maxprocesses 4 --max-worker-restart 0
# make redrive QUEUE=index ACTION=redrive MATCH="room=lunch", ACTION=discard REASON="…"; docs/how-to/dead-letters.md
QUEUE ?=
ACTION ?=
MATCH ?=
# make load URL=https://chat.example.com USERS=500 SCENARIO=zipf_rooms; docs/how-to/load-tests.md
URL ?=
USERS ?= 50
SCENARIO ?= lobby
REASON ?=
# make export TO=s3://bucket/folder; make restore FROM=s3://bucket/folder; docs/how-to/backups.md
TO ?=
FROM ?=
# make maintain JOB=sweep-sockets; docs/how-to/maintenance.md
JOB ?=
# make simulate SEEDS=5000, ARGS=--seed=42 replays one
SEEDS ?= 1000
# make experiment FLAG=recipients STAGE=prod; docs/how-to/flags.md
FLAG ?=
# make profile EVENT=operations/profiling/events/send.json FUNCTION=message.command
EVENT ?=
FUNCTION ?=
# Python's and Node's tools of this tree come first, whatever else the machine has.
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
# Without bytecode each of hundreds of short processes compiles all that it imports, libraries too.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup setup-browser dev test test-slow check fmt contracts smoke screenshots simulate capacity bench bench-media bench-page bench-gateway load synth deploy status rollback swap build pipeline redrive plan forecast tune profile doctor audit experiment export restore maintain monitoring docs requirements clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 16

setup:  ## install what is missing: Python packages, Node, the CDK and the web client's packages
	@$(PYTHON) local/install.py

setup-browser:
	@$(PYTHON) local/install.py --browser

dev: setup  ## run the whole application on this machine, with live reload (Ctrl-C stops it)
	@python -m local.dev $(ARGS)

test: setup-browser  ## all tests but the slow ones: nothing outside this machine is reached
	@npm test --silent --workspaces && $(PYTEST) $(ARGS)

# pytest ends with 5 where ARGS leaves no test to run, here of the one kind or of the other.
test-slow: setup-browser  ## the slow tests too
	@$(PYTEST) -m "slow and not alone" $(ARGS) || [ $$? = 5 ]
	@python -m pytest -m "slow and alone" $(ARGS) || [ $$? = 5 ]

check: setup  ## linters, types and rules: Python, infrastructure and web client
	@python -m local.check

fmt: setup  ## format the Python code and mend what the linter can
	@ruff check --fix --quiet . ; ruff format .

contracts: setup  ## write what is made from the protocol's source: JSON Schema, AsyncAPI, its page, TypeScript
	@python -m contracts

smoke: setup-browser  ## start everything, chat with two clients we did not write, upload an image, stop
	@python -m local.smoke $(ARGS)

screenshots: setup-browser  ## photograph the main views of the page for the documentation (docs/images)
	@python -m local.screenshots

simulate: setup  ## random workloads and faults on the simulated cloud, judged from what clients saw (SEEDS=1000)
	@python -m simulation --seeds $(SEEDS) $(ARGS)

capacity: setup  ## 100,000 sockets and a million messages a minute on the simulated cloud: what holds, what binds (ARGS=--quick)
	@python -m simulation.capacity $(ARGS)

bench: setup  ## measure what a message costs, beside what samples do, over TLS (ARGS=--quick: in a minute)
	@python -m loadtest.bench $(ARGS)

bench-media: setup  ## measure what photos, videos, sounds and documents take (ARGS="--only photo")
	@python -m loadtest.media_bench $(ARGS)

bench-page: setup-browser  ## measure the page in a room of 10,000 messages: frames, long tasks, what moves (writes a trace)
	@python -m loadtest.page_bench $(ARGS)

bench-gateway: setup  ## measure the local WebSocket gateway
	@python -m loadtest.gateway_bench $(ARGS)

load: setup  ## put load on the stage at URL with USERS (50), judge it and draw it (SCENARIO=lobby, ARGS="--rate 10 --seconds 60")
	@python -m loadtest.load --url '$(or $(URL),$(error Which stage? make load URL=http://127.0.0.1:5173))' --users $(USERS) --scenario $(SCENARIO) $(ARGS)

synth: setup  ## write the CloudFormation templates of STAGE (dev) to build/STAGE
	@npm run --silent build --workspace web && cdk synth --quiet --no-notices -c stage=$(STAGE) $(addprefix -c ,$(CONTEXT)) --output build/$(STAGE) && echo "The templates are in build/$(STAGE)."

deploy: setup  ## deploy STAGE (dev) into the AWS account of your credentials
	@python -m local.account $(STAGE) $(CONTEXT)

status: setup  ## what STAGE (dev) runs: stacks, versions of functions, deployments under way, alarms (STAGE=local: `make dev`)
	@python -m operations.status --stage $(STAGE)

rollback: setup  ## functions of STAGE (dev) run the version before again: REASON="…" (or ARGS=--dry-run), ARGS=message.command for one
	@python -m operations.rollback --stage $(STAGE) $${REASON:+--reason "$$REASON"} $(ARGS)

swap: setup  ## on which stage of the WebSocket API new sockets of STAGE (dev) open: ARGS=green REASON="…", then ARGS=--drain
	@python -m operations.swap --stage $(STAGE) $${REASON:+--reason "$$REASON"} $(ARGS)

build: setup  ## layers, web client and templates of STAGE, as a deployment uploads them
	@python -m layers.build --stage $(STAGE) && $(MAKE) --no-print-directory synth

redrive: setup  ## list, inspect, redrive or discard dead letters of STAGE (dev): QUEUE=name ACTION=redrive MATCH="room=lunch"
	@python -m operations.redrive --stage $(STAGE) $(addprefix --queue ,$(QUEUE)) $(ACTION) $(foreach word,$(MATCH),--match '$(word)') $${REASON:+--reason "$$REASON"} $(ARGS)

pipeline: setup  ## deploy the pipeline that tests, deploys dev, rehearses, asks and deploys prod (CONTEXT="repository=…")
	@npm run --silent build --workspace web && cdk deploy --no-notices --app "python -m cdk.pipeline" --output build/pipeline $(addprefix -c ,$(CONTEXT)) chat-pipeline

plan: setup  ## what a crowd takes: quotas, dollars, cells (ARGS="--users 100 --messages-per-minute 50 --recipients 19")
	@python -m operations.plan $(ARGS)

forecast: setup  ## tomorrow's load of a function, and what is to wait for it (ARGS="message.deliver --stage prod --dry-run")
	@python -m operations.forecast $(ARGS)

tune: setup  ## the cheapest memory and batch of a function, by measured runs (ARGS="runs.csv --memory 512 --events 1e8")
	@python -m operations.tune $(ARGS)

profile: setup  ## where the time of a handler goes on a recorded event: EVENT=operations/profiling/events/send.json
	@python -m operations.profile $(EVENT) $(addprefix --function ,$(FUNCTION)) $(ARGS)

doctor:  ## what is wrong with this machine, this tree or STAGE, and what mends it (also before `make setup`)
	@$(firstword $(wildcard .venv/bin/python) $(PYTHON)) -m operations.doctor --stage $(if $(filter command line,$(origin STAGE)),$(STAGE),local) --context $(CONTEXT) $(ARGS)

export: setup  ## rooms and messages of STAGE (dev) as files: TO=s3://BUCKET/FOLDER or a directory (ARGS="--at 2026-11-26T12:00:00Z")
	@python -m operations.export --stage $(STAGE) $(addprefix --to ,$(TO)) $(ARGS)

restore: setup  ## rooms and messages of an export come back into STAGE (dev): FROM=s3://BUCKET/FOLDER (ARGS=--dry-run)
	@python -m operations.restore --stage $(STAGE) --from '$(or $(FROM),$(error From where? make restore FROM=s3://bucket/folder))' $(ARGS)

maintain: setup  ## sweeps, compaction and reindexing of STAGE (dev): JOB=reindex; without a job, how far each is
	@python -m operations.maintain --stage $(STAGE) $(JOB) $(ARGS)

monitoring: setup  ## write the guide to monitoring from what is watched (cdk/signals)
	@python -m cdk.signals

audit: setup  ## verify that nobody tampered with what operators did in STAGE (dev): ARGS="--since 2026-11-01" lists it
	@python -m operations.audit --stage $(STAGE) $(ARGS)

experiment: setup  ## whether the variants of a feature flag differ in STAGE (dev): FLAG=recipients
	@python -m operations.experiment '$(or $(FLAG),$(error Which flag? make experiment FLAG=recipients STAGE=local))' --stage $(STAGE) $(ARGS)

docs: setup  ## the documentation as a site in build/docs
	@mkdocs build --strict --site-dir build/docs

requirements: setup  ## write the lock as requirements.txt
	@uv export --frozen --quiet --no-emit-workspace --output-file requirements.txt

clean:  ## remove what was built; keeps the installed packages and the data of `make dev`
	rm -rf build web/dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .local/cdk.out
