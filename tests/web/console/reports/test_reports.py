"""Reports: however they are cut, their money is the rows' to the cent; the days before beside them; read by whoever may."""

import re
from datetime import timedelta

import pytest
from flask import Flask, current_app
from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD
from app.money import Money
from app.recovery import breakdowns, revenue
from app.recovery.breakdowns import Cut, total
from app.recovery.reports import Period
from app.recovery.rollups import rolling
from app.stores import directory
from tests import measuring
from tests.conftest import TestStore
from tests.factories import make_customer, make_product
from tests.web.accounts.visitor import Visitor

EMAILS: dict[str, str] = {account.role: account.email for account in DEMO_ACCOUNTS}


def at_work(app: Flask, store: TestStore, role: str) -> Visitor:
    visitor = Visitor(app, store)
    assert visitor.sign_in_to_console(EMAILS[role], PASSWORD).status_code == 303
    return visitor


@pytest.fixture
def sold(app: Flask, staffed: TestStore) -> TestStore:
    """Two campaigns, steps and channels, two currencies, an order that went back in part, one that nobody wrote about."""
    with app.app_context(), use_store(staffed.id):
        now = current_app.config["CLOCK"].now()
        products = [make_product(name, price=1_000) for name in ("Felt board", "Wool throw")]
        campaigns = [measuring.make_campaign(name=name) for name in ("First words", "Last words")]
        for at in range(12):
            customer = make_customer(f"shopper{at}@example.com")
            moment = now - timedelta(days=at * 4, hours=3)
            reason = ("just_left", "delivery_cost", "payment_failed")[at % 3]
            episode = measuring.make_episode(
                customer, campaign_id=campaigns[at % 2], opened_at=moment - timedelta(hours=5), reason=reason
            )
            message = measuring.make_message(
                episode, customer, at=moment - timedelta(hours=4), step=1 + at % 3, channel=("email", "sms")[at % 2]
            )
            if at % 4 != 3:
                measuring.happen(message, "clicked", moment - timedelta(hours=2))
            order = measuring.make_order(customer, 7_003 + at * 17, at=moment, currency="IRR" if at % 5 == 4 else "EUR")
            measuring.make_order_line(order, products[at % 2].id, 0, 1_111, 3, 7)
            measuring.make_order_line(order, products[0].id, 1, 1_013, 1)
            measuring.close_episode(episode, "recovered", moment, order)
            revenue.credit(order)
            if at == 2:
                measuring.set_order(order, refunded=501)
                with transaction() as session:
                    session.execute(
                        text("UPDATE attributions SET returned = 501 WHERE order_id = :order"), {"order": order}
                    )
        revenue.credit(measuring.make_order(make_customer("nobody@example.com"), 9_999, at=now - timedelta(days=1)))
    return staffed


@pytest.mark.parametrize("rolled", [False, True], ids=["rows", "sums"])
def test_every_cut_comes_to_the_rows_to_the_cent(app: Flask, sold: TestStore, rolled: bool) -> None:
    with app.app_context(), use_store(sold.id):
        store, now = directory.get(sold.id), current_app.config["CLOCK"].now()
        if rolled:
            rolling.roll(store, now)
        for period in (
            Period(now - timedelta(days=28), now),
            Period(now - timedelta(days=60), now - timedelta(days=9)),
        ):
            names = {"since": period.since, "until": period.until}
            expected: dict[tuple[str, str], int] = {}
            for row in db.session.execute(
                text("""SELECT kind, currency, sum(amount - returned)::bigint AS amount FROM attributions
                        WHERE ordered_at >= :since AND ordered_at < :until AND kind <> 'direct' GROUP BY 1, 2"""),
                names,
            ):
                expected[row.kind, row.currency] = row.amount
            assert len(expected) >= 2
            sent = db.session.execute(
                text("SELECT count(*) FROM messages WHERE sent_at >= :since AND sent_at < :until"), names
            ).scalar_one()
            for cut in Cut:
                whole = total(breakdowns.list_rows(cut, period, store.time_zone))
                found = {("last_click", code): money.amount for code, money in whole.last_click.items()}
                found |= {("assisted", code): money.amount for code, money in whole.assisted.items()}
                assert {key: value for key, value in found.items() if value} == expected, cut
                if cut in breakdowns.SENT_IN:
                    assert whole.counts.sent == sent, cut
                if cut is not Cut.PRODUCT:
                    assert whole.orders == breakdowns.count_orders(period), cut


def test_products_are_told_by_what_they_cost(app: Flask, sold: TestStore) -> None:
    with app.app_context(), use_store(sold.id):
        now = current_app.config["CLOCK"].now()
        rows = breakdowns.list_rows(Cut.PRODUCT, Period(now - timedelta(hours=6), now), "UTC")
        assert [(row.orders, row.last_click["EUR"]) for row in rows] == [
            (1, Money(3 * 1_111 - 7 + 1_013, "EUR")),
            (0, Money(7_003 - (3 * 1_111 - 7 + 1_013), "EUR")),
        ]


@pytest.mark.parametrize("language", ["en", "fa"])
def test_pages_show_them(app: Flask, sold: TestStore, language: str) -> None:
    analyst = at_work(app, sold, "analyst")
    for cut in (*Cut, "nonsense"):
        for days in (1, 7, 28, 90):
            page = analyst.get(f"/console/reports?by={cut}&days={days}&lang={language}")
            assert page.status_code == 200, cut
            assert "shopper0@" not in page.text
            main = re.sub(r"<[^>]+>", " ", page.text.partition('tabindex="-1">')[2])
            if language == "fa":
                assert not re.search(r"(?<!\w)(Sent|Opened|Assisted|Reason|order)(?!\w)", main), (cut, days)
    shown = analyst.get("/console/reports?by=campaign&days=28&lang=en").text
    for words in ("First words", "Messages brought 7 orders in these days", "The days before", "Opened says little"):
        assert words in shown
    shown = analyst.get("/console/reports?by=product&days=28&lang=en").text
    assert "Felt board" in shown
    assert "Delivery, tax on top" in shown


def test_an_empty_store_and_a_seller(app: Flask, staffed: TestStore) -> None:
    page = at_work(app, staffed, "owner").get("/console/reports?lang=en").text
    assert "No message left in these days" in page
    assert at_work(app, staffed, "seller").get("/console/reports").status_code == 403
