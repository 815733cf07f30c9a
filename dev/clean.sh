#!/usr/bin/env bash
# Removes what was built or written by a run.
source "$(dirname "$0")/common.sh"
find target -mindepth 1 -maxdepth 1 ! -name tools -exec rm -rf {} +
rm -f "$TOOLS/module.stamp"
say "Removed everything below target/ but target/tools (delete it by hand to start from nothing)."
