#!/usr/bin/env bash
# Plain Envoy against Envoy with the filter. benches/gateway/main.rs explains the numbers and its variables.
source "$(dirname "$0")/common.sh"
source dev/toolchain.sh
source dev/tools.sh
bash dev/build.sh
need_envoy
exec cargo bench --bench gateway "$@"
