#!/usr/bin/env bash
# Builds target/orq_ai_proxy.wasm. WASM_RUSTFLAGS adds compiler flags.
source "$(dirname "$0")/common.sh"
source dev/toolchain.sh
source dev/tools.sh

LIMIT=1700000 # 1.7 MB: what Envoy compiles for each worker before the first request.

choose_wasm wasm32-wasip1
need_wasm_opt
step "Compiling the module ($WASM_WAY)" "The compiler's message above says where." \
  wasm_cargo wasm32-wasip1 build --release --lib
raw=target/wasm/wasm32-wasip1/release/orq_ai_proxy.wasm
made="$(checksum "$raw") -Oz $("$WASM_OPT" --version)"
if ! [ -f "$ORQ_MODULE" ] || ! stamped module "$made"; then
  # The features are the ones that the module itself names.
  step "Optimising the module" "wasm-opt 108 or later is needed." "$WASM_OPT" -Oz "$raw" -o "$ORQ_MODULE.new"
  mv "$ORQ_MODULE.new" "$ORQ_MODULE"
  stamp module "$made"
fi
size=$(wc -c < "$ORQ_MODULE" | tr -d ' ')
if [ "$size" -gt "$LIMIT" ]; then
  fail "target/orq_ai_proxy.wasm has $size bytes, more than the $LIMIT allowed: see what the last change pulled in (twiggy, cargo tree)."
fi
say "target/orq_ai_proxy.wasm: $size bytes of at most $LIMIT"
