# shellcheck shell=bash
# What every script of dev/ starts with: the clone as working directory, and words for what happens.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$PWD
TOOLS=$ROOT/target/tools
LOGS=$ROOT/target/logs
export ORQ_MODULE=$ROOT/target/orq_ai_proxy.wasm
mkdir -p "$TOOLS" "$LOGS"

say() { printf '%s\n' "$*"; }
fail() { printf '\n%s\n' "$*" >&2; exit 1; }
have() { command -v "$1" > /dev/null 2>&1; }

# step "Title" "what to do if it fails" command…: one line when it starts, one when it ends, one each
# 20 seconds between. The output goes to a log; of a failed step its end is shown.
step() {
  local title=$1 hint=$2 log began pid seconds status
  shift 2
  log=$LOGS/$(printf '%s' "$title" | tr -cs 'A-Za-z0-9' '-').log
  began=$SECONDS
  say "$title …"
  "$@" > "$log" 2>&1 &
  pid=$!
  # shellcheck disable=SC2064 # This pid, not that of a later step.
  trap "kill $pid 2> /dev/null; exit 130" INT TERM
  while kill -0 "$pid" 2> /dev/null; do
    sleep 0.2
    seconds=$((SECONDS - began))
    if ((seconds > 0 && seconds % 20 == 0 && seconds != ${told:-0})); then
      told=$seconds
      say "  $title: $seconds s so far: $(tail -n 1 "$log" | tr -d '\r' | cut -c 1-90)"
    fi
  done
  told=0
  status=0
  wait "$pid" || status=$?
  trap - INT TERM
  if ((status != 0)); then
    say "--- the end of $log:"
    tail -n 40 "$log"
    say "---"
    fail "Failed: $title. $hint"
  fi
  say "  $title: done in $((SECONDS - began)) s"
}

# The command, for at most so many seconds (macOS has no `timeout`).
limited() {
  if have timeout; then timeout "$@"; else perl -e 'alarm shift; exec @ARGV' "$@"; fi
}

# A stamp says that something was made from just this: stamped NAME TEXT / stamp NAME TEXT.
stamped() { [ -f "$TOOLS/$1.stamp" ] && [ "$(cat "$TOOLS/$1.stamp")" = "$2" ]; }
stamp() { printf '%s\n' "$2" > "$TOOLS/$1.stamp"; }

# apt_install WHY package…: Debian's and Ubuntu's packages, announced; false where there is no apt or no right to use it.
apt_install() {
  local why=$1 sudo=""
  shift
  have apt-get || return 1
  if [ "$(id -u)" != 0 ]; then
    have sudo || return 1
    sudo=sudo
  fi
  say "$why needs packages of the operating system, outside this folder: $*"
  step "apt-get update" "See whether this machine's package sources answer." $sudo apt-get update
  step "apt-get install $1" "Install them by hand: $*" \
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

checksum() { if have sha256sum; then sha256sum "$@"; else shasum -a 256 "$@"; fi | cut -d ' ' -f 1; }
