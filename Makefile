# Clipscape in a few commands. `make` alone lists them.

VENV   := .venv
PYTHON_IN_VENV := $(VENV)/bin/python
PIP    := $(PYTHON_IN_VENV) -m pip --disable-pip-version-check
HOST   ?= 127.0.0.1
PORT   ?= 8000
PYTEST_ARGS ?=
export PYTHON

.PHONY: help run test check format lint types bench load docs figures pictures lock docker docker-smoke docker-scale-smoke clean works

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-18s %s\n", $$1, $$2}' Makefile

run: $(VENV)/.run works  ## install what is needed and serve the page on http://localhost:8000 (PORT=9000 for another port)
	$(PYTHON_IN_VENV) -m clipscape serve --host $(HOST) --port $(PORT)

test: $(VENV)/.test works check  ## install what the tests need, a Chromium included, and run them all
	@browser=$$($(PYTHON_IN_VENV) scripts/find_chromium.py) && \
	CLIPSCAPE_CHROMIUM=$$browser && export CLIPSCAPE_CHROMIUM && \
	echo "browser: $$CLIPSCAPE_CHROMIUM" && $(PYTHON_IN_VENV) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

check: format lint types  ## formatting, lint, strict types and layers, in seconds
	$(PYTHON_IN_VENV) -m pytest -q tests/test_layering.py tests/test_tree.py

format: $(VENV)/.test
	$(PYTHON_IN_VENV) -m ruff format --check .

lint: $(VENV)/.test
	$(PYTHON_IN_VENV) -m ruff check .

types: $(VENV)/.test
	$(PYTHON_IN_VENV) -m mypy

bench: $(VENV)/.run works  ## speed against plain numpy loops and, when it is installed, PyTorch
	$(PYTHON_IN_VENV) -m benchmarks $(BENCH_ARGS)

load: $(VENV)/.run works  ## a lecture hall on loopback: one link, own sliders, overload, clients who leave
	$(PYTHON_IN_VENV) -m benchmarks.load $(LOAD_ARGS)

pictures: $(VENV)/.run works  ## train the networks of the presets anew and keep their small pictures
	$(PYTHON_IN_VENV) -m clipscape.preset_pictures

docs: $(VENV)/.run works  ## write docs/reference.md and docs/settings.md anew from the code
	$(PYTHON_IN_VENV) -m clipscape.reference docs

figures: $(VENV)/.test works  ## count and measure the tests anew for docs/how-tested.md
	$(PYTHON_IN_VENV) tests/figures.py

lock: $(VENV)/.run  ## resolve the dependencies anew into the lock files
	$(PIP) install --quiet uv
	scripts/lock $(VENV)

docker:  ## build the image and start it on http://localhost:8000
	docker compose up --detach --build --wait

docker-smoke: $(VENV)/.test works  ## build the image, start it, check its rights and size, drive the page in it, stop it
	@browser=$$($(PYTHON_IN_VENV) scripts/find_chromium.py) && \
	CLIPSCAPE_CHROMIUM=$$browser && export CLIPSCAPE_CHROMIUM && scripts/check_container

docker-scale-smoke: $(VENV)/.test works  ## start docker-compose.scale.yml, kill a replica under load, compare a map by Dask, take it down
	@browser=$$($(PYTHON_IN_VENV) scripts/find_chromium.py) && \
	CLIPSCAPE_CHROMIUM=$$browser && export CLIPSCAPE_CHROMIUM && $(PYTHON_IN_VENV) -m scripts.check_scale

clean:  ## remove the virtual environment and everything generated
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment stays valid only where it was made: this says so when the folder was moved or Python was removed.
works: $(VENV)/.run
	@$(PYTHON_IN_VENV) -c 'import clipscape' 2>/dev/null || \
	{ echo "The environment $(VENV) no longer works (folder moved, or its Python removed?): make clean, then again." >&2; exit 1; }

# Stamps: nothing is installed twice until a lock file or pyproject.toml changes.
$(VENV)/.run: requirements.lock pyproject.toml scripts/make-venv
	@scripts/make-venv $(VENV)
	$(PIP) install --quiet --require-hashes -r requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: requirements-test.lock $(VENV)/.run
	$(PIP) install --quiet --require-hashes -r requirements-test.lock
	@touch $@
