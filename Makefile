# make demo                    draw a street picture and read its plates: out.jpg and a table
# make demo IMAGE=photo.jpg    read a photo of your own
# make serve                   serve the web page and the API: http://127.0.0.1:8000/ (docs/web.md)
# make docs                    build the documentation as a site: site/index.html
# make check                   install everything; run ruff, mypy and the quick tests
# make test                    the same with all tests, on all cores
# make bench                   time every path beside its floor: results/bench.json, docs/bench.png
# make clean                   remove .venv and what the commands above made
#
# PYTHON=python3.12 chooses another Python (3.11 or newer) for a new .venv; SEED=9 another street.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
# What is never imported is never compiled: that is most of it.
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --no-compile
SEED ?= 8
IMAGE ?=
BIND ?= 127.0.0.1:8000
# A worker for each core; the tests of a module stay together, and what they share is made once.
PYTEST := $(BIN)/python -m pytest --numprocesses logical --maxprocesses 8 \
	--dist loadscope --no-loadscope-reorder

.PHONY: demo serve docs check test bench clean

demo: $(VENV)/core.done
ifeq ($(IMAGE),)
	@mkdir -p demo
	$(BIN)/python -m platewright.synth.street.picture demo/street.png --seed $(SEED)
	$(BIN)/python detect.py demo/street.png weights.onnx out.jpg --force
else
	$(BIN)/python detect.py "$(IMAGE)" weights.onnx out.jpg --force
endif
	@echo "The annotated picture is out.jpg"

serve: $(VENV)/web.done
	$(BIN)/python manage.py serve --bind $(BIND)

docs: $(VENV)/docs.done
	$(BIN)/python -m sphinx -b html -W --keep-going -q docs site
	@echo "The documentation is site/index.html"

check test: $(VENV)/all.done
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	@# mypy takes one core for most of a minute: the tests run beside it, and their summary is last.
	@told=$$(mktemp); $(BIN)/mypy >$$told 2>&1 & types=$$!; \
	  $(PYTEST) $(if $(filter check,$@),-m "not slow and not process"); tests=$$?; \
	  wait $$types || { tests=1; cat $$told; }; rm $$told; exit $$tests

bench: $(VENV)/all.done
	$(BIN)/python benchmarks/bench.py

# Empty files that tell which requirements .venv has; newer requirements are installed anew.
$(VENV)/core.done: requirements-core.txt | $(BIN)/python
	$(PIP) --requirement requirements-core.txt
	@touch $@

$(VENV)/web.done: requirements-web.txt $(VENV)/core.done
	$(PIP) --requirement requirements-web.txt
	@touch $@

$(VENV)/docs.done: requirements-docs.txt $(VENV)/core.done
	$(PIP) --requirement requirements-docs.txt
	@touch $@

$(VENV)/all.done: requirements.txt requirements-docs.txt requirements-train.txt $(VENV)/core.done
	$(PIP) --requirement requirements.txt
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { \
	  echo "Platewright needs Python 3.11 or newer, and none is found: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Platewright needs Python 3.11 or newer, not $(PYTHON): make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "$(PYTHON) can't make $(VENV); on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

clean:
	rm -rf $(VENV) demo site out.jpg .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find platewright tests -name __pycache__ -prune -exec rm -rf {} +
