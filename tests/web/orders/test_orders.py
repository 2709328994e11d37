"""An order's page and the list of orders: who may see them, what they say in each state, buying again, cancelling."""

import re
from datetime import timedelta

from flask import Flask
from sqlalchemy import text

from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.events import relay
from app.ids import OrderId
from app.orders import handling
from app.orders.models import OrderRow
from tests.conftest import NOW, TestStore
from tests.factories import MadeProduct, hide, set_stock
from tests.web.cart.test_costs import counted
from tests.web.orders.conftest import DECLINED, HANGING, Buyer, hidden


def order_id(address: str) -> OrderId:
    from uuid import UUID

    return OrderId(UUID(address.rsplit("/", 1)[1]))


def change(app: Flask, store: TestStore, statement: str, **values: object) -> None:
    with app.app_context(), use_store(store.id), transaction() as session:
        session.execute(text(statement), values)


def test_nobody_else_sees_it(app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct) -> None:
    address = buyer.buys(throw)
    assert buyer.get(address).status_code == 200
    stranger = Buyer(app, store)
    assert stranger.get(address).status_code == 404
    assert stranger.get(f"{address}/cancellation").status_code == 404
    assert stranger.post(f"{address}/again", pane="active").status_code == 404
    assert stranger.post(f"{address}/cancellation").status_code == 404
    stranger.buys(throw)
    assert stranger.get(address).status_code == 404
    assert stranger.get("/orders/nonsense").status_code == 404


def test_a_visitor_is_asked_to_sign_in(app: Flask, store: TestStore) -> None:
    assert Buyer(app, store).get("/orders").location == "/account/sign-in?next=/orders"


def test_later_the_page_says_where_it_stands(app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct) -> None:
    address = buyer.buys(throw)
    change(app, store, "UPDATE orders SET placed_at = placed_at - :day", day=timedelta(days=1))
    page = buyer.get(address).text
    assert "Thank you" not in page
    assert "<h1>Order <bdi>1001</bdi></h1>" in page
    with app.app_context(), use_store(store.id):
        handling.fulfil(order_id(address), actor="staff", now=NOW)
    page = buyer.get(address).text
    assert "Your order has been handed over." in page
    assert "Cancel the order" not in page


def test_in_review(app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct) -> None:
    address = buyer.buys(throw)
    change(app, store, "UPDATE orders SET state = 'in_review'")
    assert "We need to check this order. It takes up to 2 hours." in buyer.get(address).text


def test_a_payment_that_failed(app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct) -> None:
    buyer.buys(throw, 1, **DECLINED)
    with app.app_context(), use_store(store.id), transaction() as session:
        found = session.execute(text("SELECT id FROM orders")).scalar_one()
    page = buyer.get(f"/orders/{found}").text
    assert "This order was not paid" in page
    assert "Your bank declined the payment." in page
    assert "Everything is still in your cart." in page


def test_cancelling(app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct) -> None:
    address = buyer.buys(throw)
    page = buyer.get(f"{address}/cancellation").text
    assert "Cancel order <bdi>1001</bdi>?" in page
    assert "<bdi>€63.90</bdi> goes back the way it came" in page
    op = hidden(page, "op_id")
    assert buyer.post(f"{address}/cancellation", op_id=op).location == address
    assert buyer.post(f"{address}/cancellation", op_id=op).location == address, "twice is once"
    page = buyer.get(address).text
    assert "This order is cancelled." in page
    assert buyer.get(f"{address}/cancellation").location == address


def test_what_has_left_cannot_be_cancelled(app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct) -> None:
    address = buyer.buys(throw)
    with app.app_context(), use_store(store.id):
        handling.fulfil(order_id(address), actor="staff", now=NOW)
    assert buyer.post(f"{address}/cancellation").status_code == 409


def test_buying_again(app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct, kettle: MadeProduct) -> None:
    buyer.adds(kettle.variant_id, 2)
    address = buyer.buys(throw, 3)
    with app.app_context(), use_store(store.id):
        set_stock(throw, 2)
    page = buyer.get(address).text
    op = hidden(page, "op_id")
    answer = buyer.post(f"{address}/again", op_id=op, pane="active")
    again = buyer.post(f"{address}/again", op_id=op, pane="active")
    assert answer.location == again.location, "twice is once, with the same report"
    page = buyer.get(answer.location).text
    assert "2 items are in your cart." in page
    assert "Wool throw: only some of it is left" in page
    assert buyer.counts() == (2, 0)
    assert 'value="2"' in buyer.get("/cart").text
    undo = re.search(r'name="version" value="(\d+)"', page)
    assert undo
    buyer.post("/cart/undo", version=undo[1])
    assert buyer.counts() == (0, 0), "one press takes all of it back"


