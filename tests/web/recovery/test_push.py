"""Reminders by push: offered to whom they could reach, saved with the person's word, given up at once, nobody else's touched."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from sqlalchemy import select, update

from app.accounts import passwords
from app.accounts.models import ConsentRow, Customer
from app.channels import vapid
from app.config import Config
from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.recovery import preferences, push_subscriptions, suppression
from app.recovery.message_models import PushSubscriptionRow
from app.recovery.values import Channel, SuppressionReason
from tests.conftest import NOW, TestStore
from tests.factories import MadeProduct, make_customer, make_product
from tests.push_service_stand_in import Browser as Subscriber
from tests.shop import open_checkout
from tests.vapid_key import write_vapid_key
from tests.web.browser import Browser
from tests.web.orders.conftest import Buyer

DOOR, REMOVAL = "/push/subscriptions", "/push/subscriptions/removal"
ENDPOINT = "https://fcm.googleapis.com/fcm/send/abc:def"
PASSWORD = "walnut teapot on a saffron shelf"
WORDING = "We show a reminder in this browser when you leave something in your cart. You can turn it off at any time."


@pytest.fixture(scope="module")
def key(tmp_path_factory: Any) -> Path:
    return write_vapid_key(tmp_path_factory.mktemp("keys"))


@pytest.fixture(autouse=True)
def with_key(app: Flask, config: Config, key: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """An installation that can push."""
    configured = msgspec.structs.replace(config, vapid_private_key_file=str(key))
    monkeypatch.setitem(app.config, "DUALCART", configured)
    return configured


@pytest.fixture
def throw(app: Flask, store: TestStore) -> MadeProduct:
    with app.app_context(), use_store(store.id):
        open_checkout()
        return make_product()


@pytest.fixture
def sign_in(app: Flask, store: TestStore, config: Config, throw: MadeProduct) -> Any:
    """A function that gives the browser of a customer with a filled cart."""

    def make(email: str) -> Browser:
        with app.app_context(), use_store(store.id):
            make_customer(email, password_hash=passwords.hash_password(PASSWORD, config))
        browser = Browser(app, store)
        assert browser.post("/account/sign-in", email=email, password=PASSWORD).status_code == 303
        browser._token = ""
        browser.adds(throw.variant_id)
        return browser

    return make


@pytest.fixture
def customer(sign_in: Any) -> Browser:
    made: Browser = sign_in("shirin@example.com")
    return made


@pytest.fixture
def keys() -> dict[str, str]:
    one = Subscriber("/x")
    return {"p256dh": one.p256dh, "auth": one.auth}


def is_on(browser: Browser, endpoint: str = ENDPOINT) -> bool:
    answer = browser.get(f"{DOOR}/{hashlib.sha256(endpoint.encode()).hexdigest()}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return bool(answer.get_json()["on"])


def rows(app: Flask, store: TestStore, table: Any) -> list[Any]:
    with app.app_context(), use_store(store.id):
        found = list(db.session.execute(select(table.__table__).order_by(table.id)))
        db.session.rollback()
        return found


def test_the_worker_has_the_whole_site(app: Flask, store: TestStore) -> None:
    browser = Browser(app, store)
    answer = browser.get("/push-worker.js")
    assert answer.status_code == 200
    assert answer.content_type == "text/javascript; charset=utf-8"
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "showNotification" in answer.text
    assert "fetch" not in answer.text  # no request of a page passes through it
    assert browser.get("/push-worker.js", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_saved_with_the_words_that_were_shown(
    app: Flask, store: TestStore, customer: Browser, keys: dict[str, str], with_key: Config
) -> None:
    page = customer.get("/cart").text
    assert WORDING in page
    assert f'data-key="{vapid.public_key(with_key)}"' in page
    assert not is_on(customer)
    for _press in range(2):  # pressed twice: one browser, one word
        assert customer.post(DOOR, endpoint=ENDPOINT, source="account", **keys).status_code == 204
    (row,) = rows(app, store, PushSubscriptionRow)
    assert (row.endpoint, row.p256dh, row.auth, row.gone_at) == (ENDPOINT, keys["p256dh"], keys["auth"], None)
    (word,) = rows(app, store, ConsentRow)
    assert (word.channel, word.purpose, word.granted, word.wording) == ("push", "reminders", True, WORDING)
    assert (word.locale, word.source, word.customer_id) == ("en", "account", row.customer_id)
    assert is_on(customer)
    assert WORDING in customer.get("/account").text


def test_the_words_are_those_of_the_page_in_persian(
    app: Flask, store: TestStore, customer: Browser, keys: dict[str, str]
) -> None:
    page = customer.get("/cart?lang=fa").text
    assert "در همین مرورگر یادآوری کن" in page
    customer.post(DOOR, endpoint=ENDPOINT, **keys)
    (word,) = rows(app, store, ConsentRow)
    assert word.locale == "fa"
    assert word.wording in page


def test_turned_off_with_a_word_too(app: Flask, store: TestStore, customer: Browser, keys: dict[str, str]) -> None:
    customer.post(DOOR, endpoint=ENDPOINT, **keys)
    for _press in range(2):
        assert customer.post(REMOVAL, endpoint=ENDPOINT).status_code == 204
    assert rows(app, store, PushSubscriptionRow) == []
    assert [(word.granted, word.wording) for word in rows(app, store, ConsentRow)] == [
        (True, WORDING),
        (False, "Turn reminders off"),
    ]
    assert not is_on(customer)
    customer.post(DOOR, endpoint=ENDPOINT, **keys)
    assert is_on(customer)


def test_a_contact_may_and_a_guest_sees_nothing(
    app: Flask, store: TestStore, throw: MadeProduct, keys: dict[str, str]
) -> None:
    buyer = Buyer(app, store)
    buyer.adds(throw.variant_id)
    assert "push.js" not in buyer.get("/cart").text
    answer = buyer.post(DOOR, endpoint=ENDPOINT, **keys)
    assert answer.status_code == 403
    assert "Sign in, or give your email address" in answer.text
    assert buyer.post(REMOVAL, endpoint=ENDPOINT).status_code == 403
    assert not is_on(buyer)
    assert rows(app, store, PushSubscriptionRow) == []
    assert buyer.delivers().status_code == 303
    assert "push.js" in buyer.get("/cart").text
    assert buyer.post(DOOR, endpoint=ENDPOINT, **keys).status_code == 204
    assert is_on(buyer)
    (row,) = rows(app, store, PushSubscriptionRow)
    with app.app_context(), use_store(store.id):
        account = make_customer("shirin@example.com")  # whoever typed this address above may have been anybody
        assert not push_subscriptions.is_on(account, row.endpoint_hash)
        assert preferences.choices(account)[Channel.PUSH].address == ""
        with transaction() as session:  # the contact signs in: it was them
            session.execute(update(Customer).where(Customer.id == row.customer_id).values(merged_into=account))
        assert push_subscriptions.is_on(account, row.endpoint_hash)
        assert preferences.choices(account)[Channel.PUSH].address == ENDPOINT


def test_without_a_key_nothing_is_offered(
    app: Flask, customer: Browser, config: Config, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "push.js" in customer.get("/cart").text
    with monkeypatch.context() as patch:
        patch.setitem(app.config, "DUALCART", config)
        for page in ("/cart", "/account"):
            assert "push.js" not in customer.get(page).text
        assert customer.post(DOOR, endpoint=ENDPOINT, **keys).status_code == 404


BAD = {
    "http": {"endpoint": "http://fcm.googleapis.com/fcm/send/abc"},
    "private-host": {"endpoint": "https://10.0.0.1/push"},
    "loopback": {"endpoint": "https://127.0.0.1/push"},
    "localhost": {"endpoint": "https://localhost/push"},
    "metadata": {"endpoint": "http://169.254.169.254/latest/meta-data"},
    "other-host": {"endpoint": "https://attacker.example/push"},
    "look-alike": {"endpoint": "https://fcm.googleapis.com.attacker.example/push"},
    "user": {"endpoint": "https://fcm.googleapis.com@attacker.example/push"},
    "port": {"endpoint": "https://fcm.googleapis.com:6379/push"},
    "file": {"endpoint": "file:///etc/passwd"},
    "newline": {"endpoint": "https://fcm.googleapis.com/a\r\nX: y"},
    "long": {"endpoint": "https://fcm.googleapis.com/" + "a" * 1_000},
    "empty": {"endpoint": ""},
    "no-key": {"p256dh": ""},
    "no-point": {"p256dh": base64.urlsafe_b64encode(b"\x04" + b"\x01" * 64).decode()},
    "short-secret": {"auth": base64.urlsafe_b64encode(b"x" * 15).decode()},
    "long-secret": {"auth": base64.urlsafe_b64encode(b"x" * 17).decode()},
    "no-secret": {"auth": ""},
    "letters": {"auth": "یک راز شانزده حرفی"},
}


@pytest.mark.parametrize("given", BAD.values(), ids=BAD.keys())
def test_what_no_browser_gives_is_refused(
    app: Flask, store: TestStore, customer: Browser, keys: dict[str, str], given: dict[str, str]
) -> None:
    answer = customer.post(DOOR, **{"endpoint": ENDPOINT, **keys, **given})
    assert answer.status_code == 422
    assert "Reminders cannot be shown in this browser." in answer.text
    assert rows(app, store, PushSubscriptionRow) == rows(app, store, ConsentRow) == []


def test_a_compressed_point_is_refused(customer: Browser, keys: dict[str, str]) -> None:
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    short = point.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    told = {**keys, "p256dh": base64.urlsafe_b64encode(short).decode()}
    assert customer.post(DOOR, endpoint=ENDPOINT, **told).status_code == 422


@pytest.mark.parametrize("door", [DOOR, REMOVAL])
def test_other_sites_and_forms_without_a_token_are_refused(
    app: Flask, store: TestStore, customer: Browser, keys: dict[str, str], door: str
) -> None:
    fields = {"endpoint": ENDPOINT, **keys}
    assert customer.client.post(door, data=fields).status_code == 403
    fields["csrf_token"] = customer.token
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://a.example"}):
        assert customer.client.post(door, data=fields, headers=headers).status_code == 403
    assert rows(app, store, PushSubscriptionRow) == rows(app, store, ConsentRow) == []


def test_somebody_elses_browser_is_not_touched(
    app: Flask, store: TestStore, customer: Browser, sign_in: Any, keys: dict[str, str]
) -> None:
    customer.post(DOOR, endpoint=ENDPOINT, **keys)
    other = sign_in("roya@example.com")
    assert not is_on(other)
    assert other.post(REMOVAL, endpoint=ENDPOINT).status_code == 204
    stranger = Subscriber("/y")
    answer = other.post(DOOR, endpoint=ENDPOINT, p256dh=stranger.p256dh, auth=stranger.auth)
    assert answer.status_code == 409
    assert is_on(customer)
    (row,) = rows(app, store, PushSubscriptionRow)
    assert row.p256dh == keys["p256dh"]
    assert len(rows(app, store, ConsentRow)) == 1


def test_a_browser_that_two_people_use_reminds_the_one_who_asked_last(
    customer: Browser, sign_in: Any, keys: dict[str, str]
) -> None:
    customer.post(DOOR, endpoint=ENDPOINT, **keys)
    other = sign_in("roya@example.com")
    assert other.post(DOOR, endpoint=ENDPOINT, **keys).status_code == 204
    assert (is_on(customer), is_on(other)) == (False, True)


def test_another_store_knows_nothing_of_it(
    app: Flask, make_store: Any, customer: Browser, keys: dict[str, str]
) -> None:
    customer.post(DOOR, endpoint=ENDPOINT, **keys)
    elsewhere = Browser(app, make_store())
    assert not is_on(elsewhere)


def test_asking_again_takes_back_ones_own_word_only(
    app: Flask, store: TestStore, customer: Browser, keys: dict[str, str]
) -> None:
    customer.post(DOOR, endpoint=ENDPOINT, **keys)
    for reason, after in ((SuppressionReason.UNSUBSCRIBED, True), (SuppressionReason.COMPLAINED, False)):
        with app.app_context(), use_store(store.id):
            suppression.suppress("push", ENDPOINT, reason, now=NOW)
        assert not is_on(customer)
        customer.post(DOOR, endpoint=ENDPOINT, **keys)
        assert is_on(customer) is after


def test_nobody_fills_the_table(
    app: Flask, store: TestStore, customer: Browser, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_subscriptions, "BROWSERS_AT_MOST", 2)
    for number in range(4):
        customer.post(DOOR, endpoint=f"{ENDPOINT}{number}", **keys)
    assert [row.endpoint[-1] for row in rows(app, store, PushSubscriptionRow)] == ["2", "3"]


@pytest.mark.parametrize("hashed", ["x", "0" * 64, "A" * 64, "removal", "%00", "0" * 300])
def test_unknown_hashes_are_off(customer: Browser, hashed: str) -> None:
    answer = customer.get(f"{DOOR}/{hashed}")
    assert answer.get_json() == {"on": False}
