# make help lists the targets.
SHELL := /bin/bash
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X github.com/journeyhook/journeyhook/internal/app.Version=$(VERSION)
GOLANGCI := v2.15.0
AXE := 4.10.3
AXE_SUM := 0f2b4d7dcdf7d1219df8d1959ad68e565f51d14c3f0d88bb71cd59abeb956292
CHAOS_TIME ?= 20m
CHAOS_SEED ?= 1
CHAOS_RATE ?= 200
# A git revision: workers change between this tree's program and that one's. When empty both are of this tree.
CHAOS_OLDER ?=
GUARDS ?= no-msg-id ack-first count-deliveries no-heartbeats no-past no-memory no-renewal no-mending no-hold-end no-stalls
FUZZ_TIME ?= 10m
FUZZ_IN ?= .
# Only the race detector needs cgo; without it all other builds share what they compile.
export CGO_ENABLED := 0

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

.PHONY: build
build: ## build both programs into bin/
	go build -ldflags "$(LDFLAGS)" -o bin/ ./cmd/worker ./cmd/hookctl

.PHONY: dev
dev: ## a whole system here: NATS, Redis, an endpoint, a worker, sample steps
	go run ./cmd/hookctl dev

RACE := CGO_ENABLED=1 go test -race -vet=off -exec 'env CGO_ENABLED=0' -timeout 8m -parallel 8

.PHONY: test
test: ## all tests, with the race detector
	$(RACE) $$(go list ./... | grep -v '/console$$\|/consumer$$')
	$(RACE) ./consumer # by itself, as the next: its clusters and its waits need the processors
	$(RACE) ./console

.PHONY: lint
lint: bin/golangci-lint ## gofmt, vet and the linters of .golangci.yml
	bin/golangci-lint run

bin/golangci-lint:
	GOBIN=$(CURDIR)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)

.PHONY: cover
cover: ## coverage of all packages by all tests, as a page
	go test -coverpkg=./... -coverprofile=cover.out ./...
	go tool cover -html=cover.out -o cover.html

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZ_TIME each
	@set -e; for found in $$(grep -roE --include='*_test.go' '^func Fuzz\w+' $(FUZZ_IN) | sed 's|/[^/]*:func |:|' | sort); do \
	  echo "$$found $(FUZZ_TIME)"; go test -vet=off -run '^$$' -fuzz "^$${found#*:}$$" -fuzztime $(FUZZ_TIME) "$${found%:*}"; \
	done

.PHONY: bench
bench: ## the worker against the bare loop, and the template engine against raymond
	go run ./bench -out bench/results.json
	go test -run '^$$' -bench . -benchtime 500ms ./dispatcher/handlebars

.PHONY: bench-kill
bench-kill: ## the benchmark's scenarios with workers that are killed: no step may be lost, or end twice
	go run ./bench -kill

.PHONY: chaos
chaos: ## real workers, nats-servers and Redis under a seeded plan of faults
	go run ./internal/chaos -time $(CHAOS_TIME) -seed $(CHAOS_SEED) -rate $(CHAOS_RATE) -nodes 0 -older "$(CHAOS_OLDER)"

.PHONY: chaos-away
chaos-away: ## Redis away for ten minutes, and NATS for two of them
	go run ./internal/chaos -away -time 11m -rate 50

.PHONY: chaos-sabotage
chaos-sabotage: ## each guard taken away in turn; the rule that rests on it must be broken
	@set -e; for guard in $(GUARDS); do go run ./internal/chaos -time 45s -drain 2m -rate 100 -sabotage $$guard; done

.PHONY: chart
chart: ## check the Helm chart, the compose file, alerts and dashboard
	cd deploy && go test ./...

.PHONY: image
image: ## build the container image
	docker build --build-arg VERSION=$(VERSION) -t journeyhook:$(VERSION) .

.PHONY: tools
tools: .tools/axe-core/axe.min.js ## install what the tests insist on in CI (Debian)
	@for program in redis-server chromium nginx haproxy; do command -v $$program >/dev/null || PATH=$$PATH:/usr/sbin command -v $$program >/dev/null || missing="$$missing $$program"; done; \
	  test -z "$$missing" || (apt-get update -q && apt-get install -qy --no-install-recommends $$missing)

.tools/axe-core/axe.min.js: # the console's tests check its pages with it
	@command -v npm >/dev/null || (apt-get update -q && apt-get install -qy --no-install-recommends npm)
	@mkdir -p .tools/axe-core && cd .tools && npm pack --silent axe-core@$(AXE) >/dev/null \
	  && echo "$(AXE_SUM)  axe-core-$(AXE).tgz" | sha256sum --check --quiet \
	  && tar xzf axe-core-$(AXE).tgz --strip-components=1 -C axe-core package/axe.min.js && rm axe-core-$(AXE).tgz && touch axe-core/axe.min.js

.PHONY: ci
ci: ## exactly what CI runs
	$(MAKE) --jobs 2 tools build
	CI=true $(MAKE) test
	$(MAKE) fuzz FUZZ_TIME=10000x FUZZ_IN="./dispatcher ./internal ./schema" # a count, since go test may fail at the end of a time; the others have much to compile for it
	$(MAKE) --jobs 2 --output-sync=target checks chaos CHAOS_TIME=60s CHAOS_RATE=100
	go run ./cmd/hookctl dev --exit

# They compute while the rehearsal mostly waits, which has the processors whenever it wants them.
.PHONY: checks
checks:
	test -z "$$(gofmt -l .)"
	nice -n 19 $(MAKE) lint chart
