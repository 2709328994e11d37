"""The scenarios: what each visitor of a crowd sends, byte for byte."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from bench.crowd import HOST, Crowd, Visitor
from bench.load import OP_ID


@dataclass(frozen=True)
class Scenario:
    """A row of the table. `limit` names the row it is held against."""

    name: str
    visits: Callable[[Crowd], list[list[str]]]
    limit: str = ""
    alone: bool = False


def cart_page(visitor: Visitor) -> str:
    """A browser asking for its cart."""
    return _get("/cart", visitor)


def add_item(visitor: Visitor, number: int = 0) -> str:
    """HTMX putting one more of something into the active pane: a line grows, so that pages keep their size."""
    variant = visitor.variants[number % len(visitor.variants)]
    fields = {"csrf_token": visitor.token, "variant_id": variant, "quantity": 1, "pane": "active"}
    body = f"op_id={OP_ID}&{urlencode(fields)}"
    headers = [
        "HX-Request: true",
        "HX-Request-Type: partial",
        f"Origin: https://{HOST}",
        "Sec-Fetch-Site: same-origin",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    ]
    return _head("POST", "/cart/items", visitor, headers) + body


def mix(visitor: Visitor, number: int) -> list[str]:
    """Four looks at the cart and one addition, the addition each time at another place."""
    sent = [cart_page(visitor)] * 4
    sent.insert(number % 5, add_item(visitor, number))
    return sent


SHOP = (
    Scenario(
        "cart page (customer)", lambda crowd: [[cart_page(one)] for one in crowd.customers], "page, raw query", True
    ),
    Scenario("cart page (guest)", lambda crowd: [[cart_page(one)] for one in crowd.guests], "page, raw query", True),
    Scenario("add item (customer)", lambda crowd: [_adds(one) for one in crowd.customers], "pgbench: add item", True),
    Scenario("add item (guest)", lambda crowd: [_adds(one) for one in crowd.guests], "bare Flask", True),
    Scenario("80/20 mix", lambda crowd: [mix(one, at) for at, one in enumerate(crowd.customers)], "page, raw query"),
    Scenario("product list", lambda crowd: [[_get("/products", one)] for one in crowd.customers], "bare Flask", True),
    Scenario(
        "product page",
        lambda crowd: [
            [_get(f"/products/{crowd.handles[at % len(crowd.handles)]}", one)] for at, one in enumerate(crowd.customers)
        ],
        "bare Flask",
        True,
    ),
)
LIMITS = (
    Scenario("bare Flask", lambda crowd: _same("/ok"), alone=True),
    Scenario("bare Flask, page's bytes", lambda crowd: _same("/bytes"), alone=True),
    Scenario(
        "page, raw query", lambda crowd: [[_get(f"/page?cart={n}", None)] for n in range(len(crowd.reads))], "", True
    ),
)


def _adds(visitor: Visitor) -> list[str]:
    return [add_item(visitor, number) for number in range(len(visitor.variants))]


def _same(path: str) -> list[list[str]]:
    return [[_get(path, None)]] * 100


def _get(path: str, visitor: Visitor | None) -> str:
    return _head("GET", path, visitor, ["Sec-Fetch-Site: none"])


def _head(method: str, path: str, visitor: Visitor | None, more: Iterable[str]) -> str:
    """What a browser sends, its usual headers included: reading them is part of the work."""
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {HOST}",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        f"Accept-Language: {visitor.language if visitor else 'en'}",
        "Accept-Encoding: gzip, deflate, br",
        *([f"Cookie: {visitor.cookie}"] if visitor else []),
        *more,
    ]
    return "\r\n".join(lines) + "\r\n\r\n"
