"""`python -m bench.cart`: how fast the cart is, beside limits measured in the same run. What it means: docs/performance.md."""

import argparse
import http.client
import pickle
import subprocess
import sys
from collections import defaultdict
from contextlib import ExitStack

import msgspec

from app.embedded.process import ServerError
from bench import machine, pgbench, report, scenarios, shop
from bench.crowd import HOST
from bench.load import Plan, Result
from bench.scenarios import Scenario
from bench.shop import ROOT, Shop

PGBENCH = {"pgbench: cart page": "reads", "pgbench: add item": "adds"}


class Bench:
    """One run: every row once in each round, so that a busy minute of the machine falls on all of them."""

    def __init__(self, place: Shop, seconds: float, connections: int) -> None:
        self.shop, self.seconds, self.connections = place, seconds, connections
        self.rounds: dict[str, list[Result]] = defaultdict(list)
        self.alone: dict[str, list[Result]] = defaultdict(list)
        self.failures: list[str] = []

    def run(self, rounds: int, only: str) -> None:
        """Start both web servers, and drive one at a time."""
        with ExitStack() as stack:
            port, pid = stack.enter_context(shop.serving(self.shop, "wsgi:app", path="/healthz"))
            bare_port, bare_pid = stack.enter_context(
                shop.serving(self.shop, "bench.bare:app", path="/ok", variables=self._bare_variables(port))
            )
            for _ in range(rounds):
                for each in scenarios.SHOP:
                    self._drive(each, port, pid, only)
                for each in scenarios.LIMITS:
                    self._drive(each, bare_port, bare_pid, only)
                for name, kind in PGBENCH.items():
                    if only in name:
                        transactions = getattr(self.shop.crowd, kind)
                        clients = min(self.connections, len(transactions))
                        seen = pgbench.run(self.shop, kind, transactions, clients=clients, seconds=self.seconds)
                        self._note(name, seen, self.rounds)

    def table(self) -> str:
        """What was seen."""
        return report.table(self.rounds, self.alone, {each.name: each.limit for each in scenarios.SHOP})

    def _drive(self, scenario: Scenario, port: int, pid: int, only: str) -> None:
        if only not in scenario.name:
            return
        visits = scenario.visits(self.shop.crowd)
        self._note(scenario.name, self._load(visits, port, pid, self.connections, self.seconds), self.rounds)
        if scenario.alone:
            self._note(scenario.name, self._load(visits, port, pid, 1, self.seconds / 3), self.alone)

    def _load(self, visits: list[list[str]], port: int, pid: int, connections: int, seconds: float) -> Result:
        plan = Plan(port, connections, min(2.0, seconds / 3), seconds, visits, self.shop.watched | {"app": [pid]})
        file = self.shop.instance / "plan.json"
        file.write_bytes(msgspec.json.encode(plan))
        ended = subprocess.run(
            [sys.executable, "-m", "bench.load", str(file)], check=False, cwd=ROOT, capture_output=True
        )
        if ended.returncode:
            return Result(seconds=seconds, failures=[ended.stderr.decode(errors="replace")[-2000:]])
        return msgspec.convert(msgspec.json.decode(ended.stdout), Result)

    def _note(self, name: str, result: Result, where: dict[str, list[Result]]) -> None:
        where[name].append(result)
        rate = result.answers / max(result.seconds, 0.001)
        print(f"  {name}: {rate:,.0f} / s, p50 {result.p50:.2f} ms", file=sys.stderr, flush=True)
        self.failures += [f"{name}, {len(result.failures)} or more: {failure[:300]}" for failure in result.failures[:1]]

    def _bare_variables(self, port: int) -> dict[str, str]:
        """What the limits need of the shop: its page's bytes, its statements, its database."""
        page, reads = self.shop.instance / "page.html", self.shop.instance / "reads.pickle"
        page.write_bytes(_fetch(port, self.shop.crowd.customers[0].cookie))
        reads.write_bytes(pickle.dumps(self.shop.crowd.reads))
        return {"BENCH_BODY": str(page), "BENCH_READS": str(reads), "BENCH_DATABASE": self.shop.libpq_url}


def _fetch(port: int, cookie: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/cart", headers={"Host": HOST, "Cookie": cookie})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200 or body.count(b'<li class="line') != 10:
        raise ServerError(f"the cart page is not the one that was to be measured: {answer.status} {body[:500]!r}")
    return body


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.cart", description=__doc__)
    parser.add_argument("--seconds", type=float, default=6, help="measured time of each row in each round")
    parser.add_argument("--rounds", type=int, default=3, help="the table shows the medians of the rounds")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--products", type=int, default=1000)
    parser.add_argument("--carts", type=int, default=1000, help="of customers, and as many of guests")
    parser.add_argument("--only", default="", help="rows whose names contain this")
    parser.add_argument("--quick", action="store_true", help="see that it runs: a moment each, figures mean nothing")
    given = parser.parse_args()
    if given.quick:
        given.seconds, given.rounds, given.products, given.carts, given.connections = 0.2, 1, 20, 8, 4
    return given


def main() -> int:
    """Set up, measure, print, take down. Returns the exit code: 1 if any answer was not 200."""
    given = _arguments()
    try:
        with shop.opened(given.products, given.carts) as place:
            before = machine.load()
            bench = Bench(place, given.seconds, given.connections)
            bench.run(given.rounds, given.only)
            print(machine.description(*place.versions))
            print(f"{given.connections} connections, {given.rounds} rounds of {given.seconds:g} s, ", end="")
            print(
                f"{given.products} products, {given.carts} + {given.carts} carts; load average {before} → {machine.load()}"
            )
            print(f"\n{bench.table()}\n")
            print("\n".join([*bench.failures, *shop.last_errors(place)]) if bench.failures else "All answers 200.")
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
