"""The demo as a whole: it starts, tells, stops, and leaves nothing behind however it ends."""

import json
import os
import re
import shutil
import signal
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.demo.supervisor import start_over
from tests.integration.demo.runs import PATIENCE, Run


def processes_of(instance: Path) -> dict[int, str]:
    """Living processes that name this folder, work in it, or have it in their environment."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_text(errors="replace").replace("\0", " ")
            told = command + (process / "environ").read_text(errors="replace") + str((process / "cwd").resolve())
        except OSError:
            continue
        if str(instance) in told and int(process.name) != os.getpid():
            found[int(process.name)] = command
    return found


def assert_nothing_is_left(instance: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while left := processes_of(instance):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def environment_of(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_text()


def follows(origin: str) -> bool:
    """Whether the cart page says where it listens, and somebody there hears."""
    with urllib.request.urlopen(f"{origin}cart", timeout=5) as answer:
        stream = re.search(r'data-stream="(http://127.0.0.1:\d+/live)/cart"', answer.read().decode())
    assert stream
    with urllib.request.urlopen(f"{stream[1]}/healthz", timeout=5) as answer:
        return bool(json.load(answer)["hearing"])


@pytest.fixture(scope="module")
def instance() -> Iterator[Path]:
    """One folder for the runs of this module, which come one after another."""
    folder = Path(tempfile.mkdtemp(prefix="dualcart-demo-"))
    folder.chmod(0o711)
    yield folder
    start_over(folder)
    shutil.rmtree(folder)


def test_it_starts_serves_refuses_a_twin_and_stops(instance: Path) -> None:
    demo = Run(instance).wait_until_ready()
    assert [line for line in demo.lines if line.startswith("READY")] == [f"READY {demo.origin}"]
    with urllib.request.urlopen(f"{demo.origin}healthz", timeout=5) as answer:
        assert answer.status == 200
    assert follows(demo.origin)
    shop = {
        pid: command for pid, command in processes_of(instance).items() if "granian" in command or "huey" in command
    }
    assert len(shop) >= 3
    assert not [command for pid, command in shop.items() if "DATABASE_OWNER_URL" in environment_of(pid)]
    twin = Run(instance, PORT=demo.origin.rstrip("/").rpartition(":")[2])
    assert twin.ended() == 1
    assert "Another demo runs on" in twin.lines[-1]
    assert demo.end(signal.SIGTERM) == 0
    assert_nothing_is_left(instance)
    assert any("/demo/mailbox" in line for line in demo.lines)


def test_it_goes_on_after_a_kill_and_leaves_nothing_running(instance: Path) -> None:
    secret = (instance / "secret_key").read_text()
    demo = Run(instance).wait_until_ready()
    (instance / "mailbox" / "1.eml").touch()
    demo.end(signal.SIGKILL)
    assert_nothing_is_left(instance)
    assert (instance / "secret_key").read_text() == secret
    assert (instance / "mailbox" / "1.eml").exists()


def test_a_dead_child_ends_the_demo_with_its_name_and_its_log(instance: Path) -> None:
    demo = Run(instance, "--fresh").wait_until_ready()
    assert not (instance / "mailbox" / "1.eml").exists()
    worker = next(pid for pid, command in processes_of(instance).items() if "huey" in command)
    os.kill(worker, signal.SIGKILL)
    assert demo.ended() == 1
    assert demo.lines[-1].startswith("bin/demo: The worker process was killed by SIGKILL")
    assert demo.lines[-1].endswith("logs/worker.log")
    assert_nothing_is_left(instance)


def test_ctrl_c_to_the_whole_group_stops_it_in_order(instance: Path) -> None:
    demo = Run(instance)
    demo.wait_for("Preparing the database")
    os.killpg(demo.process.pid, signal.SIGINT)
    assert demo.ended() == 0
    assert_nothing_is_left(instance)
    assert "Traceback" not in "\n".join(demo.lines)
