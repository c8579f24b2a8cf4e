# The portal's commands. Each does the set-up it needs; `make run` is where to start.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PORT ?= 8000
export PYTHONUNBUFFERED = 1
# Compiled modules are kept, whatever the shell says: each process, and each worker of the tests, starts sooner.
export PYTHONDONTWRITEBYTECODE =

.PHONY: run test check bench compat lock messages pictures clean

run: $(VENV)/.runtime
	@exec $(PY) manage.py runportal --port $(PORT)

test: $(VENV)/.dev
	@EMN_DATA_DIR=$(CURDIR)/var/test $(PY) -m pytest -n 2

check: $(VENV)/.dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache
	EMN_DATA_DIR=$(CURDIR)/var/test $(PY) manage.py makemigrations --check --dry-run
	EMN_DATA_DIR=$(CURDIR)/var/test $(PY) -m pytest -q tests/architecture/test_translations.py

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Le portail demande Python 3.11 ou plus récent ; cette machine a " + sys.version.split()[0])'
	@$(PYTHON) -m venv $(VENV) || { echo "Python n’a pas pu créer d’environnement virtuel. Sous Debian : apt install python3-venv."; exit 1; }

$(VENV)/.runtime: $(VENV)/bin/python requirements.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python requirements-dev.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $(VENV)/.runtime $@

messages: $(VENV)/.dev
	@EMN_DATA_DIR=$(CURDIR)/var/test $(PY) manage.py makemessages

pictures: $(VENV)/.dev  # of docs/guides, while `make run` runs
	@$(PY) -m tests.e2e.pictures http://127.0.0.1:$(PORT)

bench: $(VENV)/.dev
	@EMN_DATA_DIR=$(CURDIR)/var/bench $(PY) -m bench

compat: $(VENV)/.dev
	@EMN_DATA_DIR=$(CURDIR)/var/bench $(PY) -m bench.compat $(FROM)

lock: $(VENV)/bin/python
	@$(PY) -m pip install --quiet uv
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header requirements.in -o requirements.txt
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf $(VENV) var
