#!/usr/bin/env bash
# Writes what is generated from the rows in src/provider/table. `make check` refuses a change that forgot it.
source "$(dirname "$0")/common.sh"
source dev/toolchain.sh
need_rust
UPDATE=1 step "Generating from the rows" "tests/generated.rs says what it could not write." \
  cargo test --test generated
say "Written: docs/PROVIDERS.md, envoy/clusters.yaml, envoy/demo/, dev/keys"
