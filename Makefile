# The newcomer's two commands: `make golden` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CARGO ?= cargo
TARGET_DIR := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
BIN := $(TARGET_DIR)/release
ARGS ?=
FAULT ?=

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build the release binaries
	$(CARGO) build --release --locked --workspace --exclude abuse --bins

.PHONY: golden
golden: build ## run the golden suite; FAULT='synth:sleep=2s' injects a fault, ARGS=… adds flags
	$(BIN)/golden run $(if $(FAULT),--fault '$(FAULT)') $(ARGS)

.PHONY: golden-red
golden-red: FAULT := $(if $(FAULT),$(FAULT),synth:sleep=2s)
golden-red: build ## prove that the guard goes red on the right tests under FAULT (synth:sleep=2s)
	$(BIN)/golden prove --fault '$(FAULT)' $(ARGS)

# Both servers are built alike, base in a worktree of its own; the fast voice leaves less to hide a slowdown behind.
BASE ?= $(shell git merge-base origin/main HEAD 2>/dev/null || git rev-parse HEAD)
BASE_TREE := artifacts/compare/base
BASE_TARGET := $(abspath $(TARGET_DIR))/compare-base
SERVE := serve --listen {listen} --voice-cost fast

.PHONY: compare compare-base
compare: build compare-base ## compare the server of this tree with that of BASE (the merge base with origin/main)
	$(BIN)/golden compare --base '$(BASE_TARGET)/release/mock-server $(SERVE)' --head '$(BIN)/mock-server $(SERVE)' $(ARGS)

compare-base:
	@git rev-parse --verify --quiet '$(BASE)^{commit}' >/dev/null || { echo "make compare: BASE=$(BASE) is no commit" >&2; exit 4; }
	git worktree prune
	[ -e $(BASE_TREE)/.git ] || git worktree add --force --detach $(BASE_TREE) '$(BASE)'
	git -C $(BASE_TREE) checkout --quiet --force --detach '$(BASE)'
	cd $(BASE_TREE) && CARGO_TARGET_DIR=$(BASE_TARGET) $(CARGO) build --release --locked --bin mock-server

.PHONY: calibrate-real
SUITES ?= 60
calibrate-real: build ## compare a build with itself SUITES (60) times, which has to find nothing; goes on where it was stopped
	$(BIN)/golden calibrate --suites $(SUITES) --server '$(BIN)/mock-server $(SERVE)' $(ARGS)

.PHONY: load
PROFILE ?= light
load: build ## run a load profile (PROFILE=light); ARGS='--scale 0.1' shortens it: docs/load.md
	$(BIN)/soak load $(PROFILE) $(ARGS)

.PHONY: flake
flake: build ## run the suite 50 times cold, warm and on busy cores: how often does a test fail; ARGS='--runs 10'
	$(BIN)/golden flake $(ARGS)

.PHONY: prove prove-smoke
prove: build ## prove the guard: which test notices which fault, and which nobody does; under 10 minutes
	$(BIN)/golden prove $(ARGS)

prove-smoke: build ## three cells and one control of the same, under a minute
	$(BIN)/golden prove --smoke --out-json artifacts/prove-smoke.json $(ARGS)

.PHONY: soak soak-smoke soak-proof
soak: build ## soak the server for 15 minutes: invariants in every window, and no growth; ARGS='--duration 1h'
	$(BIN)/soak run $(ARGS)

soak-smoke: build ## 30 seconds of it, judged by its invariants alone
	$(BIN)/soak run --duration 30s --window 5s --accept-insufficient-leak-check --out-json artifacts/soak-smoke.json $(ARGS)

soak-proof: build ## prove that the soak finds a leak of 1 MB a minute, and none where there is none: 10 minutes
	$(BIN)/soak prove $(ARGS)

.PHONY: baseline
baseline: build ## measure anew and write baselines/golden_baseline.json; see baselines/README.md first
	$(BIN)/golden run --update-baseline $(ARGS)

# The load of a build is let fade before anything is measured.
SETTLE ?= 5m
.PHONY: gate gate-here verify perf-baseline
gate: build ## measure this tree's server and hold it to the frozen baseline: docs/gate.md
	$(BIN)/gate check --settle $(SETTLE) $(ARGS)

