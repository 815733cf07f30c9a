#!/usr/bin/env bash
# The end-to-end tests; arguments go to pytest.
source "$(dirname "$0")/common.sh"
source dev/toolchain.sh
source dev/tools.sh
[ -n "${ORQ_BUILT:-}" ] || bash dev/build.sh
need_envoy
pip_install e2e "the Python SDK and pytest" -r tests/e2e/requirements.txt
need_node_modules
exec "$TOOLS/venv/bin/python" -m pytest tests/e2e "$@"
