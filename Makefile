# make demo and make test set up everything themselves: they need Python 3.11 or newer, make and a package registry.
PYTHON ?= python3
VENV ?= .venv
ARGS ?=
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo test test-newest crash-test bench lint format lock release clean
.DEFAULT_GOAL := demo

demo: $(INSTALLED)
	@$(BIN)/python manage.py demo $(ARGS)

test: $(INSTALLED)
	@BIN=$(BIN) ./.ci/test $(ARGS)

# Kills workers and servers again and again while mails are sent: ARGS="--short", "--seed …", or a scenario's name.
crash-test: $(INSTALLED)
	@$(BIN)/python -m tests.crash $(ARGS)

bench: $(INSTALLED)
	@$(BIN)/python -m bench.content_api
	@if ./.ci/with-postgres --find >/dev/null; then ./.ci/with-postgres $(BIN)/python -m bench.many_pages; \
	  else echo "Left out: 50,000 pages on PostgreSQL (install Debian's package postgresql)"; fi
	@$(BIN)/python -m bench.compile_edition
	@$(BIN)/python -m bench.freeze
	@if ./.ci/with-postgres --find >/dev/null; then ./.ci/with-postgres $(BIN)/python -m bench.freeze; \
	  else echo "Left out: freezing an audience of 1,000,000 on PostgreSQL"; fi
	@if ./.ci/with-postgres --find >/dev/null; then ./.ci/with-postgres $(BIN)/python -m bench.audience_segments; \
	  else echo "Left out: counting segments of 1,000,000 readers on PostgreSQL"; fi
	@$(BIN)/python -m bench.sign_up_answers
	@if ./.ci/with-postgres --find >/dev/null; then ./.ci/with-postgres $(BIN)/python -m bench.audience_list; \
	  else echo "Left out: the list of 1,000,000 readers on PostgreSQL"; fi
	@if ./.ci/with-postgres --find >/dev/null; then ./.ci/with-postgres $(BIN)/python -m bench.sending; \
	  else $(BIN)/python -m bench.sending; fi

lint: $(INSTALLED)
	@BIN=$(BIN) ./.ci/lint

format: $(INSTALLED)
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

# Run this after changing dependencies. It writes names, versions and hashes only, no addresses.
lock:
	uv pip compile -q --universal --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --no-emit-find-links --python-version 3.11 --all-extras pyproject.toml -o constraints.txt

$(INSTALLED): constraints.txt pyproject.toml hatch_build.py $(wildcard */locale/*/LC_MESSAGES/*.po)
	@./.ci/install $(PYTHON) $(VENV)

# The suite with the newest packages instead of the pinned ones, in a separate environment; run it now and then.
test-newest:
	@./.ci/test-newest $(PYTHON)

# Build, check and tag the version in pyproject.toml; CHANGELOG.md must describe it.
release: $(INSTALLED)
	@BIN=$(BIN) ./.ci/release

clean:
	rm -rf $(VENV) .venv-between .venv-newest .venv-unpinned .demo .mypy_cache .pytest_cache .ruff_cache build dist
