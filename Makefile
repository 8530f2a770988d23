# Everything lands in this checkout (.venv, build/); nothing in HOME.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Of its own: it brings a package that every process with Airflow would load for two seconds.
SBOM := $(VENV)/sbom
READY := $(VENV)/ready
LATEST := build/latest
# Of its own, too: it changes files, and needs nothing of ours.
MUTANTS := build/mutants
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Airflow writes a configuration file into AIRFLOW_HOME at import; keep it here, also for tests.
export AIRFLOW_HOME ?= $(CURDIR)/build/airflow
# mkdocs-material prints a page of news about itself otherwise.
export NO_MKDOCS_2_WARNING := 1
# Without bytecode every process of the tests reads all of them anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo ui bench test test-fast test-e2e test-deep test-random mutants coverage test-latest check check-files check-format check-lint check-types check-layers check-hosts check-docs format docs screenshots constraints dist release-check sbom secrets mlflow-server mlflow-requirements clean

help:
	@echo "make demo       the whole job once: train, register, score, report; leaves build/demo/"
	@echo "make ui         Airflow with the Dags, wired to the Devo sandbox"
	@echo "make test       every test"
	@echo "make test-fast  no H2O, no Airflow processes, no browser; two minutes"
	@echo "make test-e2e   kills real Airflow processes and tasks, counts what Devo and H2O saw; eight minutes"
	@echo "make coverage   the fast tests, and which lines and branches they do not reach; red below the floor"
	@echo "make test-random  the fast tests, in another order each time"
	@echo "make test-deep  the tests that draw examples, with four times as many, others each time; for the night"
	@echo "make mutants    small changes to the code that no fast test notices: sixty drawn by chance, an hour"
	@echo "make test-latest  the fast tests with the newest releases of all dependencies; WHOLE=1: every test"
	@echo "make bench      what is claimed about speed and memory, measured here; leaves build/bench/"
	@echo "make check      tracked files, format, lint, types, layers, workflows, docs"
	@echo "make docs       the generated parts of docs/, and the site"
	@echo "make screenshots  the pictures in docs/, by the demo and the tests"
	@echo "make dist       wheel and sdist"
	@echo "make sbom       what an installation is made of, in CycloneDX; leaves dist/*.cdx.json"
	@echo "make secrets    .env and secrets/ for docker-compose.yaml; overwrites nothing"

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name it with: make PYTHON=/path/to/python3"; exit 1; }
	@echo "Setting up $(VENV) (once, about 1.5 GB; a minute or two with a warm package cache) …"
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv -q --clear --python $(PYTHON) $(VENV) && \
	  uv pip install -q --python $(BIN)/python -c constraints.txt -e '.[dev]'; \
	else \
	  $(PYTHON) -m venv --clear $(VENV) && \
	  $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'; \
	fi
	@$(PYTHON) -m venv $(SBOM)
	@$(SBOM)/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt cyclonedx-bom
	@touch $(READY)

demo: $(READY)
	@python -m demo.run

ui: $(READY)
	@python -m demo.ui

test: $(READY)
	@python -m tests.needs
	@python -m tests.whole

# A file stays with one worker, which makes its fixtures once; the costliest come first.
test-fast: $(READY)
	@pytest -m "not slow" -n 3 --dist loadfile --no-loadscope-reorder

# The floor is in pyproject.toml; make test holds it, too.
coverage: $(READY)
	@pytest -q -m "not slow" -n 2 --cov --cov-report=term:skip-covered

# Tests that lean on others are red in some orders; the seed is printed, and repeats one.
test-random: $(READY)
	@pytest -m "not slow" -n 2 --dist loadfile --random-order

test-e2e: $(READY)
	@python -m tests.needs
	@pytest -m e2e

# Nightly: what it finds is red then, not in a change that has nothing to do with it.
test-deep: $(READY)
	@pytest --hypothesis-profile=deep -n 2 --dist loadfile $$(grep -rlE --include='test_*.py' 'hypothesis|examples\(' tests)

# By hand, after a room has changed much; SEED repeats a draw.
mutants: $(READY)
	@$(PYTHON) -m venv $(MUTANTS)
	@$(MUTANTS)/bin/python -m pip install -q --disable-pip-version-check cosmic-ray==8.7.0
	@$(MUTANTS)/bin/python -m tests.mutants $(if $(SEED),--seed $(SEED))