FROZEN_TREE := artifacts/gate/frozen
FROZEN_TARGET := $(abspath $(TARGET_DIR))/frozen
gate-here: build ## the same on another machine than the baseline's: measures the frozen commit here first
	frozen=$$(sed -n 's/.*"commit": "\([0-9a-f]\{40\}\)".*/\1/p' baselines/baseline_cp1.json); \
	git rev-parse --verify --quiet "$$frozen^{commit}" >/dev/null || { echo "make gate-here: the frozen commit $$frozen is not here; fetch it" >&2; exit 4; }; \
	git worktree prune; \
	[ -e $(FROZEN_TREE)/.git ] || git worktree add --force --detach $(FROZEN_TREE) "$$frozen"; \
	git -C $(FROZEN_TREE) checkout --quiet --force --detach "$$frozen"; \
	(cd $(FROZEN_TREE) && CARGO_TARGET_DIR=$(FROZEN_TARGET) $(CARGO) build --release --locked --bin mock-server); \
	measured=$$($(BIN)/gate bench --settle $(SETTLE) --server-bin $(FROZEN_TARGET)/release/mock-server --server-commit "$$frozen" \
	  --out-dir artifacts/gate/measured); \
	$(BIN)/gate check --settle $(SETTLE) --baseline "$$measured" $(ARGS)

verify: build ## find frozen files that changed without an entry in baselines/BUMPS.md; AGAINST=REF looks at its history too
	$(BIN)/gate verify $(if $(AGAINST),--against '$(AGAINST)') $(ARGS)

REASON ?= measurement-correction
perf-baseline: build ## measure from a clean tree and freeze it: REASON=… WHAT='…' WHY='…' FITS='…'; see baselines/README.md first
	@[ -n '$(WHAT)' ] && [ -n '$(WHY)' ] && [ -n '$(FITS)' ] || { echo "make perf-baseline needs WHAT='…' WHY='…' FITS='…': docs/gate.md" >&2; exit 2; }
	@[ -z "$$(git status --porcelain)" ] || { echo "make perf-baseline: the working tree has changes; commit them first" >&2; exit 2; }
	measured=$$($(BIN)/gate bench --settle $(SETTLE)); \
	$(BIN)/gate bump --reason '$(REASON)' --what '$(WHAT)' --why '$(WHY)' --policy-still-fits '$(FITS)' --artifact "$$measured" $(ARGS)

.PHONY: test
test: ## run every test; needs nothing but Rust
	$(CARGO) test --workspace --locked

# Features of the whole workspace, so that nothing but the server is built again.
PAGE := --features mock-server/api-page

.PHONY: test-page
test-page: ## test the server's page to read and try the API on, which make test builds the server without
	$(CARGO) test --workspace --locked $(PAGE) --test page

.PHONY: serve serve-page
serve: build ## start the reference server on 127.0.0.1:8000; ARGS=… adds flags
	$(BIN)/mock-server serve $(ARGS)

serve-page: ## the same with a page to read and try the API on, at /docs
	$(CARGO) build --release --locked --workspace --exclude abuse --bins $(PAGE)
	$(BIN)/mock-server serve $(ARGS)

.PHONY: bench
bench: ## measure the reference server, against nginx where that is installed: docs/benchmarks.md
	$(CARGO) bench --locked -p mock-server --no-fail-fast

.PHONY: abuse
abuse: ## run every hostile or clumsy client against the server; ARGS='--only slow' picks some
	$(CARGO) build --release --locked --workspace --bin mock-server --bin abuse
	$(BIN)/abuse $(ARGS)

# Frame pointers are what perf walks the stack by; a directory of its own, because they change every crate.
FLAME_S ?= 10
FLAME_DIR := $(abspath $(TARGET_DIR))/flame

.PHONY: flame
flame: ## where the server's CPU time goes under load: artifacts/flame.svg; needs perf; FLAME_S=10 seconds
	@command -v perf >/dev/null || { echo "make flame needs perf: apt-get install linux-perf" >&2; exit 4; }
	RUSTFLAGS='-C force-frame-pointers=yes' $(CARGO) build --profile flame --locked -p mock-server --bin mock-server --target-dir $(FLAME_DIR)
	BENCH_SERVER=$(FLAME_DIR)/flame/mock-server BENCH_SECONDS=$(FLAME_S) $(CARGO) bench --locked -p mock-server --bench flame -- $(abspath artifacts)/flame.svg

