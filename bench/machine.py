"""What the machine is and how much CPU whole process trees have used, from /proc: the figure that other people's load does not move."""

import importlib.metadata
import os
import platform
from collections.abc import Iterable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def tree_seconds(roots: Iterable[int]) -> float:
    """The CPU time, user and system, of processes and all their descendants, also of those that have ended."""
    parents = {pid: fields[1] for pid, fields in _processes().items()}
    used = 0.0
    for pid, fields in _processes().items():
        if pid in roots or _descends(pid, parents, set(roots)):
            used += sum(fields[11:15])  # utime, stime, and those of children that were waited for
    return used / TICKS


def busy_seconds() -> float:
    """The CPU time that everybody on this machine has used."""
    user, nice, system, _idle, _iowait, irq, softirq, *_ = map(int, Path("/proc/stat").read_text().split()[1:11])
    return (user + nice + system + irq + softirq) / TICKS


def load() -> str:
    """The load averages of one, five and fifteen minutes."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def description(postgresql: str, valkey: str) -> str:
    """One line: cores, kernel, versions."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    granian = importlib.metadata.version("granian")
    return (
        f"{os.cpu_count()} cores ({model}), Linux {platform.release()}, Python {platform.python_version()}, "
        f"PostgreSQL {postgresql}, Valkey {valkey}, granian {granian}"
    )


def _processes() -> dict[int, list[int]]:
    """Per process the numbers of /proc/<pid>/stat that follow the name; the first, its state, as 0."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has just ended
                continue
            found[int(folder.name)] = [0, *map(int, fields[1:15])]
    return found


def _descends(pid: int, parents: dict[int, int], roots: set[int]) -> bool:
    while pid := parents.get(pid, 0):
        if pid in roots:
            return True
    return False
