"""The official Node SDK through the same proxy: runs the suite in node/ with Node's own test runner."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from conftest import KEY

FOLDER = pathlib.Path(__file__).parent / "node"


def test_the_node_sdk_works_over_every_route(proxy, http_client, capsys):
    node = shutil.which("node")
    if node is None:
        pytest.fail("Node is missing: install Node 20 or later, it runs the tests of the Node SDK.")
    lock, installed = FOLDER / "package-lock.json", FOLDER / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run(["npm", "ci", "--no-fund", "--no-audit"], cwd=FOLDER, check=True, timeout=120)
    environment = dict(os.environ, ORQ_BASE_URL=proxy.base_url, ORQ_KEY=KEY)
    files = sorted(str(file) for file in FOLDER.glob("*.test.mjs"))
    run = subprocess.run([node, "--test", "--test-reporter=tap", *files], cwd=FOLDER, env=environment, timeout=240,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    summary = re.findall(r"^# (?:tests|pass|fail|skipped) \d+$", run.stdout, re.M)
    with capsys.disabled():
        print("\nnode: " + ", ".join(line[2:] for line in summary))
    failed = re.findall(r"^not ok .*?^  \.\.\.$", run.stdout, re.M | re.S)
    assert run.returncode == 0, ("\n".join(failed) or run.stdout)[:8000]
    assert "# skipped 0" in summary and "# tests 0" not in summary
