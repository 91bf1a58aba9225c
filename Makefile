# Everything a contributor runs. `make help` lists the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Each tool is a module of its own below tools/, so that no linter's dependency ever meets ours.
tool = go tool -modfile=tools/$(1)/go.mod $(1)

export BOTHENDS_INFLUXD ?= $(CURDIR)/.cache/bin/influxd

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/bothends, static
	CGO_ENABLED=0 go build -trimpath -o bin/bothends ./cmd/bothends

# Properties are tried on the same examples each time, so that a change is judged by itself. Plain
# `go test` draws fresh ones, and so does RAPID_SEED=0.
RAPID_SEED ?= 1
.PHONY: test
test: deps ## install what the tests need, then vet and test with the race detector
	go vet ./...
	RAPID_SEED=$(RAPID_SEED) go test -race -timeout=30m ./...

.PHONY: deps
deps: ## install what the tests need and is missing (root, Debian)
	@scripts/install-test-deps.sh

.PHONY: lint
lint: ## everything a reviewer should not have to say
	go test ./internal/archtest
	@unformatted=$$($(call tool,gofumpt) -l -extra=group_params .); \
		[ -z "$$unformatted" ] || { echo "not formatted, run make fmt:"; echo "$$unformatted"; exit 1; } >&2
	go mod tidy -diff
	go fix -diff ./...
	@dead=$$($(call tool,deadcode) -test ./...); \
		[ -z "$$dead" ] || { echo "$$dead"; exit 1; } >&2
	scripts/lint-dockerfile.sh
	$(call tool,golangci-lint) run

.PHONY: fmt
fmt: ## format every Go file
	$(call tool,gofumpt) -w -extra=group_params .

# The whole program under 1,000 links, killed and cut off; then the poller alone under 10,000. What was
# interrupted goes on where it was, with the same SEED. CHAOS picks tests of the poller:
# make chaos CHAOS=TestChaosLoss KILLS=0 POWER_CUTS=0 MIXED=0
SEED ?= 1
KILLS ?= 1000
POWER_CUTS ?= 200
MIXED ?= 120
RESTARTS ?= 200
CHAOS ?= ^TestChaos
.PHONY: chaos
chaos: deps ## 1,000 kills, 200 power cuts, mixed faults, a big network in trouble (SEED=n, root, 2 h)
	go run ./internal/rig/chaos -seed $(SEED) -kills $(KILLS) -power-cuts $(POWER_CUTS) -mixed $(MIXED)
	BOTHENDS_RESTARTS=$(RESTARTS) go test -count=1 -v -timeout=60m -run='^TestRestartsTellOnce$$' ./cmd/bothends
	BOTHENDS_REQUIRE=1 BOTHENDS_CHAOS=1 go test -count=1 -v -timeout=60m -run='$(CHAOS)' ./poller

SOAK ?= 1h
.PHONY: soak
soak: ## an hour with a fault each minute: memory, goroutines and descriptors stay flat (SEED=n, root)
	go run ./internal/rig/chaos -seed $(SEED) -soak $(SOAK)

# Days in one process on virtual time; what was good is not played again. SEEDS are 7, 1..100 or 1,5,9. Each seed runs on
# one processor: two of these at once, with other seeds, fill two.
SEEDS ?= 1..100
HOURS ?= 24
.PHONY: swizzle
# A seed that was good is left out for as long as the code is the same.
swizzle: ## 24 virtual hours of all faults mixed for each of SEEDS=1..100, resumable (HOURS=24)
	done=$(CURDIR)/.cache/swizzle/$(HOURS)h-$$(git rev-parse --short HEAD)-$$(git diff HEAD | cksum | cut -d' ' -f1) && mkdir -p $$done && \
		BOTHENDS_SWIZZLE='$(SEEDS)' BOTHENDS_SWIZZLE_HOURS=$(HOURS) BOTHENDS_SWIZZLE_DONE=$$done \
		go test -count=1 -v -timeout=48h -run='^TestSwizzleSeeds$$' ./cmd/bothends

# MUTANTS picks some: make mutants MUTANTS=torn
MUTANTS ?= .
.PHONY: mutants
mutants: deps ## break the program on purpose: each time a test has to say so (MUTANTS=regexp, 20 min)
	go run ./internal/rig/mutants -run '$(MUTANTS)'

.PHONY: fuzz
fuzz: ## fuzz every target, one after the other (FUZZTIME=20s each; before a release 10m)
	scripts/fuzz.sh $(FUZZTIME)

# For benchstat: make -s bench COUNT=10 > new.txt
BENCH ?= .
COUNT ?= 1
.PHONY: bench
bench: ## run every benchmark (BENCH=regexp COUNT=n)
	go test -run='^$$' -bench='$(BENCH)' -benchmem -count=$(COUNT) ./...

# PEERS holds flags: make bench-peers PEERS='-rounds 5 -cases get'
.PHONY: bench-peers
bench-peers: build ## what a poll costs: bothends, Telegraf, snmp_exporter (PEERS=flags, Linux)
	@scripts/install-peers.sh
	go build -o .cache/peers/peers ./examples/peers
	@.cache/peers/peers $(PEERS)

.PHONY: lab
lab: ## two real routers in network namespaces, to play with (root)
	go run ./examples/lab

.PHONY: lab-long
lab-long: deps ## loss between real routers held against the wire's own count (root, 15 min)
	BOTHENDS_REQUIRE=1 BOTHENDS_LAB_LONG=1 go test -count=1 -v -timeout=40m -run='^TestLossAgainstTheWireLong$$' ./examples/lab
