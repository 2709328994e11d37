"""A person with a browser without JavaScript: opens a page, takes its token, sends its form."""

import re
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.database import tenancy
from app.database.base import db
from app.events.models import OutboxRow
from app.tokens import random_token
from tests.conftest import TestStore, browser_at

PASSWORD = "walnut teapot on a saffron shelf"
SIGN_IN = "/account/sign-in"
CONSOLE_SIGN_IN = "/console/sign-in"


def fresh_address() -> str:
    """An address that no test has used."""
    return f"p-{random_token().lower().replace('_', 'x')}z@example.com"


class Visitor:
    """One browser at one store."""

    def __init__(self, app: Flask, store: TestStore) -> None:
        self.app, self.store = app, store
        self.http = browser_at(app, store)

    def get(self, path: str, **how: Any) -> TestResponse:
        """Open a page."""
        return self.http.get(path, base_url=f"http://{self.store.host}", **how)

    def send(self, path: str, data: dict[str, str], **how: Any) -> TestResponse:
        """Send a form as it is given, token or not."""
        return self.http.post(path, data=data, base_url=f"http://{self.store.host}", **how)

    def token(self, page: str = SIGN_IN) -> str:
        """The CSRF token that a page carries."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page).text)
        assert found, f"{page} has no form"
        return found[1]

    def post(self, path: str, data: dict[str, str] | None = None, *, page: str = SIGN_IN, **how: Any) -> TestResponse:
        """Send the form of `page` to `path`."""
        return self.send(path, {"csrf_token": self.token(page), **(data or {})}, **how)

    def register(self, email: str, password: str = PASSWORD, **more: str) -> TestResponse:
        """The first step of registering."""
        return self.post("/account/register", {"email": email, "password": password, **more})

    def enter_code(self, code: str, **how: Any) -> TestResponse:
        """The second step."""
        return self.post("/account/register/code", {"code": code}, page="/account/register/code", **how)

    def create_account(self, email: str, password: str = PASSWORD, **more: str) -> TestResponse:
        """Both steps."""
        self.register(email, password, **more)
        return self.enter_code(self.code_for(email))

    def sign_in(self, email: str, password: str = PASSWORD, **more: str) -> TestResponse:
        """Send the sign-in form."""
        return self.post(SIGN_IN, {"email": email, "password": password, **more})

    def sign_in_to_console(self, email: str, password: str = PASSWORD, **more: str) -> TestResponse:
        """Send the staff's sign-in form."""
        return self.post(CONSOLE_SIGN_IN, {"email": email, "password": password, **more}, page=CONSOLE_SIGN_IN)

    def sign_out(self) -> TestResponse:
        """Press the button on the account page."""
        return self.post("/account/sign-out", page="/account")

    def is_signed_in(self) -> bool:
        """Whether the account page opens."""
        return self.get("/account").status_code == 200

    def session_cookie(self) -> str | None:
        """The value of the session cookie, if the browser has one."""
        cookie = self.http.get_cookie("dualcart", domain=self.store.host)
        return cookie.value if cookie else None

    def carry_session(self, value: str) -> None:
        """Put a session cookie into this browser: a stolen or a planted one."""
        self.http.set_cookie("dualcart", value, domain=self.store.host)

    def letters_to(self, email: str) -> list[dict[str, Any]]:
        """What was recorded for an address, oldest first."""
        with self.app.app_context(), tenancy.use_store(self.store.id):
            rows = db.session.execute(select(OutboxRow.payload).order_by(OutboxRow.id)).scalars()
            return [row for row in rows if row.get("to") == email]

    def code_for(self, email: str) -> str:
        """The newest code sent to an address."""
        return str(self.letters_to(email)[-1]["params"]["code"])
