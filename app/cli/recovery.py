"""`flask recovery`: the operator's commands about episodes and messages."""

from collections.abc import Iterator
from datetime import datetime
from getpass import getuser

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import text

from app.cart.history import CartNotFound
from app.cli.stores import chosen_store, give_up
from app.database.base import db
from app.database.tenancy import current_store_id, use_store
from app.errors import Refusal
from app.ids import CartId, new_id, parse_id
from app.recovery import catching_up, detection, explaining, manual, starting, triggers
from app.stores import directory
from app.stores.directory import StoreView
from app.stores.service import change_setting

recovery = AppGroup("recovery", help="Abandoned carts and what is sent about them.")

store_option = click.option("--store", "slug", help="The store's slug (default: DEFAULT_STORE, or the only store).")

EPISODES = text("""
    SELECT trigger, arm, count(*) AS number FROM episodes WHERE store_id = :store AND state = 'open'
    GROUP BY trigger, arm ORDER BY trigger, arm""")
MESSAGES = text("""
    SELECT state, reason, count(*) AS number FROM messages WHERE store_id = :store
    AND state IN ('scheduled', 'claimed', 'sending', 'uncertain', 'failed') GROUP BY state, reason ORDER BY state, reason""")
SINCE = text("SELECT started_at FROM recovery_starts WHERE store_id = :store")


@recovery.command("detect")
@store_option
def detect(slug: str | None) -> None:
    """Look now for carts that were left, and for what is to be told of saved things; the worker does so by itself."""
    store, now = chosen_store(slug), _now()
    with use_store(store.id):
        catching_up.close_bought(store, now)
        found = detection.detect(store, now)
        why = explaining.explain(store)
        over, saved = triggers.close_over(store, now), triggers.nudge(store, now) + triggers.tell_dropped(store, now)
        click.echo(
            f"{found.examined} cart(s) looked at, {found.episodes} abandoned, {found.messages} message(s) to come"
        )
        click.echo(f"{why} explained; of saved things {saved} began, {over} ended")


@recovery.command("start")
@store_option
def start(slug: str | None) -> None:
    """Look for abandoned carts from now on. Nobody is written to about a cart that was left before."""
    _switch(chosen_store(slug), on=True)


@recovery.command("stop")
@store_option
def stop(slug: str | None) -> None:
    """Look for abandoned carts no more. Messages that wait are ended when they come due."""
    _switch(chosen_store(slug), on=False)


@recovery.command("status")
@store_option
def status(slug: str | None) -> None:
    """Since when the store looks, its open episodes by trigger and arm, its messages that wait or need a look."""
    with use_store(chosen_store(slug).id):
        for line in _status():
            click.echo(line)


@recovery.command("remind")
@click.argument("carts", nargs=-1, required=True)
@click.option("--although", default="", help="Why to write to somebody who is left alone to measure.")
@store_option
def remind(carts: tuple[str, ...], although: str, slug: str | None) -> None:
    """Send a reminder of each of CARTS (ids) in half a minute, if nothing speaks against it then."""
    store, refused = chosen_store(slug), 0
    with use_store(store.id):
        for name in carts:
            cart_id = parse_id(name)
            try:
                if cart_id is None:
                    raise CartNotFound()
                reminder = manual.remind(
                    CartId(cart_id), store, op_id=new_id(), actor=_by(), now=_now(), although=although
                )
                click.echo(f"{cart_id}  message {reminder.message_id}  {reminder.due_at:%Y-%m-%d %H:%M:%S} UTC")
            except Refusal as refusal:
                refused += 1
                click.echo(f"{name}  {refusal.code}")
    if refused:
        give_up(f"{refused} of {len(carts)} refused.")


def _switch(store: StoreView, *, on: bool) -> None:
    with use_store(store.id):
        change_setting(key="recovery", value=on, actor=_by(), now=_now())
        since = starting.looking_since(directory.get(store.id).settings, _now())
        click.echo(f"looking since {since:%Y-%m-%d %H:%M} UTC" if since else "not looking")


def _status() -> Iterator[str]:
    names = {"store": current_store_id()}
    since = db.session.execute(SINCE, names).scalar_one_or_none()
    yield f"looking since {since:%Y-%m-%d %H:%M} UTC" if since else "not looking"
    for row in db.session.execute(EPISODES, names):
        yield f"open      {row.trigger}  {row.arm}  {row.number}"
    for row in db.session.execute(MESSAGES, names):
        yield f"messages  {row.state}  {row.reason or '-'}  {row.number}"


def _now() -> datetime:
    moment: datetime = current_app.config["CLOCK"].now()
    return moment


def _by() -> str:
    return f"operator:{getuser()}"
