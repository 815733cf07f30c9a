#!/usr/bin/env bash
# Every test but the benchmark and the fuzzers, cheap to faithful. All suites run, even after a failed one;
# the last line sums them up.
source "$(dirname "$0")/common.sh"
source dev/toolchain.sh
source dev/tools.sh

passed=0
failed=0
broken=""

# The numbers that a runner's closing lines name: cargo's and wasm-bindgen's, pytest's, or ours (ok, FAIL).
passed_in() {
  awk '{ gsub(/\033\[[0-9;]*m/, "") }
    /^test result: / { n += $4 }
    /^=+ .* in [0-9.]+s/ { for (i = 2; i <= NF; i++) if ($i ~ /^passed/) n += $(i - 1) }
    /^ok   / { n++ }
    END { print n + 0 }' "$1"
}
failed_in() {
  awk '{ gsub(/\033\[[0-9;]*m/, "") }
    /^test result: / { n += $6 }
    /^=+ .* in [0-9.]+s/ { for (i = 2; i <= NF; i++) if ($i ~ /^(failed|errors?)/) n += $(i - 1) }
    /^FAIL / { n++ }
    END { print n + 0 }' "$1"
}

# suite "name" command…
suite() {
  local name=$1 log began=$SECONDS status=0 good bad
  shift
  log=$LOGS/suite-$(printf '%s' "$name" | tr -cs 'A-Za-z0-9' '-').log
  say ""
  say "=== $name"
  "$@" 2>&1 | tee "$log" || status=$?
  good=$(passed_in "$log")
  bad=$(failed_in "$log")
  # What did not even start counts as one failure.
  if [ "$status" != 0 ] && [ "$bad" = 0 ]; then bad=1; fi
  if [ "$status" = 0 ] && [ "$good" = 0 ]; then say "No test ran: that is a failure."; bad=1; fi
  passed=$((passed + good))
  failed=$((failed + bad))
  [ "$bad" = 0 ] || broken="$broken
  $name: $log"
  say "=== $name: $good passed, $bad failed, $((SECONDS - began)) s"
}

# The crate's core on WebAssembly, in another host than Envoy: 32 bits, under Node.
web() {
  choose_wasm wasm32-unknown-unknown
  need_node
  need_wasm_bindgen
  CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=$WASM_BINDGEN_RUNNER \
    wasm_cargo wasm32-unknown-unknown test --test web
}

# Everything is installed before the first test, so that a lack shows at once.
choose_wasm wasm32-wasip1
need_wasm_opt
need_envoy
pip_install e2e "the Python SDK and pytest" -r tests/e2e/requirements.txt
need_node_modules
need_wasm_bindgen
export ORQ_BUILT=yes

suite "check" bash dev/check.sh
if bash dev/build.sh; then
  suite "native" cargo test --no-fail-fast
  suite "wasm under node" web
  suite "configurations" bash dev/validate.sh
  suite "make run" python3 dev/smoke.py
  suite "end to end" bash dev/e2e.sh
else
  failed=$((failed + 1))
  broken="$broken
  build: nothing behind it was tested"
fi

say ""
if [ -z "${ORQ_CORPUS:-}" ]; then
  say "ORQ_CORPUS is not set: no recorded traffic was replayed, only the goldens in tests/golden."
fi
[ -z "$broken" ] || say "Failed, with their logs:$broken"
say "$passed passed, $failed failed"
[ "$failed" = 0 ]
