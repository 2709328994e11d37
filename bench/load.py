"""The load generator, a process of its own: HTTP/1.1 over kept-alive sockets, one request under way on each.

`python -m bench.load plan.json` prints a JSON result. A plan's visits are lists of requests of one visitor; a visitor
stays on one connection, so nobody waits for their own cart. OP_ID in a request becomes a fresh operation id each time.
"""

import json
import select
import socket
import sys
import time
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from bench import machine

OP_ID = "OPERATION-ID-OF-THIRTY-SIX-LETTERS--"
CHUNK = 1 << 18
ENOUGH = 10  # failures
PATIENCE = 20


class Plan(msgspec.Struct):
    """What to send, for how long, and whose CPU time to watch meanwhile."""

    port: int
    connections: int
    warm_up: float
    seconds: float
    visits: list[list[str]]
    watched: dict[str, list[int]]


@dataclass
class Result:
    """What was seen in the measured time: seconds of CPU by watched tree, latencies in ms, bytes of an answer on average."""

    answers: int = 0
    seconds: float = 0
    p50: float = 0
    p95: float = 0
    p99: float = 0
    size: int = 0
    cpu: dict[str, float] = field(default_factory=dict)
    generator_cpu: float = 0
    others_cpu: float = 0
    failures: list[str] = field(default_factory=list)


class Connection:
    """One socket: sends the next request when the answer to the last one is complete."""

    def __init__(self, port: int, requests: list[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests, self._next = requests, 0
        self._received, self._missing = bytearray(), -1
        self._operation, self._operations = str(uuid4())[:24], 0
        self.sent_at = 0.0

    def send(self) -> None:
        """Send the next request."""
        request = self._requests[self._next]
        self._next = (self._next + 1) % len(self._requests)
        self._operations += 1
        self._received.clear()
        self._missing = -1
        self.sent_at = time.perf_counter()
        self.socket.sendall(request.replace(OP_ID.encode(), f"{self._operation}{self._operations:012x}".encode()))

    def receive(self) -> bytearray | None:
        """Take what has come; the answer when it is complete."""
        chunk = self.socket.recv(CHUNK)
        if not chunk:
            raise ConnectionError("the server closed a kept-alive connection")
        self._received += chunk
        if self._missing < 0:
            head = self._received.find(b"\r\n\r\n")
            if head < 0:
                return None
            self._missing = head + 4 + _length(bytes(self._received[:head]))
        return self._received if len(self._received) >= self._missing else None


def run(plan: Plan) -> Result:
    """Drive the server as planned."""
    connections = {}
    poll = select.epoll()
    for number in range(plan.connections):
        requests = [request.encode() for request in chain.from_iterable(plan.visits[number :: plan.connections])]
        connection = Connection(plan.port, requests)
        connections[connection.socket.fileno()] = connection
        poll.register(connection.socket, select.EPOLLIN)
        connection.send()
    result = Result()
    latencies: list[float] = []
    _drive(connections, poll, time.perf_counter() + plan.warm_up, result, [])
    result.answers, result.size, before, began = 0, 0, _clocks(plan), time.perf_counter()
    _drive(connections, poll, began + plan.seconds, result, latencies)
    result.size //= max(1, result.answers)
    result.seconds, after = time.perf_counter() - began, _clocks(plan)
    used = {name: after[name] - before[name] for name in after}
    result.generator_cpu, everybody = used.pop("generator"), used.pop("everybody")
    result.cpu, result.others_cpu = used, max(0.0, everybody - sum(used.values()) - result.generator_cpu)
    latencies.sort()
    result.p50, result.p95, result.p99 = (percentile(latencies, share) * 1000 for share in (0.5, 0.95, 0.99))
    return result


def percentile(ordered: list[float], share: float) -> float:
    """The value that `share` of the ordered values do not exceed."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def _drive(
    connections: dict[int, Connection], poll: select.epoll, until: float, result: Result, latencies: list[float]
) -> None:
    while (now := time.perf_counter()) < until or not result.answers:
        if len(result.failures) >= ENOUGH or now > until + PATIENCE:
            return
        for descriptor, _event in poll.poll(max(0.01, until - now)):
            connection = connections[descriptor]
            answer = connection.receive()
            if answer is None:
                continue
            latencies.append(time.perf_counter() - connection.sent_at)
            if answer[9:12] != b"200":
                result.failures.append(answer[:2000].decode(errors="replace"))
            result.answers, result.size = result.answers + 1, result.size + len(answer)
            connection.send()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _colon, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError(f"an answer without a length: {head!r}")


def _clocks(plan: Plan) -> dict[str, float]:
    trees = {name: machine.tree_seconds(roots) for name, roots in plan.watched.items()}
    return trees | {"generator": time.process_time(), "everybody": machine.busy_seconds()}


def main(arguments: list[str]) -> None:
    """Read the plan, drive, print the result."""
    plan = msgspec.json.decode(Path(arguments[0]).read_bytes(), type=Plan)
    result: dict[str, Any] = asdict(run(plan))
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1:])
