#!/usr/bin/env bash
# Envoy with the module, and a fake provider behind every model but those whose provider's key is in the environment.
# PORT, ADMIN_PORT and FAKE_PORT choose other ports, ORQ_KEY another key. Ctrl-C ends everything.
source "$(dirname "$0")/common.sh"
source dev/toolchain.sh
source dev/tools.sh

PORT=${PORT:-10000} ADMIN_PORT=${ADMIN_PORT:-9901} FAKE_PORT=${FAKE_PORT:-10001} ORQ_KEY=${ORQ_KEY:-sk-orq-demo}
need_python
for pair in "PORT $PORT" "ADMIN_PORT $ADMIN_PORT" "FAKE_PORT $FAKE_PORT"; do
  # shellcheck disable=SC2086 # Two words.
  set -- $pair
  python3 - "$2" 2> /dev/null << 'PY' || fail "Port $2 is in use. End what listens there, or choose another one: make run $1=<port>"
import socket, sys
taken = socket.socket()
taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # What merely lingers after a close does not count.
taken.bind(("127.0.0.1", int(sys.argv[1])))
taken.listen()
PY
done

bash dev/build.sh
need_envoy
real=$(python3 dev/render.py --key "$ORQ_KEY" --port "$PORT" --admin-port "$ADMIN_PORT" --fake-port "$FAKE_PORT")

pids=""
stop() {
  trap - EXIT INT TERM
  # shellcheck disable=SC2086 # One pid or two.
  [ -z "$pids" ] || kill $pids 2> /dev/null || true
  wait 2> /dev/null || true
}
trap stop EXIT
trap 'say ""; say "Ended."; exit 0' INT TERM

python3 tests/fake/provider.py --port "$FAKE_PORT" --client-key "$ORQ_KEY" > target/run/fake.log 2>&1 &
pids=$!
# The access log goes to the terminal, one line of JSON a request; Envoy's own log to a file.
"$ENVOY" -c target/run/envoy.yaml --concurrency 2 --use-dynamic-base-id --log-level warning \
  --log-path target/run/envoy.log &
envoy=$!
pids="$pids $envoy"

admin() { python3 -c 'import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=2).read().decode())' \
  "http://127.0.0.1:$ADMIN_PORT/$1" 2> /dev/null; }
ready=""
for _ in $(seq 150); do
  kill -0 "$envoy" 2> /dev/null || break
  stats=$(admin 'stats?filter=update_(success|rejected)$' || true)
  case "$stats" in
    *http_filter.orq.update_rejected:\ [1-9]* | *cds.update_rejected:\ [1-9]*) break ;;
    *http_filter.orq.update_success:\ [1-9]*) ready=yes; break ;;
  esac
  sleep 0.2
done
if [ -z "$ready" ]; then
  tail -n 20 target/run/envoy.log target/run/fake.log
  fail "Envoy does not serve: its log above (target/run/envoy.log) says why."
fi

[ -n "$real" ] || real="none; dev/keys names the variable of each key, like OPENAI_API_KEY"
at=http://localhost:$PORT/v2/proxy
cat << TEXT

The proxy listens on $at
  key       $ORQ_KEY
  real      $real
  fake      every other provider; its answers are made up
  admin     http://127.0.0.1:$ADMIN_PORT
  log       target/run/envoy.log, and each request below

Try it:

curl $at/chat/completions -H "Authorization: Bearer $ORQ_KEY" -H "Content-Type: application/json" -d '{"model":"openai/gpt-4o","messages":[{"role":"user","content":"Hello!"}]}'

curl -N $at/chat/completions -H "Authorization: Bearer $ORQ_KEY" -H "Content-Type: application/json" -d '{"model":"openai/gpt-4o","stream":true,"messages":[{"role":"user","content":"Hello!"}]}'

The same chat, where the provider speaks a language of its own:

TEXT
for model in anthropic/claude-sonnet-4-5 google-ai/gemini-2.5-flash google/gemini-2.5-pro aws/amazon.nova-lite-v1:0 \
  cohere/command-a-03-2025; do
  cat << TEXT
curl $at/chat/completions -H "Authorization: Bearer $ORQ_KEY" -H "Content-Type: application/json" -d '{"model":"$model","messages":[{"role":"user","content":"Hello!"}]}'

TEXT
done
say "Ctrl-C ends everything."
wait "$envoy" || true
fail "Envoy ended by itself: target/run/envoy.log says why."
