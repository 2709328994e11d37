"""`flask carts verify`, `rebuild`, `show`: the log of carts against their state, and any past moment of one."""

import sys
from datetime import UTC, datetime

import click
from flask import current_app
from flask.cli import AppGroup

from app.cart import history
from app.cart.errors import GuestCartsUnavailable
from app.cart.history import CartNotFound, Fault
from app.cart.state import Cart, Pane
from app.cli.stores import chosen_store, give_up
from app.database.tenancy import use_store
from app.ids import CartId, parse_id

carts = AppGroup("carts", help="The carts of a store and their log.")

FAULTS = {
    "gap": "an event is missing before version",
    "chain": "the hash does not fit at version",
    "unreadable": "the log cannot be read at version",
    "state": "the state is not what the log gives at version",
}
store_option = click.option("--store", "slug", help="The store's slug (default: DEFAULT_STORE, or the only store).")


@carts.command("verify")
@store_option
def verify(slug: str | None) -> None:
    """Replay every cart of the store and compare it with its state. Exit code 1 if any is not in order."""
    sound = faulty = 0
    with use_store(chosen_store(slug).id):
        for result in history.verify():
            if isinstance(result, Fault):
                faulty += 1
                click.echo(f"{result.cart_id}: {FAULTS[result.kind]} {result.version}")
            else:
                sound += 1
    click.echo(f"{sound} carts are in order, {faulty} are not")
    sys.exit(1 if faulty else 0)


@carts.command("rebuild")
@click.argument("cart")
@store_option
def rebuild(cart: str, slug: str | None) -> None:
    """Write the state of CART (its id) anew from its log."""
    with use_store(chosen_store(slug).id):
        try:
            rebuilt = history.rebuild(_cart_id(cart), current_app.config["CLOCK"].now())
        except CartNotFound:
            give_up("There is no such cart in this store.")
    click.echo(f"rebuilt at version {rebuilt.version}")


@carts.command("show")
@click.argument("cart")
@click.option("--version", type=click.IntRange(min=1), help="As it was after this event.")
@click.option("--at", help="As it was at this moment, like 2026-11-21T09:58Z.")
@store_option
def show(cart: str, version: int | None, at: str | None, slug: str | None) -> None:
    """Print CART (its id, or that of a guest's cart) as it is, or as it was."""
    cart_id, moment = _cart_id(cart), _moment(at) if at else None
    with use_store(chosen_store(slug).id):
        try:
            state = _cart_at(cart_id, version, moment)
        except CartNotFound:
            give_up("There is no such cart in this store, or it did not exist then.")
        except GuestCartsUnavailable:
            give_up("There is no such cart of a customer; guests' carts cannot be read, because Redis is away.")
    click.echo(f"version {state.version}")
    for pane in Pane:
        for line in state.pane(pane):
            click.echo(f"{pane:14} {line.quantity:4} x {line.snapshot.handle} ({line.variant_id})")


def _cart_at(cart_id: CartId, version: int | None, moment: datetime | None) -> Cart:
    if history.list_events(cart_id):
        return history.cart_at(cart_id, version=version, moment=moment)
    return history.guest_cart_at(cart_id, version=version, moment=moment)


def _cart_id(text: str) -> CartId:
    cart_id = parse_id(text)
    if cart_id is None:
        give_up("A cart's id looks like 01a1fc41-fc94-7007-8b2b-2fd99e48bfc1.")
    return CartId(cart_id)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        give_up("Say the moment like 2026-11-21T09:58Z.")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
