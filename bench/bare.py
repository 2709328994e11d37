"""What the application is held against: an empty Flask answer, ready bytes, and a page by Jinja from one raw query each.

Served by the same command as the shop. `/ok`, `/bytes` (the cart page as the shop answered it) and `/page?cart=<n>`: the
statements of the cart page, sent by raw psycopg in autocommit, and a page of the same size by a plain Jinja loop.
"""

import os
import pickle
import threading
from pathlib import Path

import psycopg
from flask import Flask, Response, request
from jinja2 import Environment

from bench.crowd import Statement

PAGE = Environment(autoescape=True).from_string("""<!doctype html>
<html lang="en"><head><title>{{ title }}</title></head><body><main>{% for line in lines %}
<li id="{{ line.id }}"><a href="/products/{{ line.title }}">{{ line.title }}</a><strong>{{ line.price }}</strong>
<form method="post"><input type="hidden" name="csrf_token" value="{{ token }}"><input name="quantity" value="{{ line.quantity }}">
{{ filler|safe }}</form></li>{% endfor %}</main></body></html>""")

LINES = 10

app = Flask(__name__)
_body = Path(os.environ["BENCH_BODY"]).read_bytes()
_reads: list[list[Statement]] = pickle.loads(Path(os.environ["BENCH_READS"]).read_bytes())
_here = threading.local()


@app.get("/ok")
def ok() -> Response:
    """Nothing but Flask."""
    return Response(b"ok")


@app.get("/bytes")
def ready() -> Response:
    """The page without making it."""
    return Response(_body, content_type="text/html; charset=utf-8")


@app.get("/page")
def page() -> str:
    """The page with nothing but a query, a loop and the same number of bytes."""
    statements = _reads[int(request.args["cart"]) % len(_reads)]
    connection = _connection(statements[0].text)
    found = [
        connection.execute(query.text, query.parameters, prepare=True).fetchall()
        for query in statements
        if query.parameters
    ]
    lines = [{"id": number, "title": str(found[0][0][0]), "price": "€ 12.00", "quantity": 1} for number in range(LINES)]
    filler = "x" * (max(0, len(_body) - 4000) // LINES)
    return PAGE.render(title="Your cart", token="t" * 90, lines=lines, filler=filler)


def _connection(begin: str) -> psycopg.Connection[tuple[object, ...]]:
    """One for each thread, in the store for good instead of for a transaction."""
    if not hasattr(_here, "connection"):
        _here.connection = psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True)
        for setting in begin.split(";")[1:]:
            _here.connection.execute(setting.replace("SET LOCAL", "SET"))
    found: psycopg.Connection[tuple[object, ...]] = _here.connection
    return found
