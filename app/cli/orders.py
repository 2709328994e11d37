"""`flask orders list`, `show`, `release`, `paid`, `hand-over`, `cancel`, `refund`: handling orders from the command line."""

from collections.abc import Callable
from datetime import datetime
from getpass import getuser

import click
from flask import current_app
from flask.cli import AppGroup

from app.cli.stores import chosen_store, give_up
from app.database.tenancy import use_store
from app.errors import Refusal
from app.ids import OrderId, parse_id
from app.money import Money, parse_amount
from app.orders import handling, queries
from app.orders.values import Order
from app.web.formats import plain_money

orders = AppGroup("orders", help="The orders of a store.")

store_option = click.option("--store", "slug", help="The store's slug (default: DEFAULT_STORE, or the only store).")


@orders.command("list")
@click.option("--state", type=click.Choice(["in_review", "placed", "fulfilled", "cancelled"]), default="placed")
@store_option
def list_(state: str, slug: str | None) -> None:
    """The newest hundred in a state: id, number, when, what for. Nobody's name."""
    with use_store(chosen_store(slug).id):
        for order in queries.list_in_state(state):
            when = order.placed_at.isoformat(timespec="minutes") if order.placed_at else ""
            click.echo(f"{order.id}  {order.number}  {when}  {plain_money(order.total, 'en')}  {order.payment}")


@orders.command("show")
@click.argument("order")
@store_option
def show(order: str, slug: str | None) -> None:
    """One order with its lines."""
    with use_store(chosen_store(slug).id):
        found = _order(order)
    click.echo(f"{found.number or '-'}  {found.state}  {found.payment}  {plain_money(found.total, 'en')}")
    for line in found.lines:
        click.echo(f"  {line.quantity} x {line.sku}  {plain_money(line.amount, 'en')}")


@orders.command("release")
@click.argument("order")
@store_option
def release(order: str, slug: str | None) -> None:
    """An order that was held for a look is fine."""
    _do(order, slug, lambda found, by, now: handling.release(found.id, actor=by, now=now))


@orders.command("paid")
@click.argument("order")
@store_option
def paid(order: str, slug: str | None) -> None:
    """The money for an order on delivery or by invoice has come."""
    _do(order, slug, lambda found, by, now: handling.receive_payment(found.id, actor=by, now=now))


@orders.command("hand-over")
@click.argument("order")
@store_option
def hand_over(order: str, slug: str | None) -> None:
    """The goods have left."""
    _do(order, slug, lambda found, by, now: handling.fulfil(found.id, actor=by, now=now))


@orders.command("cancel")
@click.argument("order")
@click.option("--cause", required=True, help="Why; kept with the order.")
@store_option
def cancel(order: str, cause: str, slug: str | None) -> None:
    """Call an order off: units go back on the shelf, money to the customer."""
    _do(order, slug, lambda found, by, now: handling.cancel(found.id, actor=by, cause=cause, now=now))


@orders.command("refund")
@click.argument("order")
@click.argument("amount")
@click.option("--cause", required=True, help="Why; kept with the order.")
@store_option
def refund(order: str, amount: str, cause: str, slug: str | None) -> None:
    """Give AMOUNT (like 9.90, in the order's currency) back."""

    def give_back(found: Order, by: str, now: datetime) -> None:
        money: Money = parse_amount(amount, found.total.currency)
        handling.refund(found.id, money, actor=by, cause=cause, now=now)

    _do(order, slug, give_back)


def _do(order: str, slug: str | None, act: Callable[[Order, str, datetime], None]) -> None:
    with use_store(chosen_store(slug).id):
        found = _order(order)
        try:
            act(found, f"operator:{getuser()}", current_app.config["CLOCK"].now())
        except Refusal as refusal:
            give_up(f"That is not possible now ({refusal.code}). Nothing has changed.")
        click.echo(f"{found.number}  {_order(order).state}")


def _order(text: str) -> Order:
    order_id = parse_id(text)
    try:
        return queries.get_order(OrderId(order_id)) if order_id else give_up("That is no order's id.")
    except Refusal:
        give_up("There is no such order in this store.")
