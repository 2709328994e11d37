"""What commands about one store share: which store is meant."""

from typing import NoReturn

import click
from flask import current_app

from app.stores import directory
from app.stores.directory import StoreNotFound, StoreView


class Unusable(click.ClickException):
    """The command cannot be carried out as it was given: one sentence, exit code 2."""

    exit_code = 2

    def show(self, file: object = None) -> None:
        """Print the sentence alone."""
        click.echo(self.message, err=True)


def chosen_store(slug: str | None) -> StoreView:
    """The store called `slug`, else DEFAULT_STORE, else the only one there is. Raises Unusable."""
    wanted = slug or current_app.config["DUALCART"].default_store
    stores = directory.list_stores()
    if not wanted and len(stores) == 1:
        wanted = stores[0][1]
    if not wanted:
        give_up("There are several stores, or none. Name one with --store.")
    try:
        return directory.get_by_slug(wanted)
    except StoreNotFound:
        give_up(f"There is no store called {wanted}.")


def give_up(sentence: str) -> NoReturn:
    """End the command with one sentence."""
    raise Unusable(sentence)
