"""Ten thousand open cart pages and the devices that change their carts, in one loop of one process."""

import http.client
import re
import select
import socket
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import redis

from app.embedded.process import ServerError
from app.live import wire
from bench import scenarios
from bench.crowd import HOST, Visitor
from bench.load import OP_ID

CONNECTIONS = 16  # of the other devices, and as many of the pages that ask again
PAGES_AN_ADDRESS = 20_000  # a loopback address has no more ports
OPENED_AT_ONCE = 200
PATIENCE = 30
FOUND = {name: re.compile(rf'data-{name}="([^"]*)"'.encode()) for name in ("ticket", "version", "shows", "tag")}


@dataclass(eq=False, slots=True)
class Page:
    """An open page: what it shows, and since when it should show something else."""

    visitor: Visitor
    stream: socket.socket
    tag: bytes
    ticket: str
    changed_at: float = 0.0


@dataclass
class Seen:
    """What was measured, in seconds."""

    changes: list[float] = field(default_factory=list)
    heard: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class Line:
    """A kept-alive connection to the shop, one request at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.page: Page | None = None
        self.due = 0.0
        self._received = bytearray()

    def ask(self, page: Page, request: bytes, due: float) -> None:
        self.page, self.due = page, due
        self._received.clear()
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """The answer when it is complete."""
        chunk = self.socket.recv(1 << 18)
        if not chunk:
            raise ConnectionError("the shop closed a kept-alive connection")
        self._received += chunk
        head, separator, body = bytes(self._received).partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        bodiless = head[9:12] == b"304"
        done = separator and (bodiless or (length is not None and len(body) >= int(length[1])))
        return bytes(self._received) if done else None


class Window:
    """The pages, the other devices, and the loop that is all of them."""

    def __init__(self, port: int, live_port: int) -> None:
        self.port, self.live_port, self.asks = port, live_port, True
        self.pages: list[Page] = []
        self.seen = Seen()
        self._by_stream: dict[int, Page] = {}
        self._poll = select.epoll()
        self._lines = {line.socket.fileno(): line for line in (Line(port) for _ in range(2 * CONNECTIONS))}
        for number in self._lines:
            self._poll.register(number, select.EPOLLIN)
        free = list(self._lines.values())
        self._changing, self._asking = deque(free[:CONNECTIONS]), deque(free[CONNECTIONS:])
        self._to_ask: deque[Page] = deque()

    def open(self, visitors: list[Visitor]) -> None:
        """Load each visitor's page, and open its stream."""
        with ThreadPoolExecutor(CONNECTIONS) as readers:
            for start in range(0, len(visitors), OPENED_AT_ONCE):
                some = visitors[start : start + OPENED_AT_ONCE]
                opened = [
                    self._knock(visitor, body, start + at)
                    for at, (visitor, body) in enumerate(zip(some, readers.map(self._load, some), strict=True))
                ]
                for page in opened:
                    self._begun(page)
                self.pages += opened

    def _load(self, visitor: Visitor) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {"Host": HOST, "Cookie": visitor.cookie, "Accept-Language": visitor.language}
        connection.request("GET", "/cart", headers=headers)
        body = connection.getresponse().read()
        connection.close()
        return body

    def _knock(self, visitor: Visitor, body: bytes, number: int) -> Page:
        told = {name: _found(pattern, body) for name, pattern in FOUND.items()}
        source = f"127.0.0.{1 + number // PAGES_AN_ADDRESS}"
        stream = socket.create_connection(("127.0.0.1", self.live_port), PATIENCE, source_address=(source, 0))
        query = f"ticket={told['ticket'].decode()}&v={told['version'].decode()}&shows={told['shows'].decode()}"
        stream.sendall(f"GET /live/cart?{query} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        return Page(visitor, stream, told["tag"], told["ticket"].decode())

    def _begun(self, page: Page) -> None:
        received = b""
        while b"retry: " not in received:
            chunk = page.stream.recv(4096)
            received += chunk
            if not chunk or b" 200 " not in received[:32]:
                raise ServerError(f"a page was not let in: {received[:500]!r}")
        page.stream.setblocking(False)
        self._by_stream[page.stream.fileno()] = page
        self._poll.register(page.stream, select.EPOLLIN)

    def change(self, rate: float, seconds: float) -> None:
        """Change carts at `rate`, one after another, and see them change."""
        began, changed = time.perf_counter(), 0
        while (now := time.perf_counter()) < began + seconds:
            while self._changing and (due := began + changed / rate) <= now:
                page = self.pages[changed % len(self.pages)]
                request = scenarios.add_item(page.visitor, changed // len(self.pages))
                page.changed_at = due
                self._changing.popleft().ask(page, request.replace(OP_ID, str(uuid4())).encode(), due)
                changed += 1
            self._turn(max(0.0, min(0.05, began + changed / rate - time.perf_counter())))
        deadline = time.perf_counter() + 5
        while time.perf_counter() < deadline and len(self.seen.seen) < len(self.seen.changes):
            self._turn(0.05)

    def tell(self, through: "redis.Redis", rate: float, seconds: float) -> None:
        """Say that carts changed without changing them: what the live process does alone. The pages do not ask again."""
        self.asks, began, told = False, time.perf_counter(), 0
        while (now := time.perf_counter()) < began + seconds:
            while (due := began + told / rate) <= now:
                page = self.pages[told % len(self.pages)]
                store_id, topic = UUID(page.ticket.split(".")[0]), page.ticket.split(".")[1]
                page.changed_at, told = due, told + 1
                through.publish(wire.channel(store_id), wire.cart_message(topic, 1_000_000 + told))
            self._turn(max(0.0, min(0.05, began + told / rate - time.perf_counter())))
        deadline = time.perf_counter() + 5
        while time.perf_counter() < deadline and len(self.seen.heard) < told:
            self._turn(0.05)
        self.asks = True

    def _turn(self, patience: float) -> None:
        for number, _ in self._poll.poll(patience):
            if number in self._lines:
                self._answered(self._lines[number])
            else:
                self._heard(self._by_stream[number])
        while self._asking and self._to_ask:
            page = self._to_ask.popleft()
            self._asking.popleft().ask(page, _asks(page), page.changed_at)

    def _heard(self, page: Page) -> None:
        chunk = page.stream.recv(4096)
        if not chunk:
            self.seen.failures.append("a stream ended")
            self._poll.unregister(page.stream)
        elif b"event: changed" in chunk:
            self.seen.heard.append(time.perf_counter() - page.changed_at)
            if self.asks:
                self._to_ask.append(page)

    def _answered(self, line: Line) -> None:
        answer = line.receive()
        if answer is None or line.page is None:
            return
        took = time.perf_counter() - line.due
        asked = b"\r\nlive-ticket:" in answer[:4096].lower()
        (self._asking if asked else self._changing).append(line)
        if answer[9:12] not in (b"200", b"304"):
            self.seen.failures.append(answer[:300].decode(errors="replace"))
        elif asked:
            self.seen.seen.append(took)
            line.page.tag = _found(FOUND["tag"], answer) or line.page.tag
        else:
            self.seen.changes.append(took)


def _asks(page: Page) -> bytes:
    more = ["HX-Request: true", "HX-Request-Type: partial", f'If-None-Match: W/"{page.tag.decode()}"']
    path = f"/cart?region={page.visitor.language}"
    return scenarios._head("GET", path, page.visitor, [*more, "Sec-Fetch-Site: same-origin"]).encode()


def _found(pattern: re.Pattern[bytes], body: bytes) -> bytes:
    match = pattern.search(body)
    return match[1] if match else b""
