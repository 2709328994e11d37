"""`flask orders`: what staff do with orders until the console does it."""

from typing import Any

from flask import Flask

from app.database.tenancy import use_store
from app.events import relay
from app.orders import queries
from app.orders.values import OrderState, PaymentState
from app.payments.manual import Manual
from tests.conftest import NOW, TestStore
from tests.factories import make_customer, make_product
from tests.ordering import place, put, ready


def test_an_order_on_delivery_is_handed_over_and_paid(app: Flask, store: TestStore) -> None:
    def run(*words: str) -> Any:
        return app.test_cli_runner().invoke(args=["orders", *words, "--store", store.slug])

    with app.app_context(), use_store(store.id):
        customer = make_customer()
        put(customer, make_product(price=1000).variant_id)
        order_id = place(customer, ready(customer, Manual.name), {Manual.name: Manual()}).order_id
    listed = run("list")
    assert f"{order_id}  1001" in listed.output
    assert "@" not in listed.output
    assert "€14.90" in run("show", str(order_id)).output
    assert run("hand-over", str(order_id)).output == "1001  fulfilled\n"
    assert run("paid", str(order_id)).exit_code == 0
    again = run("paid", str(order_id))
    assert (again.exit_code, "order_moved_on" in again.output) == (2, True)
    assert run("refund", str(order_id), "20.00", "--cause", "scratched").exit_code == 2
    assert run("refund", str(order_id), "4.90", "--cause", "late").exit_code == 0
    assert run("show", "nonsense").exit_code == 2
    with app.app_context(), use_store(store.id):
        while relay.drain(lambda: NOW):
            pass
        order = queries.get_order(order_id)
        assert (order.state, order.payment) == (OrderState.FULFILLED, PaymentState.PARTLY_REFUNDED)
