# shellcheck shell=bash
# Chooses a compiler for WebAssembly. Three ways, the first that works:
#
#   rustup   the target is installed beside the native one, or `rustup target add` installs it
#   debian   Debian's rustc-web, which builds the standard library from rust-web-src: for machines
#            where rustup's servers are out of reach
#
# Afterwards `wasm_cargo` is that compiler's cargo. Native and WebAssembly builds have separate target
# directories (target/, target/wasm), since with Debian's they come from different compilers.

RUST_MIN=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
# V8 has all of these. SIMD is what memchr scans bodies and streams with.
WASM_FEATURES="-C target-feature=+simd128,+bulk-memory,+sign-ext,+nontrapping-fptoint"
WASM_WAY=""

# at_least WANTED HAD: both like 1.95 or 1.95.0
at_least() {
  awk -v want="$1" -v had="$2" 'BEGIN {
    split(want, w, "."); split(had, h, ".")
    for (i = 1; i <= 3; i++) { if (h[i] + 0 > w[i] + 0) exit 0; if (h[i] + 0 < w[i] + 0) exit 1 }
    exit 0 }'
}

need_rust() {
  { have cargo && have rustc; } || fail "Rust is missing. Install it from https://rustup.rs and run this again."
  local version
  version=$(rustc --version | cut -d ' ' -f 2)
  at_least "$RUST_MIN" "$version" || fail "Rust $version is too old: $RUST_MIN or later is needed. Run: rustup update"
}

rustup_has() { [ -d "$(rustc --print sysroot)/lib/rustlib/$1/lib" ]; }

wasm_ld() {
  local linker
  for linker in /usr/bin/wasm-ld-[0-9]*; do [ -x "$linker" ] && basename "$linker"; done | sort -t - -k 3 -n | tail -n 1
}

debian_has() {
  [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] && [ -d /usr/lib/wasm32-wasi ] && [ -n "$(wasm_ld)" ] &&
    [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/std" ] &&
    at_least "$RUST_MIN" "$(/usr/bin/rustc --version | cut -d ' ' -f 2)"
}

debian_install() {
  have apt-cache && apt-cache show rustc-web > /dev/null 2>&1 || return 1
  local lld
  lld=$(apt-cache pkgnames lld- | grep -E '^lld-[0-9]+$' | sort -t - -k 2 -n | tail -n 1)
  [ -n "$lld" ] || return 1
  apt_install "The compiler for WebAssembly" rustc-web cargo-web rust-web-src wasi-libc "$lld" && debian_has
}

# choose_wasm TARGET: sets WASM_WAY. ORQ_WASM_WAY=debian or =rustup forces one.
choose_wasm() {
  local want=${ORQ_WASM_WAY:-}
  need_rust
  if [ "$want" != debian ]; then
    if rustup_has "$1"; then WASM_WAY=rustup; return; fi
    # What rustup could not do once it is not asked again while Debian's compiler is there.
    if [ -z "$want" ] && stamped "no-rustup-$1" "$1" && debian_has; then WASM_WAY=debian; return; fi
    if have rustup; then
      say "Asking rustup for the target $1 (it goes to rustup's own folder) …"
      if limited 120 rustup target add "$1" > "$LOGS/rustup-$1.log" 2>&1 && rustup_has "$1"; then
        WASM_WAY=rustup
        return
      fi
      say "  rustup could not: $(tail -n 1 "$LOGS/rustup-$1.log" | cut -c 1-120)"
      stamp "no-rustup-$1" "$1"
    fi
  fi
  if [ "$want" != rustup ] && { debian_has || debian_install; }; then WASM_WAY=debian; return; fi
  fail "No Rust compiler for $1 here. Run \`rustup target add $1\` where rustup's servers can be reached,
or use Debian 12 or later as root, where its packages rustc-web, rust-web-src, wasi-libc and lld serve."
}

# wasm_cargo TARGET command…: cargo for that target, with its own target directory. Set WASM_RUSTFLAGS for more flags.
wasm_cargo() {
  local target=$1 name flags="$WASM_FEATURES ${WASM_RUSTFLAGS:-}" command=$2
  shift 2
  name=$(printf %s "$target" | tr 'a-z-' 'A-Z_')
  if [ "$WASM_WAY" = rustup ]; then
    env "CARGO_TARGET_${name}_RUSTFLAGS=$flags" \
      cargo "$command" --target "$target" --target-dir target/wasm "$@"
  else
    local std=std,panic_abort linker
    linker=$(wasm_ld)
    [ "$command" != test ] || std=$std,test
    [ "$target" != wasm32-wasip1 ] || flags="-C link-self-contained=no -L native=/usr/lib/wasm32-wasi $flags"
    # RUSTC_BOOTSTRAP: -Z build-std is not stable yet.
    env RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc "CARGO_TARGET_${name}_LINKER=$linker" \
      "CARGO_TARGET_${name}_RUSTFLAGS=$flags" \
      /usr/bin/cargo "$command" --target "$target" --target-dir target/wasm -Z "build-std=$std" "$@"
  fi
}
