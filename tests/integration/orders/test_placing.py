"""Placing an order: what is agreed is what is ordered, the cart keeps the rest, and no outcome of a payment loses or doubles anything."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.cart.state import Pane
from app.database.base import db
from app.ids import new_id
from app.money import Money
from app.orders import handling, queries, settlement, sweeping
from app.orders.errors import (
    CheckoutIncomplete,
    LinesToResolve,
    NothingToOrder,
    NothingToRefund,
    OrderMovedOn,
    OrderNotFound,
    PaymentUnderWay,
    TotalMoved,
)
from app.orders.values import OrderState, PaymentState
from app.payments.provider import Outcome, ProviderEvent, Status
from tests.bank import DECLINED, UNKNOWN, ScriptedBank
from tests.conftest import NOW
from tests.factories import make_customer, make_product, set_price, set_stock
from tests.ordering import cart_of, place, put, ready

LATER = NOW + timedelta(minutes=1)
MUCH_LATER = NOW + timedelta(minutes=31)


def stock_of(product: Any) -> tuple[int, int]:
    row = db.session.execute(
        text("""SELECT s.available, coalesce(sum(r.quantity), 0) AS held FROM stock s
                LEFT JOIN reservations r ON r.store_id = s.store_id AND r.variant_id = s.variant_id
                WHERE s.variant_id = :id GROUP BY s.available"""),
        {"id": product.variant_id},
    ).one()
    db.session.commit()
    return row.available, row.held


def offered(bank: ScriptedBank) -> dict[str, Any]:
    return {bank.name: bank}


def test_an_order_copies_the_lines_clears_the_pane_and_leaves_next_purchase(in_store: Any) -> None:
    customer = make_customer()
    throw, board = make_product(price=4900, available=5), make_product("Board", price=2500)
    put(customer, throw.variant_id, 2)
    put(customer, board.variant_id, 1, Pane.NEXT_PURCHASE)
    bank = ScriptedBank()
    placed = place(customer, ready(customer), offered(bank))
    assert placed.status is Status.SUCCEEDED
    order = queries.get_order(placed.order_id, customer)
    assert (order.state, order.payment, order.number) == (OrderState.PLACED, PaymentState.PAID, 1001)
    assert order.total == Money(2 * 4900 + 490, "EUR") == order.paid
    assert [(line.quantity, line.unit_price.amount, line.sku) for line in order.lines] == [(2, 4900, throw.handle)]
    cart = cart_of(customer)
    assert cart.pane(Pane.ACTIVE) == ()
    assert [line.variant_id for line in cart.pane(Pane.NEXT_PURCHASE)] == [board.variant_id]
    assert cart.activation == 1
    assert stock_of(throw) == (3, 2)
    assert list(bank.moved.values()) == [order.total]


def test_the_same_form_sent_twice_makes_one_order_and_one_charge(in_store: Any) -> None:
    customer, bank = make_customer(), ScriptedBank()
    put(customer, make_product().variant_id)
    agreed, op_id = ready(customer), new_id()
    first = place(customer, agreed, offered(bank), op_id=op_id)
    again = place(customer, agreed, offered(bank), op_id=op_id)
    assert again.order_id == first.order_id
    assert again.status is Status.SUCCEEDED
    assert len(bank.moved) == 1


def test_a_price_that_moved_is_asked_about_and_nothing_is_charged(in_store: Any) -> None:
    customer, bank, throw = make_customer(), ScriptedBank(), make_product(price=1000)
    put(customer, throw.variant_id)
    agreed = ready(customer)
    set_price(throw, 1600)
    with pytest.raises(TotalMoved) as refused:
        place(customer, agreed, offered(bank))
    assert refused.value.params == {"before": Money(1490, "EUR"), "after": Money(2090, "EUR")}
    assert not bank.moved
    assert stock_of(throw) == (100, 0)
    assert place(customer, ready(customer), offered(bank)).status is Status.SUCCEEDED


def test_what_is_short_is_named_and_nothing_is_held(in_store: Any) -> None:
    customer, bank = make_customer(), ScriptedBank()
    throw, board = make_product(available=5), make_product("Board", available=5)
    put(customer, throw.variant_id, 2)
    put(customer, board.variant_id, 2)
    agreed = ready(customer)
    set_stock(board, 1)
    with pytest.raises(LinesToResolve) as refused:
        place(customer, agreed, offered(bank))
    assert [(title["en"], left) for title, left in refused.value.params["lines"]] == [("Board", 1)]
    assert stock_of(throw) == (5, 0)


def test_nothing_can_be_ordered_from_an_empty_pane_or_with_something_missing(in_store: Any) -> None:
    customer = make_customer()
    agreed = ready(customer)
    with pytest.raises(NothingToOrder):
        place(customer, agreed, {})
    other = make_customer("other@example.com")
    put(other, make_product().variant_id)
    with pytest.raises(CheckoutIncomplete):
        place(other, agreed, {})


def test_a_declined_card_charges_nothing_keeps_the_cart_and_another_try_works(in_store: Any) -> None:
    customer, bank, throw = make_customer(), ScriptedBank(DECLINED, DECLINED), make_product(available=1)
    put(customer, throw.variant_id)
    declined = place(customer, ready(customer), offered(bank))
    assert (declined.status, declined.reason) == (Status.FAILED, "declined")
    assert len(cart_of(customer).pane(Pane.ACTIVE)) == 1
    assert stock_of(throw) == (1, 0)
    good = ScriptedBank()
    placed = place(customer, ready(customer), offered(good))
    assert placed.status is Status.SUCCEEDED
    assert placed.order_id != declined.order_id
    assert queries.get_order(declined.order_id).state is OrderState.ABANDONED
    assert stock_of(throw) == (0, 1)


def test_an_unknown_outcome_bars_a_second_payment_until_it_is_known(in_store: Any) -> None:
    customer, bank = make_customer(), ScriptedBank(UNKNOWN)
    put(customer, make_product().variant_id)
    waiting = place(customer, ready(customer), offered(bank))
    assert waiting.status is Status.UNKNOWN
    assert queries.get_order(waiting.order_id).payment is PaymentState.WAITING
    with pytest.raises(PaymentUnderWay):
        place(customer, ready(customer), offered(bank))
    assert sweeping.sweep(offered(bank), LATER) == 1
    order = queries.get_order(waiting.order_id)
    assert (order.state, order.payment) == (OrderState.PLACED, PaymentState.PAID)
    assert len(bank.moved) == 1
    assert cart_of(customer).pane(Pane.ACTIVE) == ()


def test_an_unknown_outcome_that_was_a_failure_leaves_the_cart_as_it_was(in_store: Any) -> None:
    customer, bank, throw = make_customer(), ScriptedBank(UNKNOWN, DECLINED), make_product(available=3)
    put(customer, throw.variant_id)
    order_id = place(customer, ready(customer), offered(bank)).order_id
    sweeping.sweep(offered(bank), LATER)
    assert queries.get_order(order_id).payment is PaymentState.NOT_PAID
    assert len(cart_of(customer).pane(Pane.ACTIVE)) == 1
    assert queries.get_order(order_id).state is OrderState.ABANDONED
    assert stock_of(throw) == (3, 0)


def event(attempt_id: Any, outcome: Outcome, amount: Money | None = None, name: str = "e1") -> ProviderEvent:
    return ProviderEvent(name, "charge", attempt_id, outcome, amount, NOW)


def attempt_of(order_id: Any) -> Any:
    found = db.session.execute(
        text("SELECT id FROM payment_attempts WHERE order_id = :order ORDER BY id DESC LIMIT 1"), {"order": order_id}
    ).scalar_one()
    db.session.commit()
    return found


@pytest.mark.parametrize("order_of_events", [(0, 1), (1, 0), (0, 0, 1, 1), (1, 0, 1)], ids=str)
def test_events_in_any_order_and_number_end_in_the_same_state(in_store: Any, order_of_events: tuple[int, ...]) -> None:
    customer, bank = make_customer(), ScriptedBank(UNKNOWN)
    put(customer, make_product(price=1000).variant_id)
    order_id = place(customer, ready(customer), offered(bank)).order_id
    attempt_id = attempt_of(order_id)
    events = (
        event(attempt_id, Outcome(Status.WAITING), name="processing"),
        event(attempt_id, Outcome(Status.SUCCEEDED, "ref"), Money(1490, "EUR"), name="succeeded"),
    )
    for at in order_of_events:
        settlement.take_in(bank.name, events[at], now=NOW)
    order = queries.get_order(order_id)
    assert (order.state, order.payment, order.paid) == (OrderState.PLACED, PaymentState.PAID, Money(1490, "EUR"))


def test_a_failure_that_arrives_after_the_success_is_old_news(in_store: Any) -> None:
    customer, bank = make_customer(), ScriptedBank()
    put(customer, make_product().variant_id)
    order_id = place(customer, ready(customer), offered(bank)).order_id
    settlement.take_in(bank.name, event(attempt_of(order_id), DECLINED), now=NOW)
    assert queries.get_order(order_id).payment is PaymentState.PAID


def test_money_that_comes_after_the_order_was_given_up_brings_it_back_if_the_units_are_there(in_store: Any) -> None:
    customer, bank, throw = make_customer(), ScriptedBank(DECLINED, DECLINED), make_product(available=1)
    put(customer, throw.variant_id)
    order_id = place(customer, ready(customer), offered(bank)).order_id
    assert stock_of(throw) == (1, 0)
    settlement.take_in(bank.name, event(attempt_of(order_id), Outcome(Status.SUCCEEDED, "r")), now=MUCH_LATER)
    assert queries.get_order(order_id).state is OrderState.PLACED
    assert stock_of(throw) == (0, 1)


def test_money_that_comes_too_late_for_units_that_are_gone_goes_back(in_store: Any) -> None:
    customer, bank, throw = make_customer(), ScriptedBank(DECLINED, DECLINED), make_product(available=1)
    put(customer, throw.variant_id)
    order_id = place(customer, ready(customer), offered(bank)).order_id
    set_stock(throw, 0)
    settlement.take_in(bank.name, event(attempt_of(order_id), Outcome(Status.SUCCEEDED, "r")), now=MUCH_LATER)
    assert queries.get_order(order_id).state is OrderState.ABANDONED
    sweeping.sweep(offered(bank), MUCH_LATER + timedelta(minutes=1))
    assert [amount.amount for amount in bank.returned.values()] == [1490]
    assert queries.get_order(order_id).refunded == Money(0, "EUR")  # it never was this order's money


def test_another_amount_than_ours_is_not_taken(in_store: Any) -> None:
    customer, bank = make_customer(), ScriptedBank(UNKNOWN)
    put(customer, make_product(price=1000).variant_id)
    order_id = place(customer, ready(customer), offered(bank)).order_id
    wrong = event(attempt_of(order_id), Outcome(Status.SUCCEEDED, "r"), Money(490, "EUR"))
    settlement.take_in(bank.name, wrong, now=NOW)
    assert queries.get_order(order_id).state is OrderState.ABANDONED
    sweeping.sweep(offered(bank), LATER)
    assert [amount.amount for amount in bank.returned.values()] == [490]


def test_an_event_of_another_provider_or_about_nothing_of_ours_is_passed_over(in_store: Any) -> None:
    customer, bank = make_customer(), ScriptedBank(UNKNOWN)
    put(customer, make_product().variant_id)
    order_id = place(customer, ready(customer), offered(bank)).order_id
    for provider, subject in (("another", attempt_of(order_id)), (bank.name, new_id())):
        settlement.take_in(provider, event(subject, Outcome(Status.SUCCEEDED)), now=NOW)
    assert queries.get_order(order_id).payment is PaymentState.WAITING


def test_cancelling_gives_back_units_and_money_once(in_store: Any) -> None:
    customer, bank, throw = make_customer(), ScriptedBank(), make_product(available=4)
    put(customer, throw.variant_id, 3)
    order_id = place(customer, ready(customer), offered(bank)).order_id
    handling.cancel(order_id, actor="customer", cause="changed my mind", now=NOW)
    with pytest.raises(OrderMovedOn):
        handling.cancel(order_id, actor="customer", cause="again", now=NOW)
    assert stock_of(throw) == (4, 0)
    sweeping.sweep(offered(bank), LATER)
    sweeping.sweep(offered(bank), LATER + timedelta(minutes=1))
    order = queries.get_order(order_id)
    assert (order.state, order.payment) == (OrderState.CANCELLED, PaymentState.REFUNDED)
    assert sum(amount.amount for amount in bank.returned.values()) == order.total.amount


def test_no_more_is_refunded_than_was_paid(in_store: Any) -> None:
    customer, bank = make_customer(), ScriptedBank()
    put(customer, make_product(price=1000).variant_id)
    order_id = place(customer, ready(customer), offered(bank)).order_id
    handling.refund(order_id, Money(1000, "EUR"), actor="staff:1", cause="scratched", now=NOW)
    for amount in (Money(491, "EUR"), Money(0, "EUR"), Money(100, "IRR")):
        with pytest.raises(NothingToRefund):
            handling.refund(order_id, amount, actor="staff:1", cause="more", now=NOW)
    sweeping.sweep(offered(bank), LATER)
    order = queries.get_order(order_id)
    assert (order.payment, order.refunded) == (PaymentState.PARTLY_REFUNDED, Money(1000, "EUR"))


def test_an_order_on_delivery_is_placed_at_once_and_paid_later(in_store: Any) -> None:
    customer, bank, throw = make_customer(), ScriptedBank(collects=False), make_product(available=2)
    put(customer, throw.variant_id)
    order_id = place(customer, ready(customer), offered(bank)).order_id
    assert queries.get_order(order_id).payment is PaymentState.DUE
    handling.fulfil(order_id, actor="staff:1", now=NOW)
    handling.receive_payment(order_id, actor="staff:1", now=NOW)
    order = queries.get_order(order_id)
    assert (order.state, order.payment) == (OrderState.FULFILLED, PaymentState.PAID)
    assert stock_of(throw) == (1, 0)
    with pytest.raises(OrderMovedOn):
        handling.cancel(order_id, actor="staff:1", cause="too late", now=NOW)


def test_orders_are_numbered_without_a_gap_and_listed_for_their_customer_alone(in_store: Any) -> None:
    bank, throw = ScriptedBank(), make_product()
    customers = [make_customer(f"c{at}@example.com") for at in range(3)]
    for customer in customers:
        put(customer, throw.variant_id)
        place(customer, ready(customer), offered(bank))
    lists = [queries.list_orders(customer) for customer in customers]
    assert [[order.number for order in orders] for orders in lists] == [[1001], [1002], [1003]]
    with pytest.raises(OrderNotFound):
        queries.get_order(lists[0][0].id, customers[1])


WAITING = Outcome(Status.WAITING, "ref", "", "https://pay.example/session")


def test_whoever_left_the_providers_page_may_pay_another_way_and_the_first_is_called_off(in_store: Any) -> None:
    customer, bank, throw = make_customer(), ScriptedBank(WAITING, WAITING), make_product(available=5)
    put(customer, throw.variant_id)
    waiting = place(customer, ready(customer), offered(bank))
    assert (waiting.status, waiting.go_to) == (Status.WAITING, WAITING.go_to)
    bank.moved.clear()
    bank.answer = bank.then = Outcome(Status.SUCCEEDED, "r")
    placed = place(customer, ready(customer), offered(bank))
    assert placed.status is Status.SUCCEEDED
    assert queries.get_order(waiting.order_id).state is OrderState.ABANDONED
    assert stock_of(throw) == (4, 1)


def test_a_payment_page_that_nobody_finished_is_closed_when_the_time_is_over(in_store: Any) -> None:
    customer, bank, throw = make_customer(), ScriptedBank(WAITING, WAITING), make_product(available=5)
    put(customer, throw.variant_id)
    order_id = place(customer, ready(customer), offered(bank)).order_id
    bank.moved.clear()
    sweeping.sweep(offered(bank), LATER)
    assert queries.get_order(order_id).payment is PaymentState.WAITING
    sweeping.sweep(offered(bank), MUCH_LATER)
    assert queries.get_order(order_id).state is OrderState.ABANDONED
    assert stock_of(throw) == (5, 0)
