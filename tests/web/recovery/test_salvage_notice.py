""" "We saved your items": what its link does, and what happens when the shopper just comes back."""

from datetime import timedelta

import pytest
from flask import Flask

from app.config import Config
from app.database.tenancy import use_store
from app.recovery import salvage
from app.recovery.links import make_links
from tests.abandoning import rows, this_store
from tests.conftest import NOW, TestStore
from tests.factories import make_product
from tests.recovering import path_of
from tests.web.recovery.test_landing import EMAIL, PASSWORD, Left, Visitor


@pytest.fixture(autouse=True)
def today(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the day on which the tests' carts were left."""
    clock = app.config["CLOCK"]
    monkeypatch.setattr(type(clock), "now", lambda self: NOW)


class Saved(Left):
    """A cart that was salvaged: two throws beside the lamp that was saved before. `notice` is where its letter leads."""

    def __init__(self, app: Flask, store: TestStore, config: Config) -> None:
        super().__init__(app, store, config)
        with app.app_context(), use_store(store.id):
            assert salvage.salvage(this_store(), NOW + timedelta(days=8)) == 1
            [notice] = rows("SELECT id FROM messages WHERE kind = 'saved_notice'")
            self.notice = path_of(make_links(notice.id, NOW).recover)


@pytest.fixture
def left(app: Flask, store: TestStore, config: Config) -> Saved:
    return Saved(app, store, config)


@pytest.fixture
def stranger(app: Flask, store: TestStore) -> Visitor:
    return Visitor(app, store)


@pytest.fixture
def owner(app: Flask, store: TestStore, left: Saved) -> Visitor:
    browser = Visitor(app, store)
    assert browser.post("/account/sign-in", email=EMAIL, password=PASSWORD).status_code == 303
    browser._token = ""
    return browser


def test_coming_back_and_adding_one_thing_brings_everything_back(left: Saved, owner: Visitor) -> None:
    assert owner.counts() == (0, 2)
    page = owner.get("/cart").text
    assert "Wool throw" in page
    owner.adds(left.inside(make_product, "Teapot").variant_id)
    assert owner.counts() == (3, 0)
    assert "We put the 2 items you saved for your next purchase back in your cart." in owner.get("/cart").text


def test_the_notice_puts_back_exactly_what_was_moved_and_once(left: Saved, owner: Visitor) -> None:
    page = owner.get(left.notice).text
    assert "Welcome back. We saved your items for your next purchase." in page
    assert "Wool throw" in page
    assert "Lamp" not in page, "it was saved before"
    answer = owner.presses(page, left.notice)
    assert answer.status_code == 303
    assert owner.counts() == (1, 1)
    owner.post("/cart/panes/next_purchase/lines")
    assert owner.presses(page, left.notice).status_code == 200
    assert owner.counts() == (0, 2), "once"


def test_once_it_was_taken_back_the_link_leads_to_the_cart(left: Saved, owner: Visitor) -> None:
    page = owner.get(left.notice).text
    owner.presses(page, left.notice)
    assert owner.presses(page, left.notice).status_code == 303
    for path in (left.notice, left.path):
        answer = owner.get(path)
        assert answer.status_code == 303
        assert "/cart" in answer.headers["Location"]


def test_so_it_does_when_the_page_took_it_back(left: Saved, owner: Visitor) -> None:
    page = owner.get(left.notice).text
    [cart] = left.inside(rows, "SELECT version FROM carts")
    owner.post("/cart/undo", version=cart.version)
    assert owner.counts() == (1, 1)
    owner.presses(page, left.notice)
    assert owner.counts() == (1, 1)


def test_looking_changes_nothing_and_strangers_get_copies(left: Saved, stranger: Visitor) -> None:
    before = left.state()
    page = stranger.get(left.notice).text
    assert left.state() == before
    assert "Wool throw" in page
    assert "Lamp" not in page
    assert EMAIL not in page
    stranger.presses(page, left.notice)
    assert stranger.counts() == (1, 0)


def test_the_links_of_the_reminders_before_it_lead_to_the_same_things(left: Saved, owner: Visitor) -> None:
    page = owner.get(left.path).text
    assert "Welcome back. We saved your items for your next purchase." in page
    owner.presses(page, left.path)
    assert owner.counts() == (1, 1)
    assert owner.get(left.notice).status_code == 303