def test_what_is_gone_is_said(
    app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct, kettle: MadeProduct
) -> None:
    buyer.adds(kettle.variant_id)
    address = buyer.buys(throw)
    with app.app_context(), use_store(store.id):
        hide(throw)
        set_stock(kettle, 0)
    page = buyer.get(buyer.post(f"{address}/again", pane="active").location).text
    assert "Nothing of it can be had at the moment." in page
    assert "Wool throw: no longer sold" in page
    assert "Kettle: sold out for now" in page
    assert buyer.counts() == (0, 0)


def test_one_line_into_next_purchase(buyer: Buyer, throw: MadeProduct, kettle: MadeProduct) -> None:
    buyer.adds(kettle.variant_id)
    address = buyer.buys(throw)
    answer = buyer.post(f"{address}/again", pane="next_purchase", line=1)
    assert "1 item is in your next purchase." in buyer.get(answer.location).text
    assert buyer.counts() == (0, 1)
    assert "1 item is still saved for your next purchase." in buyer.get(address).text
    for line in ("9", "-1", "x", "1" * 40):
        assert buyer.post(f"{address}/again", pane="active", line=line).status_code == 303


def test_the_report_says_nothing_of_its_own(buyer: Buyer, throw: MadeProduct) -> None:
    address = buyer.buys(throw)
    page = buyer.get(f"{address}?came=1&missing=0:<b>evil</b>,7:gone,x:y&version=zzz").text
    assert "evil" not in page.split("<main")[1]
    assert "Wool throw: no longer sold" in page


def test_the_list(app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct) -> None:
    address = buyer.buys(throw)
    page = buyer.get("/orders").text
    assert address in page
    assert "Order <bdi>1001</bdi>" in page
    assert "Show more" not in page
    columns = ", ".join(column.name for column in OrderRow.__table__.columns if column.computed is None)
    change(
        app,
        store,
        f"""INSERT INTO orders ({columns}) SELECT {columns} FROM (
                SELECT (jsonb_populate_record(o, jsonb_build_object('id', gen_random_uuid(), 'op_id',
                    gen_random_uuid(), 'number', 2000 + n, 'activation', 100 + n,
                    'placed_at', o.placed_at - n * interval '1 hour'))).* FROM orders o, generate_series(1, 25) n) made""",
    )
    change(
        app,
        store,
        """INSERT INTO order_lines SELECT (jsonb_populate_record(l, jsonb_build_object('order_id', o.id))).*
           FROM order_lines l, orders o WHERE o.number > 2000""",
    )
    first = buyer.get("/orders").text
    assert first.count('class="order-card"') == 20
    more = re.search(r'href="(/orders\?before=[^"]+)"', first)
    assert more
    rest = buyer.client.get(more[1], headers={"HX-Request": "true", "HX-Request-Type": "partial"}).text
    assert rest.count('class="order-card"') == 6
    assert "<html" not in rest


def test_what_pages_cost(app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct) -> None:
    address = buyer.buys(throw)
    with counted(app) as seen:
        assert buyer.get(address).status_code == 200
    assert (len(seen["sql"]), len(seen["redis"])) == (2, 0), seen
    with counted(app) as seen:
        assert buyer.get("/orders").status_code == 200
    assert (len(seen["sql"]), len(seen["redis"])) == (2, 0), seen


def test_a_waiting_order_by_htmx(buyer: Buyer, throw: MadeProduct) -> None:
    address = buyer.buys(throw, 1, **HANGING)
    page = buyer.get(address).text
    assert f'hx-get="{address}" hx-trigger="every 10s"' in page
    assert buyer.post(f"{address}/payment/cancellation").location == address, "nobody can call off what the bank has"
    assert buyer.get(f"{address}/payment").location == address


def test_the_receipt(app: Flask, store: TestStore, buyer: Buyer, throw: MadeProduct) -> None:
    address = buyer.buys(throw)
    assert f'href="{address}/receipt.pdf"' in buyer.get(address).text
    with app.app_context():
        while relay.drain(app.config["CLOCK"].now):  # the worker's job
            pass
    answer = buyer.client.get(f"{address}/receipt.pdf")
    assert answer.status_code == 200
    assert answer.mimetype in ("application/pdf", "text/html"), "to print, where no PDF can be made"
    assert "no-store" in answer.headers["Cache-Control"]
    assert Buyer(app, store).get(f"{address}/receipt.pdf").status_code == 404
