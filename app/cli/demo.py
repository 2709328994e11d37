"""`flask demo seed`: the demonstration's stores, catalogue and people."""

import click
from flask import current_app
from flask.cli import AppGroup

from app.demo import seed

demo = AppGroup("demo", help="The demonstration.")


@demo.command("seed")
def seed_command() -> None:
    """Make the demonstration's stores, products and accounts. Changes nothing that is there."""
    made = seed.seed(current_app.config["DUALCART"], current_app.config["CLOCK"].now())
    click.echo("the demonstration is ready" if made else "the demonstration was ready")
