# Thin on purpose: each target is one script in dev/, which says what it does and installs what it lacks.
# Ports of `make run`: PORT, ADMIN_PORT, FAKE_PORT.

.DEFAULT_GOAL := help
.PHONY: help build run test check e2e bench fuzz generate clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

build: ## Build the module: target/orq_ai_proxy.wasm
	@bash dev/build.sh

run: ## Start Envoy, the module and a fake provider; a real one for each key in the environment (Ctrl-C ends it)
	@bash dev/run.sh

test: ## Everything below but bench and fuzz; ends with "N passed, N failed"
	@bash dev/test.sh

check: ## Format, lints, rules of the code, generated files
	@bash dev/check.sh

e2e: ## OpenAI's SDKs through a real Envoy; ARGS="-k stream" goes to pytest
	@bash dev/e2e.sh $(ARGS)

bench: ## Plain Envoy against Envoy with the filter; target/bench.json
	@bash dev/bench.sh

fuzz: ## Every fuzz target for FUZZ_SECONDS each (60)
	@bash dev/fuzz.sh

generate: ## Write what is generated from the providers' rows: docs/PROVIDERS.md, clusters, the demonstration
	@bash dev/generate.sh

clean: ## Remove what was built (target/tools, which takes minutes to install, stays)
	@bash dev/clean.sh
