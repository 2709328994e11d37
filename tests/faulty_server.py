"""A loopback HTTP server that keeps a provider's contract (given as a function) and fails on demand: `server.fault = …`."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Reply = tuple[int, dict[str, str], bytes]
FAULTS = (
    "500",  # nothing was done
    "503",
    "busy",  # 429, with a wait asked for
    "busy until",  # the same with a date
    "unauthorised",
    "hang",
    "hang after",  # it was done, and no answer comes
    "drip",  # a byte now and then, for ever
    "drip headers",
    "short",  # fewer bytes than announced
    "huge",  # more than anybody wants to read
    "garbage",  # a page of something in between, with status 200
    "gateway",  # the same with 502
    "gateway slow",  # and with 504
    "redirect",
    "reset",  # nothing was done
    "reset after",
)


@dataclass(frozen=True)
class Asked:
    """A request as it came. Names of headers are in small letters."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Server:
    """Where it listens, what came, and what goes wrong next: once, or for `ever`."""

    url: str = ""
    fault: str = ""
    for_ever: bool = False
    requests: list[Asked] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving(server: Server, answer: Callable[[Asked], Reply]) -> Iterator[None]:
    """Listen on a free port; `answer` carries a request out."""
    listening = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server, answer))
    listening.daemon_threads = True
    server.url = f"http://127.0.0.1:{listening.server_port}"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.released.set()
        listening.shutdown()
        listening.server_close()
        thread.join()


def _handler(server: Server, answer: Callable[[Asked], Reply]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked("POST", self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            server.requests.append(asked)
            fault = server.fault
            if not server.for_ever:
                server.fault = ""
            with suppress(OSError):
                if fault:
                    self._fail(fault, asked)
                else:
                    self._send(*answer(asked))

        def handle(self) -> None:
            with suppress(OSError):  # whoever gave up has hung up
                super().handle()

        def log_message(self, *_: object) -> None:
            pass

        def _fail(self, fault: str, asked: Asked) -> None:
            assert fault in FAULTS, fault
            if fault.endswith("after"):
                answer(asked)
            match fault:
                case "500" | "503":
                    self._send(int(fault), {}, b'{"errors": [{"message": "Something went wrong."}]}')
                case "busy":
                    self._send(429, {"Retry-After": "17"}, b"{}")
                case "busy until":
                    self._send(429, {"Retry-After": "Fri, 31 Dec 2999 23:59:59 GMT"}, b"{}")
                case "unauthorised":
                    self._send(401, {}, b"{}")
                case "hang" | "hang after":
                    server.released.wait(20)
                    self.close_connection = True
                case "drip" | "drip headers":
                    head = b"HTTP/1.1 200 OK\r\n"
                    self._drip(head + (b"X-Slow: " if "headers" in fault else b"Content-Length: 99999\r\n\r\n"))
                case "short":
                    self.wfile.write(b'HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{"sid": "SM')
                    self.close_connection = True
                case "huge":
                    self._send(201, {}, b" " * 1_000_000)
                case "garbage" | "gateway" | "gateway slow":
                    status = {"garbage": 200, "gateway": 502, "gateway slow": 504}[fault]
                    self._send(status, {}, b"<html>\xff\xfe")
                case "redirect":
                    self._send(302, {"Location": f"{server.url}/elsewhere"}, b"")
                case "reset" | "reset after":
                    self.connection.close()

        def _drip(self, head: bytes) -> None:
            self.wfile.write(head)
            while not server.released.wait(0.05):
                self.wfile.write(b"x")
                self.wfile.flush()

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return Handler
