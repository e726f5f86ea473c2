# Everything here needs Python 3.11 or newer, make and git; the rest is installed into .venv.
#
#   make run      install, and open a session     (make run ARGS="--theme light")
#   make test     install, and run the tests      (make test ARGS=tests/agents)
#   make check    format, lint, types, and which part may import which
#   make format   put the code into its format
#   make picture  draw docs/screen.svg again
#   make peers    measure the engine beside LangGraph and AutoGen, in an environment of their own
#   make clean    remove what was made
#
# On Windows it needs the shell that comes with git: run it from Git Bash.

ARGS ?=
VENV := .venv
ifeq ($(OS),Windows_NT)
PYTHON ?= python
BIN := $(VENV)/Scripts
else
PYTHON ?= python3
BIN := $(VENV)/bin
endif
INSTALL := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
PIP := $(BIN)/python $(INSTALL)
PEERS := .venv-peers

.PHONY: run test check format picture peers clean

run: $(VENV)/installed
	@$(BIN)/brainstorm-tui $(ARGS)

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -q --numprocesses auto $(ARGS)

check: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

picture: $(VENV)/installed-dev
	$(BIN)/python docs/make_picture.py

peers: $(PEERS)/installed
	$(PEERS)/$(notdir $(BIN))/python tests/benchmarks/peers.py $(ARGS)

clean:
	rm -rf $(VENV) $(PEERS) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/python: Makefile
	@$(PYTHON) -c "import sys; sys.exit('brainstorm-tui needs Python 3.11 or newer, and this is %d.%d; name another: make PYTHON=python3.12' % sys.version_info[:2] if sys.version_info < (3, 11) else 0)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/installed: $(VENV)/python pyproject.toml constraints.txt
	@echo "Installing brainstorm-tui into $(VENV). This takes a minute or two, once."
	@$(PIP) --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@echo "Installing what the tests and the checks need."
	@$(PIP) --editable ".[dev]"
	@touch $@

$(PEERS)/installed: $(VENV)/python pyproject.toml constraints.txt
	@echo "Installing LangGraph and AutoGen into $(PEERS)."
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/$(notdir $(BIN))/python $(INSTALL) --editable . "langgraph>=1.2,<2" "autogen-agentchat>=0.7.5,<0.8"
	@touch $@
