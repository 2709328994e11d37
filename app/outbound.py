"""HTTP to machines elsewhere: one deadline for the whole conversation, no redirects, an answer of bounded size.

Common clients bound the wait for each piece of an answer, so an answer that drips in holds a worker as long as it likes.
Here the connection is cut at the deadline. Each request has a connection of its own: over one that was kept, nobody can
tell whether the other side hung up before or after it read the request.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import SplitResult, urlsplit

import certifi

from app import deadlines

LARGEST_ANSWER = 64 * 1024


class NotReached(OSError):
    """There was no connection: the other side has got nothing of the request."""


class PrivateAddress(NotReached):
    """The name stands for machines of a private network only, and those were out of bounds."""


class NoAnswer(OSError):
    """The request was on its way, and no whole answer came: the other side may have acted on it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(
    method: str,
    url: str,
    *,
    seconds: float,
    headers: Mapping[str, str] | None = None,
    body: bytes | str | None = None,
    largest: int = LARGEST_ANSWER,
    public_only: bool = False,
    cut: bool = False,
) -> Answer:
    """One request, answered within `seconds` or given up. Raises NotReached, NoAnswer.

    With `public_only` addresses of private networks are not connected to, whatever the name resolves to (ASVS 1.3.6). With
    `cut` the status alone is an answer: a body that is too long, or does not end in time, is cut off.
    """
    deadline = time.monotonic() + seconds
    address = urlsplit(url)
    connection = HTTPConnection(address.hostname or "", address.port or _port(address))
    connection.default_port = _port(address)  # by which it tells whether Host needs one
    try:
        connection.sock = _connect(address, deadline, public_only)
    except PrivateAddress:
        raise
    except (OSError, ValueError) as error:  # the latter: a name that cannot be one
        raise NotReached(type(error).__name__) from None
    try:
        with cut_after(deadline - time.monotonic(), lambda: connection.sock):
            connection.request(
                method, address._replace(scheme="", netloc="").geturl() or "/", body, dict(headers or {})
            )
            answer = connection.getresponse()
            if cut and time.monotonic() > deadline:  # the headers ended only because the connection did
                raise NoAnswer("too_late")
            content = _beginning(answer, largest) if cut else answer.read(largest + 1)
        if not cut and (len(content) > largest or answer.length or time.monotonic() > deadline):
            raise NoAnswer("incomplete")
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)
    except (OSError, HTTPException) as error:
        raise NoAnswer(type(error).__name__) from None
    finally:
        connection.close()


def _beginning(answer: HTTPResponse, largest: int) -> bytes:
    """As much of the body as comes."""
    parts, room = [], largest
    with suppress(OSError, HTTPException):
        while room > 0 and (part := answer.read1(room)):
            parts.append(part)
            room -= len(part)
    return b"".join(parts)


@contextmanager
def cut_after(seconds: float, connected: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Whatever is done inside with the connection ends after this time, by its being shut."""

    def cut() -> None:
        if (now := connected()) is not None:
            with suppress(OSError):
                socket.socket.shutdown(now, socket.SHUT_RDWR)  # the plain one: TLS's state is its user's alone

    with deadlines.within(max(seconds, 0), cut):
        yield


def _connect(address: SplitResult, deadline: float, public_only: bool) -> socket.socket:
    host, port = address.hostname or "", address.port or _port(address)
    problem: OSError = OSError("no address")
    for family, kind, protocol, _name, where in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if public_only and not ipaddress.ip_address(where[0]).is_global:
            problem = PrivateAddress("a private address")
            continue
        connected = socket.socket(family, kind, protocol)
        try:
            connected.settimeout(max(deadline - time.monotonic(), 0.001))
            connected.connect(where)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if address.scheme == "https":
                connected = _encrypted(connected, host, deadline)
            return connected
        except OSError as error:
            connected.close()
            problem = error
    raise problem


def _encrypted(connected: socket.socket, host: str, deadline: float) -> socket.socket:
    encrypted = _tls().wrap_socket(connected, server_hostname=host, do_handshake_on_connect=False)
    try:
        with cut_after(deadline - time.monotonic(), lambda: encrypted):
            encrypted.do_handshake()
    except OSError:
        encrypted.close()
        raise
    return encrypted


def _port(address: SplitResult) -> int:
    return {"https": 443, "http": 80}[address.scheme]


@cache
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())  # a small system may bring no authorities of its own
    return context
