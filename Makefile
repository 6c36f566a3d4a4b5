# taxhall: make help
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON_RUN := .venv/bin/python
UV_COMPILE := .venv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --python-version 3.11
ARGS ?=

.PHONY: help run test demo check bench torture simulate lock screenshots agent stop clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## set everything up and run the hall; prints the address, Ctrl-C stops it (PORT=…, HALL_VAR=…)
	@.ci/prepare run
	@exec $(PYTHON_RUN) manage.py run_hall $(ARGS)

test: ## set everything up and run every test (ARGS="tests/devices -k clear")
	@.ci/prepare test
	@exec $(PYTHON_RUN) -m pytest -n auto --dist worksteal -q $(ARGS)

demo: ## clear three disks, one of a general taxpayer, without a browser, step by step with evidence
	@.ci/prepare run
	@exec $(PYTHON_RUN) manage.py demo $(ARGS)

check: ## lint, format, types, import contracts, templates, security, settings, migrations, links, locks
	@.ci/prepare test
	@exec .ci/check

bench: ## measure the hall against bare floors; a table and var/bench.json
	@.ci/prepare run
	@exec $(PYTHON_RUN) manage.py bench $(ARGS)

torture: ## strike a hall of its own everywhere, and ask disks and ledger; a tally and var/torture.json (ARGS="--short")
	@.ci/prepare run
	@exec $(PYTHON_RUN) manage.py torture $(ARGS)

simulate: ## the clear under ten minutes of seeds (ARGS="--minutes 1")
	@.ci/prepare run
	@exec $(PYTHON_RUN) manage.py simulate --schedules 1000000 $(ARGS)

lock: ## pin requirements/*.in anew, with hashes
	@.ci/prepare test
	@cd requirements && for name in runtime embedded devices dev uv; do \
		echo "locking $$name" && ../$(UV_COMPILE) $$name.in -o $$name.txt || exit 1; done
	@$(PYTHON_RUN) .ci/locks.py

screenshots: ## take the pictures of the README anew
	@.ci/prepare test
	@exec $(PYTHON_RUN) manage.py screenshots $(ARGS)

agent: ## build the agent that taxpayers install on their PCs, into var/agent
	@.ci/prepare run
	@$(PYTHON_RUN) -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir var/agent .
	@ls var/agent/*.whl

stop: ## stop a hall that runs from this folder, and its servers
	@$(PYTHON_RUN) manage.py run_hall --stop

clean: ## stop the hall and remove .venv, caches and ALL data under var/
	@[ ! -x $(PYTHON_RUN) ] || $(PYTHON_RUN) manage.py run_hall --stop
	rm -rf var .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
