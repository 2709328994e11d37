"""A mail server that breaks where it is told to. What it took is in `taken`; how often it was called in `calls`."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

FAULTS = (
    "drip greeting",
    "busy greeting",  # 421 instead of a greeting
    "close after greeting",
    "drip reply",  # to MAIL FROM
    "hang up at data",  # instead of "go on"
    "hang up within",  # while the text is coming
    "hang",  # it took the text and says nothing
    "hang up after",  # it took the text, and the connection ends
    "garbage after",
    "drip after",
)


@dataclass
class MailServer:
    """Where it listens, and what goes wrong. `goodbye_after`: so many messages it takes in one conversation."""

    url: str = ""
    fault: str = ""
    goodbye_after: int = 0
    replies: dict[str, str] = field(default_factory=dict)  # instead of 250, by command: MAIL, RCPT, DATA, TEXT
    taken: list[bytes] = field(default_factory=list)
    calls: int = 0
    released: threading.Event = field(default_factory=threading.Event)


@contextmanager
def running() -> Iterator[MailServer]:
    """The server, on a port of its own."""
    state = MailServer()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            state.calls += 1
            with suppress(OSError):
                Conversation(state, self).lead()

    with Server(("127.0.0.1", 0), Handler) as server:
        state.url = f"smtp://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield state
        finally:
            state.released.set()
            server.shutdown()
            thread.join()


class Conversation:
    """One connection."""

    def __init__(self, state: MailServer, lines: socketserver.StreamRequestHandler) -> None:
        self._state = state
        self._lines = lines
        self._taken = 0

    def lead(self) -> None:
        """Until somebody hangs up."""
        fault = self._state.fault
        if fault == "drip greeting":
            return self._drip(b"220 ")
        if fault == "busy greeting":
            return self._say("421 4.3.2 too many of you")
        self._say("220 stand-in")
        if fault == "close after greeting":
            return None
        while line := self._lines.rfile.readline():
            if not self._answer(line.decode("ascii").strip()):
                return None
        return None

    def _answer(self, line: str) -> bool:
        command, fault = line[:4].upper(), self._state.fault
        if self._state.goodbye_after and self._taken >= self._state.goodbye_after and command == "MAIL":
            self._say("421 4.7.0 enough for one conversation")
            return False
        if command in self._state.replies:
            self._say(self._state.replies[command])
            return True
        match command:
            case "EHLO":
                self._say("250 stand-in")
            case "MAIL" if fault == "drip reply":
                self._drip(b"250-")
            case "DATA" if fault == "hang up at data":
                return False
            case "DATA":
                return self._take_text()
            case "QUIT":
                self._say("221 bye")
                return False
            case _:
                self._say("250 fine")
        return True

    def _take_text(self) -> bool:
        self._say("354 go on")
        fault, lines = self._state.fault, []
        while (line := self._lines.rfile.readline()) != b".\r\n":
            if not line or fault == "hang up within":
                return False
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        if "TEXT" in self._state.replies:
            self._say(self._state.replies["TEXT"])
            return True
        self._state.taken.append(b"".join(lines))
        self._taken += 1
        match fault:
            case "hang":
                self._state.released.wait(20)
                return False
            case "hang up after":
                return False
            case "garbage after":
                self._say("hello there")
                return False
            case "drip after":
                self._drip(b"250-")
                return False
        self._say("250 taken")
        return True

    def _drip(self, beginning: bytes) -> None:
        self._lines.wfile.write(beginning)
        while not self._state.released.wait(0.05):
            self._lines.wfile.write(b"x")

    def _say(self, line: str) -> None:
        self._lines.wfile.write(line.encode() + b"\r\n")
