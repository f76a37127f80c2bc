# Everything here needs Python 3.11 or later, and make. `make` alone lists the targets.

PYTHON = $(shell for python in python3.11 python3 python3.12 python3.13 python3.14; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
INSTALLED := .venv/.installed
INSTALLED_DEV := .venv/.installed-dev
# Where the demo keeps its data, and its two ports.
export VAR ?= var
export PORT ?= 8000
export SANDBOX_PORT ?= 8001

.DEFAULT_GOAL := help
.PHONY: help install demo demo-fresh demo-production drill bench random bursts services messages test test-without-fastpath fresh check format lock wheel first-day

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) ## Make .venv with what the service needs

demo: $(INSTALLED) ## Run shop, worker and sandbox with orders in them (PORT, SANDBOX_PORT, VAR)
	@$(BIN)/python -m aftercart.demo

demo-fresh: $(INSTALLED) ## The same, forgetting what was done in the demo before
	@$(BIN)/python -m aftercart.demo --fresh

demo-production: $(INSTALLED) ## As in production: PostgreSQL, RabbitMQ, several processes (DATABASE_URL, CELERY_BROKER_URL)
	@$(BIN)/python -m aftercart.demo --production

drill: $(INSTALLED_DEV) ## Kill every process and server, migrate and upgrade while thousands cancel, then count (ARGUMENTS="--orders 5000")
	@$(BIN)/python -m tests.reliability.drill $(ARGUMENTS)

bench: $(INSTALLED_DEV) ## Measure speed against the floor and against others, into docs/speed.md (ARGUMENTS="--quick")
	@$(BIN)/python -m tests.speed.bench $(ARGUMENTS)

random: $(INSTALLED_DEV) ## Random steps for longer: EXAMPLES=200
	RANDOM_EXAMPLES=$(or $(EXAMPLES),200) $(BIN)/pytest tests/reliability/test_random_steps.py -n 0

bursts: $(INSTALLED_DEV) ## Busy, quiet, busy, for an hour: connections end with their threads (BURSTS=500)
	BURSTS=$(or $(BURSTS),500) $(BIN)/pytest tests/reliability/test_connections_of_threads.py -k bursts -n 0 --timeout 0

services: $(INSTALLED_DEV) ## What real servers do in minutes: brokers apart, messages taken back
	$(BIN)/pytest -m services -n 0 -v

messages: $(INSTALLED_DEV) ## Collect sentences for translation (needs gettext), and compile
	cd aftercart && DEBUG=1 ../$(BIN)/python ../manage.py makemessages --all --no-location
	cd aftercart && DEBUG=1 ../$(BIN)/python ../manage.py compilemessages

test: $(INSTALLED_DEV) ## Run the tests, on all processors
	$(BIN)/pytest -n auto --dist worksteal

test-without-fastpath: $(INSTALLED_DEV) ## The promises with FASTPATH=off, on SQLite and on PostgreSQL
	$(BIN)/python -m tests.without_fastpath

fresh: ## Both of the README's commands on a bare Debian 12 without network (root, debootstrap; FOLDER keeps it)
	tests/fresh/run.sh $(FOLDER)

first-day: ## A merchant's first day, from the wheel in a bare Debian 12, timed (root, debootstrap; FOLDER keeps it)
	tests/fresh/first_day.sh $(FOLDER)

check: export DEBUG := 1
check: $(INSTALLED_DEV) ## Format, style, types, layers, templates, migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet aftercart omnitron_sandbox
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check

format: $(INSTALLED_DEV) ## Put the code in its one form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

wheel: $(INSTALLED_DEV) ## Build dist/aftercart-*.whl, which runs without a clone
	rm -rf build dist && $(BIN)/python -m build --quiet --wheel && rm -rf build

# No header, no addresses: where a package comes from is the installing machine's business. Hashes, of the files for every
# platform: what comes is not. Where one line has a hash, pip refuses lines without: then packages are added by this target.
COMPILE = $(BIN)/pip-compile --quiet --strip-extras --no-header --no-emit-index-url --no-emit-find-links \
	--no-emit-trusted-host --no-emit-options --no-annotate --generate-hashes

lock: $(INSTALLED_DEV) ## Pin the newest versions that requirements*.in allow
	$(COMPILE) --upgrade --output-file requirements.lock requirements.in requirements-postgres.in requirements-worker.in
	$(COMPILE) --upgrade --output-file requirements-dev.lock requirements-dev.in
	$(COMPILE) --upgrade --output-file tests/speed/requirements-usual.lock tests/speed/requirements-usual.in
	$(COMPILE) --upgrade --output-file tests/speed/requirements-oscar.lock tests/speed/requirements-oscar.in

# A half-made .venv would be taken for a whole one by the next `make`.
$(BIN)/pip:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed, and was not found (Debian: apt install python3)."; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo; \
		echo "make: Python could not make a virtual environment, and left nothing behind."; \
		echo "make: Debian and Ubuntu keep what it needs in a package of its own: apt install python3-venv"; exit 1; }

$(INSTALLED): requirements.lock | $(BIN)/pip
	@echo "make: installing the packages of requirements.lock into .venv: a minute, once"
	@$(BIN)/python -m pip install --disable-pip-version-check -r requirements.lock
	@touch $@

$(INSTALLED_DEV): requirements-dev.lock requirements-apart.lock $(INSTALLED)
	@echo "make: installing what tests and checks need into .venv: a minute, once"
	@$(BIN)/python -m pip install --disable-pip-version-check -r requirements-dev.lock
	@$(BIN)/python -m pip install --disable-pip-version-check --no-deps -r requirements-apart.lock
	@touch $@
