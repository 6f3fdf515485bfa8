# Everything a fresh clone needs. Only Python >= 3.11, make and git must be there.
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# More for the command behind a target: make demo ARGS="--limit 20", make test ARGS="tests/domain".
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint format-check types imports lock-check docs-check format lock \
	docs bench chaos clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

setup: $(INSTALLED) ## Make .venv with everything in it (the other targets do it by themselves)

$(INSTALLED): requirements.lock pyproject.toml .ci/setup
	@PYTHON="$(PYTHON)" .ci/setup
	@touch $@

demo: $(INSTALLED) ## Hand sixty invented leads over, before your eyes
	@$(BIN)/baton demo $(ARGS)

test: $(INSTALLED) ## Run the tests
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

check: lint format-check types imports lock-check docs-check ## Run every static check

lint: $(INSTALLED)
	$(BIN)/ruff check .

format-check: $(INSTALLED)
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

imports: $(INSTALLED)
	$(BIN)/lint-imports

lock-check: $(INSTALLED)
	.ci/lock --check

docs-check: $(INSTALLED)
	$(BIN)/baton reference docs --check

format: $(INSTALLED) ## Mend what ruff can mend, and format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(INSTALLED) ## Write requirements.lock anew (ARGS=--upgrade takes newer versions)
	.ci/lock $(ARGS)

docs: $(INSTALLED) ## Write the generated pages: docs/cli.md, openapi.json, agreement.schema.json, messages/
	$(BIN)/baton reference docs

bench: $(INSTALLED) ## Measure speed against what is promised (ONLY=rulebook, ARGS="--leads 20000")
	@$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY)) $(ARGS)

SEED ?= 1
N ?= 2000
chaos: $(INSTALLED) ## Set everything around Baton on fire, count what it broke (SEED=1 N=2000; minutes)
	$(BIN)/python -m benchmarks.chaos --seed $(SEED) --n $(N) $(ARGS)
	BATON_CRASH_POINTS=all $(BIN)/python -m pytest --timeout 3600 tests/engine/stages/test_crash_points.py tests/engine/stages/test_technique_crashes.py
	$(if $(HOT),BATON_CHAOS=all $(BIN)/python -m pytest tests/chaos/test_fire.py)

clean: ## Remove what was built, .venv too; a .baton folder with data stays
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find baton flows tasks tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
