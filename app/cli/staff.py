"""`flask staff`: a store's first owner, and an owner who has lost everything. All else is done in the console."""

from getpass import getuser

import click
from flask import current_app
from flask.cli import AppGroup

from app.accounts import addresses, invitations, repository, service
from app.accounts import staff as people
from app.accounts.errors import AlreadyStaff, BadAddress
from app.cli.stores import chosen_store, give_up
from app.database.tenancy import use_store

staff = AppGroup("staff", help="The people of a store's console.")


@staff.command("invite")
@click.argument("email")
@click.option("--role", type=click.Choice(people.ROLES), default="owner", show_default=True)
@click.option("--locale", default="", help="Language of the letter; the store's first one.")
@click.option("--store", "slug", help="Which store, by its name in addresses.")
def invite(email: str, role: str, locale: str, slug: str | None) -> None:
    """Write to EMAIL: whoever follows the link works in the store from then on."""
    store = chosen_store(slug)
    wanted = locale if locale in store.locales else store.locales[0]
    with use_store(store.id):
        try:
            invitations.invite(
                addresses.normalize_email(email),
                role,
                by=None,
                inviter=store.name(wanted),
                locale=wanted,
                now=current_app.config["CLOCK"].now(),
                actor=_operator(),
            )
        except BadAddress:
            give_up(f"{email} is no email address.")
        except AlreadyStaff:
            give_up(f"{email} works in {store.slug} already.")
    click.echo(f"{role} of {store.slug} invited")


@staff.command("reset")
@click.argument("email")
@click.option("--store", "slug", help="Which store, by its name in addresses.")
def reset(email: str, slug: str | None) -> None:
    """Forget app, recovery codes and passkeys of EMAIL, who is told by mail and sets them up anew."""
    store = chosen_store(slug)
    with use_store(store.id):
        found = repository.find_staff_by_email(service.folded(email))
        if found is None:
            give_up(f"{email} does not work in {store.slug}.")
        people.reset_second_step(found.id, actor=_operator(), now=current_app.config["CLOCK"].now())
    click.echo("second step forgotten, signed out everywhere")


def _operator() -> str:
    return f"operator:{getuser()}"
