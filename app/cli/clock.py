"""`flask clock advance 7d`, `flask clock reset`: move the application's clock in the demo and in tests."""

import re
from datetime import timedelta

import click
from flask import current_app
from flask.cli import AppGroup

from app.cache import clock_offset
from app.config import Config

clock = AppGroup("clock", help="The application's clock: movable in the demo and in tests, never in production.")

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@clock.command("advance")
@click.argument("by")
def advance(by: str) -> None:
    """Move the clock of all processes on BY, like 90s, 30m, 12h, 7d or 2w."""
    config = _config()
    found = re.fullmatch(r"(\d{1,5})([smhdw])", by)
    if not found:
        raise click.BadParameter("say how far like 90s, 30m, 12h, 7d or 2w")
    offset = clock_offset.advance(config, timedelta(**{UNITS[found[2]]: int(found[1])}))
    click.echo(f"the clock is {offset} ahead")


@clock.command("reset")
def reset() -> None:
    """Back to the true time."""
    clock_offset.reset(_config())
    click.echo("the clock shows the true time")


def _config() -> Config:
    config: Config = current_app.config["DUALCART"]
    if config.production:
        raise click.ClickException("the clock of a production installation is not movable")
    return config
