"""A shopper's browser for web tests: reads the hidden fields of a page as a browser would, with or without HTMX."""

import re
from html import unescape
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import TestStore, browser_at


class Browser:
    """One browser at one store."""

    def __init__(self, app: Flask, store: TestStore) -> None:
        self.client = browser_at(app, store)
        self._token = ""

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        """Load a page."""
        response = self.client.get(path, **kwargs)
        found = re.search(r'name="csrf_token" value="([^"]+)"', response.text)
        if found:
            self._token = unescape(found[1])
        return response

    @property
    def token(self) -> str:
        """The CSRF token of this browser's session, as the last form page carried it."""
        if not self._token:
            self.get("/cart")
        return self._token

    def post(self, path: str, *, htmx: bool = False, **fields: Any) -> TestResponse:
        """Send a form with a fresh operation id."""
        headers = {"HX-Request": "true", "HX-Request-Type": "partial"} if htmx else {}
        data = {"csrf_token": self.token, "op_id": str(uuid4()), **{key: str(value) for key, value in fields.items()}}
        return self.client.post(path, data=data, headers=headers)

    def adds(self, variant_id: UUID, quantity: object = 1, pane: str = "active", **options: Any) -> TestResponse:
        """Add an item from a product page."""
        return self.post("/cart/items", variant_id=variant_id, quantity=quantity, pane=pane, **options)

    def line_ids(self) -> list[str]:
        """The lines of the cart page, in order."""
        return re.findall(r'<li class="line[^"]*" id="line-([0-9a-f-]{36})"', self.get("/cart").text)

    def counts(self) -> tuple[int, int]:
        """How many lines are in this order and in next purchase."""
        page = self.get("/cart").text
        now, _, later = page.partition('id="next-purchase"')
        return now.count('<li class="line'), later.count('<li class="line')
