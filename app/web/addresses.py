"""Addresses of our own pages, each made once: working one out costs more than a line of the page that links to it."""

from functools import lru_cache

from flask import Flask, url_for


def address(endpoint: str, /, **values: object) -> str:
    """What url_for answers: within this site, the same for everybody."""
    return _made(endpoint, tuple(values.items()))


@lru_cache(maxsize=16_384)
def _made(endpoint: str, values: tuple[tuple[str, object], ...]) -> str:
    return url_for(endpoint, **dict(values))  # type: ignore[arg-type]


def init_app(app: Flask) -> None:
    """Have templates use it under the name they know."""
    app.jinja_env.globals["url_for"] = address
