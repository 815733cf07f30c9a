#!/usr/bin/env bash
# Loads every Envoy configuration that is shipped, with the module: `envoy --mode validate`, one line each.
# Envoy validates neither ECDS nor CDS files, so dev/flatten.py puts them into the bootstrap first.
# docker-compose.yml is checked by `docker compose config` where that exists, else against its JSON schema.
source "$(dirname "$0")/common.sh"
source dev/toolchain.sh
source dev/tools.sh

[ -f "$ORQ_MODULE" ] || bash dev/build.sh
need_envoy
pip_install yaml "PyYAML" "PyYAML==6.0.3"
failed=0
mkdir -p target/validate

python3 dev/render.py --out target/validate/fake > /dev/null
# The keys that configurations read from the environment.
while read -r _ name _; do export "$name=only-validated"; done < dev/keys

result() { # name, log, status
  if [ "$3" = 0 ]; then say "ok   $1"; else failed=1; tail -n 20 "$2"; say "FAIL $1"; fi
}

validate() { # name, bootstrap
  local status=0 flat log
  flat=target/validate/$(printf %s "$1" | tr -cs 'A-Za-z0-9' '-').json
  log=$flat.log
  { "$TOOLS/venv/bin/python" dev/flatten.py "$2" > "$flat" &&
    "$ENVOY" --mode validate -c "$2" -l warning &&
    "$ENVOY" --mode validate -c "$flat" -l warning; } > "$log" 2>&1 || status=$?
  # What a later Envoy will refuse is refused here already.
  if grep -q 'Deprecated field' "$log"; then status=1; fi
  result "$1" "$log" "$status"
}

validate envoy/envoy.yaml envoy/envoy.yaml
validate "make run" target/validate/fake/envoy.yaml
python3 dev/render.py --out target/validate/real > /dev/null
validate "make run with real providers" target/validate/real/envoy.yaml
for file in envoy/examples/*.yaml; do
  if grep -q '^static_resources:' "$file"; then validate "$file" "$file"; fi
done

status=0
if docker compose version > /dev/null 2>&1; then
  docker compose config --quiet > target/validate/compose.log 2>&1 || status=$?
else
  pip_install compose "a linter for docker-compose.yml" check-jsonschema==0.39.0
  "$TOOLS/venv/bin/check-jsonschema" --builtin-schema vendor.compose-spec docker-compose.yml \
    > target/validate/compose.log 2>&1 || status=$?
fi
result docker-compose.yml target/validate/compose.log "$status"
[ "$failed" = 0 ] || exit 1
