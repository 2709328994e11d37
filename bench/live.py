"""`python -m bench.live`: open cart pages that follow, while carts change: how soon it is seen, and what a page costs.

Each page is one shopper's: a stream at the live process, and when that speaks, a conditional request for the page's region,
as static/js/live.js does it. The changes come at fixed rates from "other devices", and are timed from when they are due.
"""

import argparse
import http.client
import re
import resource
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from app.embedded import process
from app.embedded.process import ServerError
from bench import machine, shop
from bench.load import percentile
from bench.pages import PATIENCE, Seen, Window
from bench.shop import ROOT, Shop


@contextmanager
def holding(place: Shop, port: int) -> Iterator[int]:
    """The Procfile's live process; its process id."""
    line = re.search(r"^live: (.*)$", (ROOT / "Procfile").read_text(), re.MULTILINE)
    assert line
    words = re.sub(r"\$\{LIVE_PORT:-\d+\}", str(port), line[1]).replace("0.0.0.0", "127.0.0.1").split()
    variables = {name: value for name, value in place.variables.items() if name != "DATABASE_URL"}
    variables |= {"LIVE_PAGES_PER_ADDRESS": "1000000", "LIVE_PAGES": "1000000"}
    child = process.spawn(
        "live", [sys.executable, "-m", *words], place.instance / "logs" / "live.log", env=variables, cwd=ROOT
    )
    try:
        process.wait_until(lambda: _answers(port), child, PATIENCE)
        yield child.popen.pid
    finally:
        began = time.monotonic()
        child.end(signal.SIGTERM, patience=10)
        print(f"the live process stopped in {time.monotonic() - began:.2f} s")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/live/healthz")
        return b'"hearing": true' in connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _resident(pid: int) -> int:
    """Bytes of memory of a process and its children."""
    own = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(_resident(int(child)) for child in children)


def _row(name: str, times: list[float]) -> str:
    ordered = sorted(times)
    p50, p95, p99 = (percentile(ordered, share) * 1000 for share in (0.5, 0.95, 0.99))
    return f"| {name} | {len(ordered):,} | {p50:.1f} | {p95:.1f} | {p99:.1f} |"


def measure(place: Shop, pages: int, rates: list[float], told: float, seconds: float) -> list[str]:
    """Open, change, print. Returns what went wrong."""
    live_port = shop._free_port()
    where = {"LIVE_URL": f"http://{{host}}:{live_port}/live"}
    with (
        shop.serving(place, "wsgi:app", path="/healthz", variables=where) as (port, web),
        holding(place, live_port) as live,
        redis.Redis.from_url(place.servers.redis_url) as valkey,
    ):
        before, window, began = _resident(live), Window(port, live_port), time.perf_counter()
        crowd = [one for pair in zip(place.crowd.customers, place.crowd.guests, strict=True) for one in pair]
        window.open(crowd[:pages])
        took, each = time.perf_counter() - began, (_resident(live) - before) / pages
        print(f"{pages:,} pages opened in {took:.0f} s; load average {machine.load()}")
        print(f"memory of the live process: {before / 1e6:.0f} MB empty, {each / 1000:.1f} KB for each page\n")
        print("| ms from when the change was due | number | p50 | p95 | p99 |\n| - | -: | -: | -: | -: |")
        watched = place.watched | {"web": [web], "live": [live]}
        failures: list[str] = []
        for rate in rates:
            window.change(rate, 2.0)  # warm up
            window.seen, used = Seen(), _Used(watched)
            window.change(rate, seconds)
            print(_row(f"{rate:g} / s: the change is answered", window.seen.changes))
            print(_row("its page has heard of it", window.seen.heard))
            print(_row(f"its page shows it; {used.cores()}", window.seen.seen))
            lost = len(window.seen.changes) - len(window.seen.seen)
            failures += window.seen.failures[:3] + ([f"{lost} changes were not seen"] if lost > 0 else [])
        window.seen, used = Seen(), _Used(watched)
        window.tell(valkey, told, seconds)
        print(_row(f"{told:g} / s told, not changed: heard; {used.cores()}", window.seen.heard))
        print(f"\nmemory of the live process in the end: {_resident(live) / 1e6:.0f} MB; load average {machine.load()}")
        return failures + window.seen.failures[:3]


class _Used:
    """CPU from now on."""

    def __init__(self, watched: dict[str, list[int]]) -> None:
        self._watched, self._clock, self._mine = watched, time.perf_counter(), time.process_time()
        self._before = {name: machine.tree_seconds(roots) for name, roots in watched.items()}

    def cores(self) -> str:
        """Who kept how many cores busy."""
        spent = time.perf_counter() - self._clock
        shares = {name: machine.tree_seconds(roots) - self._before[name] for name, roots in self._watched.items()}
        shares["generator"] = time.process_time() - self._mine
        return "cores: " + ", ".join(f"{name} {share / spent:.2f}" for name, share in shares.items())


def main() -> int:
    """Set up, measure, take down. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__)
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--rates", type=float, nargs="+", default=[100, 500], help="changes of carts in a second")
    parser.add_argument("--told", type=float, default=500, help="the same, for the live process alone")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--products", type=int, default=1_000)
    given = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # the processes that we start inherit it
    try:
        with shop.opened(given.products, (given.pages + 1) // 2) as place:
            print(machine.description(*place.versions))
            failures = measure(place, given.pages, given.rates, given.told, given.seconds)
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(failures) if failures else "\nAll answers 200, every change was seen.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
