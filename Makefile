# campusgate. `make` alone prints this help.
SHELL       := /bin/sh
GO          ?= go
BIN         := bin/campusgate
VERSION     := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
GOLANGCI    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
export CGO_ENABLED ?= 0

.PHONY: help build run test test-go test-race test-web test-influxdb2 test-history check-samples screenshots fuzz bench lint vuln ui ui-check fmt clean

help: ## Print this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build bin/campusgate
	$(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(BIN) ./cmd/campusgate

run: build ## Build and start the whole system with a simulated county (needs only Go and make)
	./$(BIN) demo $(ARGS)

test: ui-check test-web test-go test-race ## Run every test (needs mosquitto, chromium, sipp, curl, Node 20 and gcc; see .ci/run)

test-go: dashboard/web/node_modules ## Run the command's own tests at full speed: the whole system, killed and restarted
	$(GO) test -timeout 20m ./cmd/campusgate/...

test-race: ## Run all other Go tests with the race detector
	CGO_ENABLED=1 $(GO) test -race -timeout 20m $$($(GO) list ./... | grep -v /cmd/campusgate)

test-web: dashboard/web/node_modules ## Run the page's type check, unit tests and browser tests
	cd dashboard/web && npm test && npm run e2e

test-influxdb2: ## Run the InfluxDB contract tests against a real InfluxDB 2.7 (built on first use)
	sh gateway/influx/influxdb2.sh

test-history: ## Read a year's gate log of 5 million passages (make test takes 500,000)
	CAMPUSGATE_HISTORY_ROWS=5000000 $(GO) test -count=1 -timeout 30m -run TestHistory -v ./cmd/campusgate/bench

check-samples: ## Run the adapters over ../shared/samples, where that folder exists
	@out=$$(mktemp) && $(GO) test -count=1 -run TestSamples -v ./adapters/... >$$out; code=$$?; \
	printf '%-20s %8s %8s %8s %8s %8s\n' family samples decoded nothing refused wrong; \
	sed -n 's/.*samples| //p' $$out | sort; test $$code -eq 0 || cat $$out; rm -f $$out; exit $$code

fuzz: ## Fuzz every decoder and codec for FUZZTIME each (default 30s)
	GO="$(GO)" FUZZTIME="$${FUZZTIME:-30s}" sh configs/bench/fuzz.sh

bench: build ## Measure: ingest, latency, drain, fan-out, start-up (and Telegraf, where it is on PATH)
	./$(BIN) bench $(ARGS)

lint: ## Formatting, vet, golangci-lint, go.mod, import rules
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) mod tidy -diff
	$(GO) run $(GOLANGCI) run ./...

vuln: ## Look for known vulnerabilities in what the program calls (needs the vulnerability database)
	$(GO) run $(GOVULNCHECK) ./...

ui: dashboard/web/node_modules ## Rebuild the page into dashboard/web/dist
	cd dashboard/web && npm run build

ui-check: ui ## Prove that the committed page equals a rebuild of its source
	@git diff --exit-code --stat -- dashboard/web/dist && \
	  test -z "$$(git status --porcelain -- dashboard/web/dist)" || \
	  { echo "dashboard/web/dist differs from its source: run make ui and commit it"; exit 1; }

screenshots: ui ## Take pictures of every page, and the README's (needs chromium; ARGS="alarms shift" for some)
	cd dashboard/web && npm run shots -- $(ARGS)

dashboard/web/node_modules: dashboard/web/package-lock.json
	cd dashboard/web && npm ci --no-audit --no-fund
	@touch $@

fmt: ## Format the Go files
	gofmt -w $$(git ls-files '*.go')

clean: ## Remove what was built
	rm -rf bin .cache dashboard/web/node_modules