.PHONY: bench-instructions
bench-instructions: ## hold the hot paths' instruction counts to baselines/instruction_counts.json; needs valgrind
	@command -v valgrind >/dev/null || { echo "make bench-instructions needs valgrind: apt-get install valgrind" >&2; exit 4; }
	$(CARGO) bench --locked -p mock-server --bench instructions -- $(ARGS)

.PHONY: calibrate
calibrate: ## simulate what the comparison of base and head finds, and how often it cries wolf: docs/calibration.md
	$(CARGO) run --release --locked -p perf-guard --example calibrate -- docs/calibration.md

.PHONY: test-audio
test-audio: ## hold the audio to ffmpeg; needs ffmpeg and ffprobe
	@command -v ffmpeg ffprobe >/dev/null || { echo "make test-audio needs ffmpeg and ffprobe: apt-get install ffmpeg" >&2; exit 4; }
	$(CARGO) test --locked -p mock-server --test e2e ffmpeg -- --ignored

FUZZ_ENV := artifacts/fuzz-api/venv
FUZZ_NEEDS := mock-server/api-fuzz/requirements.txt

.PHONY: fuzz-api
fuzz-api: build ## hold the server to its OpenAPI document with schemathesis; needs python3 with venv, and PyPI
	@python3 -c 'import ensurepip, venv' 2>/dev/null || { echo "make fuzz-api needs python3 with venv: apt-get install python3-venv" >&2; exit 4; }
	@cmp -s $(FUZZ_NEEDS) $(FUZZ_ENV)/requirements.txt || { rm -rf $(FUZZ_ENV) && python3 -m venv $(FUZZ_ENV) && \
	  $(FUZZ_ENV)/bin/pip install --quiet --disable-pip-version-check --requirement $(FUZZ_NEEDS) && \
	  cp $(FUZZ_NEEDS) $(FUZZ_ENV)/requirements.txt; } || { echo "make fuzz-api needs PyPI" >&2; exit 4; }
	MOCK_SERVER=$(abspath $(BIN))/mock-server VENV=$(abspath $(FUZZ_ENV)) OUT=$(abspath artifacts/fuzz-api) mock-server/api-fuzz/run

LOCUST_ENV := artifacts/locust/venv
LOCUST_NEEDS := deploy/locust/requirements.txt

.PHONY: locust
locust: build ## run PROFILE (light) by Locust and by soak load, and hold the two to each other; needs python3 with venv, and PyPI
	@python3 -c 'import ensurepip, venv' 2>/dev/null || { echo "make locust needs python3 with venv: apt-get install python3-venv" >&2; exit 4; }
	@cmp -s $(LOCUST_NEEDS) $(LOCUST_ENV)/requirements.txt || { rm -rf $(LOCUST_ENV) && python3 -m venv $(LOCUST_ENV) && \
	  $(LOCUST_ENV)/bin/pip install --quiet --disable-pip-version-check --requirement $(LOCUST_NEEDS) && \
	  cp $(LOCUST_NEEDS) $(LOCUST_ENV)/requirements.txt; } || { echo "make locust needs PyPI" >&2; exit 4; }
	python3 deploy/locust/compare.py --bin $(BIN) --locust $(LOCUST_ENV)/bin/locust --profile $(PROFILE) --out artifacts/locust $(ARGS)

# What is fuzzed has no unsafe code for a sanitizer to watch, and without one the stable toolchain will do.
FUZZ_S ?= 60
FUZZ_RUN = cd mock-server && $(CARGO) fuzz
FUZZ_TARGETS := representation fault_flag
# What a run finds stays here; the tracked corpus is only read, until fuzz-min takes over what adds to it.
FUZZ_FOUND := $(abspath artifacts/fuzz)

.PHONY: fuzz fuzz-min fuzz-tools
fuzz-tools:
	@command -v cargo-fuzz >/dev/null || { echo "make fuzz needs cargo-fuzz: cargo install --locked cargo-fuzz" >&2; exit 4; }
	@command -v c++ >/dev/null || { echo "make fuzz needs a C++ compiler for libFuzzer: apt-get install g++" >&2; exit 4; }

