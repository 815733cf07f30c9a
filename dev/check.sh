#!/usr/bin/env bash
# What a change must pass before anything runs: one line each, `ok` or `FAIL`.
source "$(dirname "$0")/common.sh"
source dev/toolchain.sh

failed=0
# check "name" command…: quiet when it succeeds.
check() {
  local name=$1 log began=$SECONDS
  shift
  log=$LOGS/check-$(printf '%s' "$name" | tr -cs 'A-Za-z0-9' '-').log
  if "$@" > "$log" 2>&1; then
    say "ok   $name ($((SECONDS - began)) s)"
  else
    failed=1
    tail -n 60 "$log"
    say "FAIL $name"
  fi
}

clippy_module() {
  if [ "$WASM_WAY" = rustup ]; then
    wasm_cargo wasm32-wasip1 clippy --release --lib -- -D warnings
  else
    # Debian's compiler comes without clippy: its own warnings are what there is. Cargo repeats those of an earlier build.
    wasm_cargo wasm32-wasip1 build --release --lib 2>&1 | tee /dev/stderr | awk '/^warning/ { bad = 1 } END { exit bad }'
  fi
}

# A provider is data: only its row may know its name. (A dialect's room is named after the vendor whose language it is.)
no_provider_by_name() {
  local ids
  ids=$(sed -n 's/^ *id: "\([^"]*\)",.*/\1/p' src/provider/table/*.rs | sort -u | tr '\n' '|')
  [ -n "$ids" ] || { say "No rows were found in src/provider/table."; return 1; }
  find src -name '*.rs' ! -path 'src/provider/*' ! -path 'src/dialect/*' -exec awk -v ids="(${ids%|})" '
    FNR == 1 { tests = 0 }
    /^#\[cfg\(test\)\]/ { tests = 1 }
    !tests && ($0 ~ "\"" ids "\" *(=>|\\|)" || $0 ~ "[=!]= *\"" ids "\"") {
      printf "%s:%d: a provider by name; make it data of its row:%s\n", FILENAME, FNR, $0; bad = 1 }
    END { exit bad }' {} +
}

short_files() {
  find src -name '*.rs' -exec awk '
    { lines[FILENAME]++ }
    END { for (f in lines) if (lines[f] > 600) { print f ": " lines[f] " lines, more than 600: split it"; bad = 1 } exit bad }' {} +
}

# That they compile: libFuzzer itself, in C++, is not needed for that, so any file stands for it.
fuzz_targets() {
  cargo fmt --check --manifest-path fuzz/Cargo.toml &&
    CUSTOM_LIBFUZZER_PATH=fuzz/Cargo.toml RUSTFLAGS="-D warnings" cargo check --locked --manifest-path fuzz/Cargo.toml --bins \
      --target-dir target/fuzz
}

scripts() {
  local script
  for script in dev/*.sh .ci/run; do bash -n "$script" || return 1; done
  if have shellcheck; then shellcheck -x -e SC1091 dev/*.sh .ci/run; fi
}

choose_wasm wasm32-wasip1
{ cargo fmt --version && cargo clippy --version; } > /dev/null 2>&1 ||
  fail "rustfmt and clippy are missing. Run: rustup component add rustfmt clippy"
check "cargo fmt" cargo fmt --check
check "cargo clippy, every target" cargo clippy --all-targets -- -D warnings
check "fuzz targets compile" fuzz_targets
check "warnings of the module" clippy_module
check "no provider by name outside its row" no_provider_by_name
check "no file of src over 600 lines" short_files
check "scripts" scripts
check "generated files are current" cargo test --quiet --test generated
[ "$failed" = 0 ] || exit 1
