#!/usr/bin/env bash
# Runs every target of fuzz/ for FUZZ_SECONDS (60). cargo-fuzz goes to target/tools.
source "$(dirname "$0")/common.sh"
source dev/toolchain.sh
need_rust
[ -f fuzz/Cargo.toml ] || fail "There is no fuzz/Cargo.toml yet."
[ -x "$TOOLS/bin/cargo-fuzz" ] ||
  step "Building cargo-fuzz (once)" "Is crates.io within reach? A C++ compiler is needed too." \
    env CARGO_TARGET_DIR="$TOOLS/build" cargo install cargo-fuzz --root "$TOOLS"
# cargo-fuzz asks the compiler for sanitizers, which are unstable options of the stable compiler.
export RUSTC_BOOTSTRAP=1
python3 fuzz/seeds.py
failed=0
for target in $("$TOOLS/bin/cargo-fuzz" list); do
  say "Fuzzing $target for ${FUZZ_SECONDS:-60} s …"
  "$TOOLS/bin/cargo-fuzz" run "$target" -- -max_total_time="${FUZZ_SECONDS:-60}" -dict=fuzz/words.dict -print_final_stats=1 \
    > "$LOGS/fuzz-$target.log" 2>&1 || {
      failed=1
      grep -a -A4 'panicked at' "$LOGS/fuzz-$target.log" || true
      tail -n 30 "$LOGS/fuzz-$target.log"
    }
  grep -aE 'number_of_executed_units|Done ' "$LOGS/fuzz-$target.log" || true
done
[ "$failed" = 0 ] || fail "A fuzz target found an input that it should bear: the end of its log is above, the input lies in fuzz/artifacts."
