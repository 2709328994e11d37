"""Addresses of our own pages, each made once: working one out costs more than a line of the page that links to it.

And which of them lead somewhere: what somebody typed with a slash at its end, where the page of an answer to a form can be read.
"""

from functools import lru_cache
from urllib.parse import quote, urlsplit

from flask import Flask, g, request, url_for
from flask.globals import request_ctx


def address(endpoint: str, /, **values: object) -> str:
    """What url_for answers: within this site, the same for everybody."""
    return _made(endpoint, tuple(values.items()))


@lru_cache(maxsize=16_384)
def _made(endpoint: str, values: tuple[tuple[str, object], ...]) -> str:
    return url_for(endpoint, **dict(values))  # type: ignore[arg-type]


def without_slash() -> str | None:
    """Where the address of this request leads without the slash at its end, query and all; None if nowhere."""
    path = request.path.rstrip("/")
    if request.method not in ("GET", "HEAD") or request.url_rule or path == request.path or not _can_be_read(path):
        return None
    if {".", ".."} & set(path.split("/")):  # which the browser would take for steps upwards
        return None
    query = request.query_string.decode("latin-1")
    return f"{quote(path)}?{query}" if query else quote(path)


def read_at(address: str) -> None:
    """Say where the page that answers this form can be read; needed only where its own address, and those above it, mislead."""
    g.read_at = address


def readable() -> tuple[str, str]:
    """Path and query of this page for coming back to it: after a form where it was filled in, else the nearest page above."""
    if request.method in ("GET", "HEAD"):
        return request.path, request.query_string.decode("latin-1")
    if told := g.get("read_at"):
        return urlsplit(told).path, urlsplit(told).query
    if _can_be_read(request.path):
        return request.path, request.query_string.decode("latin-1")
    origin = urlsplit(request.referrer or "")
    if origin.netloc == request.host and _can_be_read(origin.path):
        return origin.path, origin.query
    path = request.path
    while path := path.rpartition("/")[0]:
        if _can_be_read(path):
            return path, ""
    return "/", ""


def _can_be_read(path: str) -> bool:
    adapter = request_ctx.url_adapter
    return bool(path and adapter and adapter.test(path, "GET"))


def init_app(app: Flask) -> None:
    """Have templates use it under the name they know."""
    app.jinja_env.globals["url_for"] = address
