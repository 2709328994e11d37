"""`flask stores`: the operator's commands about stores and their settings."""

from datetime import datetime
from getpass import getuser
from typing import Any

import click
import msgspec
from flask import current_app
from flask.cli import AppGroup

from app.cli.stores import chosen_store, give_up
from app.database.tenancy import use_store
from app.errors import Refusal
from app.stores import changing, directory, history
from app.stores.changing import INHERIT
from app.stores.levels import KNOWN, Level, canonical, level_from

stores = AppGroup("stores", help="Stores and their settings.")

store_option = click.option("--store", "slug", help="The store's slug (default: DEFAULT_STORE, or the only store).")
level_option = click.option("--level", default="store", help="organization, store (the default) or segment:KEY.")


@stores.command("list")
def list_all() -> None:
    """Every store."""
    for store_id, slug in directory.list_stores():
        click.echo(f"{slug}  {store_id}")


@stores.command("settings")
@level_option
@store_option
def settings(level: str, slug: str | None) -> None:
    """What is in force, with where it comes from."""
    at = _level(level)
    with use_store(chosen_store(slug).id):
        levels = history.read_levels()
        in_force = levels.settings(at)
        for key in sorted(KNOWN):
            value = canonical(key, getattr(in_force, key))
            click.echo(f"{key}  {levels.source(key, at) or 'default'}  {msgspec.json.encode(value).decode()}")


@stores.command("set")
@click.argument("key")
@click.argument("value", required=False)
@click.option("--inherit", is_flag=True, help="Give the value up instead: that of the level above holds again.")
@click.option("--why", default="", help="Why, for whoever reads the history.")
@level_option
@store_option
def set_value(key: str, value: str | None, inherit: bool, why: str, level: str, slug: str | None) -> None:
    """Set KEY to VALUE (JSON; a word is taken as it is)."""
    if inherit == (value is not None):
        give_up("Give either a value or --inherit.")
    wanted = INHERIT if value is None else _read(value)
    with use_store(chosen_store(slug).id):
        try:
            number = changing.change_settings(_level(level), {key: wanted}, why=why, seen=None, actor=_by(), now=_now())
        except Refusal as refusal:
            give_up(f"{refusal.code}: {refusal.params.get('key', '')}")
    click.echo(f"version {number}" if number else "nothing is different")


@stores.command("history")
@click.option("--limit", default=20, help="How many versions, the newest first.")
@level_option
@store_option
def versions(limit: int, level: str, slug: str | None) -> None:
    """Who changed what, when and why."""
    with use_store(chosen_store(slug).id):
        for one in history.list_changes(_level(level), limit=limit):
            after = msgspec.json.encode(one.after).decode()
            click.echo(
                f"{one.number}  {one.changed_at:%Y-%m-%d %H:%M} UTC  {one.changed_by}  {one.level}  "
                f"{','.join(one.keys)}  {after}  {one.why}".rstrip()
            )


@stores.command("restore")
@click.argument("number", type=int)
@click.option("--why", default="", help="Why, for whoever reads the history.")
@level_option
@store_option
def restore(number: int, why: str, level: str, slug: str | None) -> None:
    """Bring back what was in force right after version NUMBER, as a version of its own."""
    with use_store(chosen_store(slug).id):
        try:
            made = changing.restore(_level(level), number, why=why, seen=None, actor=_by(), now=_now())
        except Refusal as refusal:
            give_up(f"{refusal.code}: {number}")
    click.echo(f"version {made}" if made else "nothing is different")


def _level(text: str) -> Level:
    found = level_from(text)
    if found is None:
        give_up(f"There is no level called {text}.")
    return found


def _read(text: str) -> Any:
    try:
        return msgspec.json.decode(text.encode())
    except msgspec.DecodeError:
        return text


def _now() -> datetime:
    moment: datetime = current_app.config["CLOCK"].now()
    return moment


def _by() -> str:
    return f"operator:{getuser()}"
