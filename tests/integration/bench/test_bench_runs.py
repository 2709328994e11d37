"""The benchmark's command runs from end to end on servers of its own; its figures are nobody's test."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_quick_run_prints_every_row() -> None:
    # its own environment: what the tests' application was told means nothing to it
    names = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")
    environment = {name: os.environ[name] for name in names if name in os.environ}
    ended = subprocess.run(
        [sys.executable, "-m", "bench.cart", "--quick"],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]
    for row in ("cart page (customer)", "add item (guest)", "80/20 mix", "product page", "pgbench: add item"):
        assert f"| {row} |" in ended.stdout
