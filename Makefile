# Everything one does with Marquee. `make help` reads the words behind ## below.

PYTHON := .venv/bin/python
DATA_DIR ?= .data
PORT ?= 8000
export DATA_DIR PORT

# Runs a command that ends, in good order, also when make itself is killed.
WITH_MAKE := $(PYTHON) -I -S shared/marquee_shared/embedded/leash.py SIGTERM $$PPID -

# ruff's S108, S310 and S608 are these three, and there each exception has its reason beside it.
BESIDE := B108,B310,B608
# Each is checked by itself: they must not lean on one another's imports.
TYPED := shared gateway services/catalog services/social services/identity services/recommender deploy/local deploy/demo

.DEFAULT_GOAL := help
.PHONY: help up test lint types arch check demo bench quality chaos clean lock environment

help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  make up reads PORT (8000), DATA_DIR (.data), MOVIELENS=<folder or zip>,"
	@echo "  DATABASE_URL and REDIS_URL (real servers instead of ours), RATE_LIMIT_FACTOR."

environment:
	@sh deploy/local/environment.sh

up: environment ## Run everything on this machine; the gateway on PORT
	@exec $(WITH_MAKE) $(PYTHON) -m deploy.local up

test: environment ## Run the tests, on real PostgreSQL and Redis
	@$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: environment ## Check style and known dangers
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m bandit --quiet --recursive --severity-level medium --skip $(BESIDE) \
		--exclude '*/tests/*' shared gateway services deploy

types: environment ## Check types, strictly
	@for part in $(TYPED); do $(PYTHON) -m mypy --no-error-summary $$part || exit 1; done

arch: environment ## Check who may import whom
	@.venv/bin/lint-imports --no-cache

check: lint types arch test ## All of the above: what a change must pass

demo: environment ## Walk the story against a running system
	@$(PYTHON) -m deploy.demo

bench: environment ## Measure, side by side with nginx, and print the ratios
	@$(PYTHON) -m benchmarks

quality: environment ## Measure how good the recommendations are, against what one would take otherwise
	@$(PYTHON) -m benchmarks.quality $(ARGS)

chaos: environment ## Break things on purpose and compare what is left, the long form
	@$(PYTHON) -m pytest -n 0 -s --chaos tests/system/test_system_chaos.py $(ARGS)

clean: ## Drop DATA_DIR, with all that is in it
	@if [ -x $(PYTHON) ]; then exec $(PYTHON) -m deploy.local clean; fi

COMPILE = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--no-emit-package marquee-shared

lock: environment ## Pin the newest versions that the six packages allow
	@$(COMPILE) --upgrade --generate-hashes --group dev shared/pyproject.toml --extra testing \
		gateway/pyproject.toml services/*/pyproject.toml --output-file requirements.lock
	@for package in gateway services/*; do \
		$(COMPILE) --no-annotate --no-header --constraints requirements.lock \
			$$package/pyproject.toml \
			--output-file deploy/dependencies/$$(basename $$package).txt || exit 1; \
	done
	@$(COMPILE) --no-annotate --no-header --constraints requirements.lock --extra huggingface \
		services/recommender/pyproject.toml \
		--output-file deploy/dependencies/recommender-huggingface.txt
	@echo hatchling | $(COMPILE) --no-annotate --no-header --constraints requirements.lock - \
		--output-file deploy/dependencies/build.txt
