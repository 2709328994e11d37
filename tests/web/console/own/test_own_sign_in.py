"""One's own sign-in: the sessions with their devices, ending them; what a passkey form refuses without a passkey."""

import re

import pytest
from flask import Flask

from app.audit import log
from app.console import sign_in_pages
from app.database.tenancy import use_store
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD
from tests.conftest import TestStore
from tests.web.accounts.visitor import Visitor

EMAILS = {account.role: account.email for account in DEMO_ACCOUNTS}
OWN = "/console/you"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1"


def signed_in(app: Flask, store: TestStore, agent: str, role: str = "analyst") -> Visitor:
    visitor = Visitor(app, store)
    visitor.http.environ_base["HTTP_USER_AGENT"] = agent
    assert visitor.sign_in_to_console(EMAILS[role], PASSWORD).status_code == 303
    return visitor


def test_sessions_are_listed_with_their_device_and_this_one_is_marked(app: Flask, staffed: TestStore) -> None:
    here, _there = signed_in(app, staffed, FIREFOX), signed_in(app, staffed, IPHONE)
    page = here.get(OWN).text
    assert "Firefox on Windows" in page
    assert "Safari on iPhone" in page
    assert page.count("this one") == 1
    assert page.count('name="session"') == 1, "one does not sign oneself out here"
    assert "127.0.0.1" in page
    assert "فایرفاکس" not in here.get(f"{OWN}?lang=fa").text


def test_one_session_is_ended(app: Flask, staffed: TestStore) -> None:
    here, there = signed_in(app, staffed, FIREFOX), signed_in(app, staffed, IPHONE)
    (mark,) = re.findall(r'name="session" value="([^"]+)"', here.get(OWN).text)
    stranger = signed_in(app, staffed, FIREFOX, "seller")
    assert stranger.post(f"{OWN}/sign-out/one", {"session": mark}, page=OWN).status_code == 404
    assert there.get("/console").status_code == 200
    assert here.post(f"{OWN}/sign-out/one", {"session": mark}, page=OWN).status_code == 303
    assert there.get("/console").status_code == 303
    assert here.get("/console").status_code == 200
    with app.app_context(), use_store(staffed.id):
        assert log.list_entries()[0].action == "session_ended"


def test_an_address_of_numbers_has_no_passkeys(app: Flask, staffed: TestStore) -> None:
    page = signed_in(app, staffed, FIREFOX).get(OWN).text
    assert "data-passkey" in page
    for host, possible in (("127.0.0.1:8000", False), ("[::1]:8000", False), ("shop.example:8000", True)):
        with app.test_request_context("/", base_url=f"http://{host}"):
            assert sign_in_pages.passkeys_possible() is possible


def test_all_others_are_ended(app: Flask, staffed: TestStore) -> None:
    here, *others = (signed_in(app, staffed, FIREFOX) for _ in range(3))
    assert here.post(f"{OWN}/sign-out/others", page=OWN).status_code == 303
    assert [one.get("/console").status_code for one in (here, *others)] == [200, 303, 303]


@pytest.mark.parametrize(
    "credential", ["", "{}", "nonsense", '{"id": "AAAA", "response": {}}'], ids=["none", "empty", "text", "unknown"]
)
def test_what_is_no_passkey_is_refused(app: Flask, staffed: TestStore, credential: str) -> None:
    guest, here = Visitor(app, staffed), signed_in(app, staffed, FIREFOX)
    for asked in (False, True):
        if asked:
            assert guest.post("/console/sign-in/passkey/challenge", page="/console/sign-in").json["challenge"]
            assert here.post(f"{OWN}/passkeys/challenge", page=OWN).json["user"]["name"] == EMAILS["analyst"]
        answer = guest.post("/console/sign-in/passkey", {"credential": credential}, page="/console/sign-in")
        assert answer.status_code == 422
        assert here.post(f"{OWN}/passkeys", {"credential": credential}, page=OWN).status_code == 422
    assert guest.get("/console").status_code == 303
    assert "You have none yet." in here.get(OWN).text