fuzz: fuzz-tools ## fuzz ranges, conditional requests and the flag form of faults, FUZZ_S seconds each (60); needs cargo-fuzz and a C++ compiler
	for target in $(FUZZ_TARGETS); do mkdir -p $(FUZZ_FOUND)/$$target && \
	  ($(FUZZ_RUN) run --sanitizer none $$target $(FUZZ_FOUND)/$$target fuzz/corpus/$$target fuzz/seeds/$$target -- \
	    -max_total_time=$(FUZZ_S) -max_len=600 -timeout=5) || exit 1; done

fuzz-min: fuzz-tools ## copy what make fuzz found and adds coverage into the tracked corpus, and keep of that what is needed; needs the same
	@for target in $(FUZZ_TARGETS); do [ -n "$$(ls -A $(FUZZ_FOUND)/$$target 2>/dev/null)" ] || \
	  { echo "make fuzz-min: $(FUZZ_FOUND)/$$target holds nothing new: run make fuzz first" >&2; exit 4; }; done
	for target in $(FUZZ_TARGETS); do \
	  ($(FUZZ_RUN) run --sanitizer none $$target fuzz/corpus/$$target $(FUZZ_FOUND)/$$target -- \
	    -merge=1 -use_counters=0) || exit 1; \
	  ($(FUZZ_RUN) cmin --sanitizer none $$target -- -set_cover_merge=1 -use_counters=0) || exit 1; done

.PHONY: fmt lint doc audit ci
fmt: ## check the format
	$(CARGO) fmt --all --check

lint: ## clippy, every warning an error
	$(CARGO) clippy --workspace --all-targets --all-features --locked -- -D warnings

doc: ## build the documentation, every warning an error
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps --locked

audit: ## licences, bans and sources of the dependencies; advisories where their database can be had
	@command -v cargo-deny >/dev/null || { echo "make audit needs cargo-deny: cargo install --locked cargo-deny" >&2; exit 4; }
	$(CARGO) deny --all-features --locked check --hide-inclusion-graph bans licenses sources
	@if $(CARGO) deny fetch db 2>/dev/null; then $(CARGO) deny --locked check --hide-inclusion-graph advisories; \
	else echo "advisories: not checked, the database cannot be reached from here"; fi

ci: fmt lint doc ## what CI checks with Rust alone
	@if command -v cargo-deny >/dev/null; then $(MAKE) audit; else echo "audit: skipped, cargo-deny is not installed"; fi
	$(MAKE) test

# The image holds one static binary and nothing else.
STATIC_TARGET ?= $(shell rustc -vV | sed -n 's/^host: //p')
STATIC_BIN := $(TARGET_DIR)/$(STATIC_TARGET)/release/mock-server
IMAGE ?= touchstone/mock-server:latest

.PHONY: static image compose-golden
static: ## build the static server binary that the image holds
	RUSTFLAGS='-C target-feature=+crt-static --cfg getrandom_backend="linux_getrandom"' \
	  $(CARGO) build --release --locked -p mock-server --target $(STATIC_TARGET)

image: static ## build the server's image; needs a Docker engine, pulls nothing
	@docker info >/dev/null 2>&1 || { echo "make image needs a Docker engine: none answers" >&2; exit 4; }
	mkdir -p artifacts/image && cp $(STATIC_BIN) artifacts/image/mock-server
	docker build --tag $(IMAGE) --file Dockerfile artifacts/image

COMPOSE := $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)
COMPOSE_URL := http://127.0.0.1:8000

compose-golden: image build ## run the suite against the server in a container; needs Docker with Compose
	@$(COMPOSE) version >/dev/null 2>&1 || { echo "make compose-golden needs Docker Compose" >&2; exit 4; }
	IMAGE=$(IMAGE) $(COMPOSE) up -d
	for try in {1..60}; do $(BIN)/mock-server healthcheck --url $(COMPOSE_URL) 2>/dev/null && break || sleep 0.5; done; \
	status=0; $(BIN)/golden run --api-base $(COMPOSE_URL) $(ARGS) || status=$$?; \
	[ $$status = 0 ] || $(COMPOSE) logs; \
	$(COMPOSE) down; exit $$status