# Nightly: constraints.txt is left out, so only the bounds in pyproject.toml hold.
test-latest: export PATH := $(abspath $(LATEST))/bin:$(PATH)
test-latest: export AIRFLOW_HOME := $(abspath $(LATEST))/airflow
test-latest:
	@echo "Installing the newest releases into $(LATEST) …"
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv -q --clear --python $(PYTHON) $(LATEST) && \
	  uv pip install -q --python $(LATEST)/bin/python -e '.[dev]'; \
	else \
	  $(PYTHON) -m venv --clear $(LATEST) && \
	  $(LATEST)/bin/python -m pip install -q --disable-pip-version-check -e '.[dev]'; \
	fi
	@$(LATEST)/bin/python -m tests.versions constraints.txt
ifdef WHOLE
	@$(LATEST)/bin/python -m tests.whole
else
	@$(LATEST)/bin/pytest -m "not slow" -n 2
endif

bench: $(READY)
	@python -m benchmarks

# Each part is a hook of pre-commit, too.
check: check-files check-format check-lint check-types check-layers check-hosts check-docs

check-files: $(READY)
	@python -m tests.tracked_files

check-format: $(READY)
	@ruff format --check . || { echo "Run: make format"; exit 1; }

check-lint: $(READY)
	@ruff check .

check-types: $(READY)
	@mypy

check-layers: $(READY)
	@lint-imports

# What the host of the repository and pre-commit read.
check-hosts: $(READY)
	@check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@check-jsonschema --builtin-schema custom.github-workflows-require-timeout .github/workflows/*.yml
	@check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	@check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	@check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml
	@zizmor --offline --quiet --no-progress .github
	@pre-commit validate-config

check-docs: $(READY)
	@mkdocs build --strict --quiet --site-dir build/site

# Fills the generated blocks of docs/ from the code, and builds the site.
docs: $(READY)
	@python tests/docs/generate.py
	@mkdocs build --strict --quiet --site-dir build/site

# The pictures in docs/: the first one of what `make demo` makes, the others as the tests see them.
screenshots: demo
	@python -m demo.picture
	@pytest -q tests/reports/page/test_in_chromium.py tests/plugins/test_in_airflow.py -k 'fit_the_screen or navigation'
	@cp build/screenshots/airflow-reports.png docs/images/
	@cp build/screenshots/normal-390-light.png docs/images/report-narrow.png
	@cp build/screenshots/quiet-1280-light.png docs/images/report-quiet.png

format: $(READY)
	@ruff format .
	@ruff check --fix .

constraints: $(READY)
	@{ echo "# Every version that the tests run with. Regenerate with \`make constraints\`."; \
	   { $(BIN)/python -m pip freeze --exclude-editable; $(SBOM)/bin/python -m pip freeze; } \
	     | grep -v '^#' | sort -fu; } > constraints.txt

dist: $(READY)
	@rm -rf dist
	@python -m build --outdir dist . >/dev/null
	@twine check --strict dist/*

# What keeps a tag from being released: make release-check TAG=v1.2.3
release-check: $(READY)
	@python -m tests.release "$(TAG)"

# Of an installation that users get, without the tools of development.
sbom: $(READY)
	@rm -rf build/sbom && python -m venv build/sbom
	@build/sbom/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt '.[all]'
	@mkdir -p dist
	@$(SBOM)/bin/cyclonedx-py environment build/sbom --pyproject pyproject.toml --mc-type library \
	  --output-reproducible --of JSON -o dist/sbom.cdx.json
	@echo "dist/sbom.cdx.json"

secrets:
	@$(PYTHON) deploy/make_secrets.py

# The MLflow server of docker-compose.yaml, for its test: it does not fit beside Airflow.
mlflow-server:
	@$(PYTHON) -m venv --clear build/mlflow-server
	@build/mlflow-server/bin/python -m pip install -q --disable-pip-version-check --no-deps -r deploy/mlflow-requirements.txt
	@build/mlflow-server/bin/python -m pip check

mlflow-requirements:
	@uv pip compile -q --no-annotate --no-header --python-version 3.11 \
	  deploy/mlflow-requirements.in -o deploy/mlflow-requirements.txt

clean:
	rm -rf $(VENV) build dist
