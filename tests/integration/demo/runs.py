"""Running `python -m app.demo` as somebody would from a terminal."""

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 30.0


class Run:
    """One `python -m app.demo` on an instance folder, ready for requests."""

    def __init__(self, instance: Path, *arguments: str, **variables: str) -> None:
        self.instance = instance
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.demo", *arguments],
            cwd=ROOT,
            env={**bare_environment(), "INSTANCE": str(instance), "PORT": "0", "YEAR": "0", **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self.origin = ""

    def wait_until_ready(self) -> "Run":
        """Read up to the READY line, and note its address."""
        self.wait_for("READY ")
        self.origin = self.lines[-1].split()[1]
        return self

    def wait_for(self, beginning: str) -> None:
        """Read up to a line that begins like this."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith(beginning):
                return
        raise AssertionError("\n".join(self.lines))

    def end(self, signum: signal.Signals) -> int:
        """Signal it, and return its exit code."""
        self.process.send_signal(signum)
        return self.ended()

    def ended(self) -> int:
        """Wait for its end, and return its exit code."""
        assert self.process.stdout
        with self.process.stdout:
            self.lines += [line.rstrip("\n") for line in self.process.stdout]
        return self.process.wait(PATIENCE)


def bare_environment() -> dict[str, str]:
    """The environment of a fresh terminal; other tests put the application's settings into this process's."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
