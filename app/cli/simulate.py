"""`flask simulate`: a made-up year of shoppers in a store, through the real services, with a true effect that is known."""

import secrets
import sys
import time
from datetime import datetime, timedelta

import click
from flask import current_app

from app.cli.stores import chosen_store, give_up
from app.config import Config
from app.simulator import summary
from app.simulator.run import NothingToSell, simulate
from app.simulator.times import AlreadySimulating
from app.simulator.year import Options

EACH_SECONDS = {True: 0.2, False: 10.0}  # how often is said how far it is: on a terminal, elsewhere


@click.command("simulate")
@click.option("--carts", type=click.IntRange(1, 1_000_000), required=True, help="How many baskets.")
@click.option(
    "--days", type=click.IntRange(1, 3_650), default=365, show_default=True, help="Over how many days until now."
)
@click.option("--seed", help="The same seed gives the same year (default: a new one).")
@click.option(
    "--effect", type=click.FloatRange(0, 0.5), default=0.08, show_default=True,
    help="How many of those who would not have bought do so because of the messages.",
)  # fmt: skip
@click.option("--code", "codes", multiple=True, help="A discount code that counts, for shoppers to try. Repeatable.")
@click.option("--store", "slug", help="The store's slug (default: DEFAULT_STORE, or the only store).")
def command(carts: int, days: int, seed: str | None, effect: float, codes: tuple[str, ...], slug: str | None) -> None:
    """Make up a year of shoppers in a store, through the real services. Never in production.

    Needs the address of the database's owner. No mail leaves; the store's worker should not run meanwhile.
    """
    config: Config = current_app.config["DUALCART"]
    if config.production:
        raise click.ClickException("a production installation does not simulate")
    store, seed = chosen_store(slug), seed or secrets.token_hex(3)
    until: datetime = current_app.config["CLOCK"].now()
    options = Options(
        carts=carts, since=until - timedelta(days=days), until=until, seed=seed, effect=effect, codes=codes
    )
    click.echo(f"{carts} baskets over {days} days in {store.slug}, seed {seed}, true effect {effect:g}")
    told = Told(carts)
    try:
        outcome = simulate(current_app._get_current_object(), store, options, told)  # type: ignore[attr-defined]
    except AlreadySimulating:
        give_up("Another simulation works on this database.")
    except NothingToSell:
        give_up(f"{store.slug} has nothing to sell, or does not deliver.")
    told.end()
    for line in summary.lines(outcome):
        click.echo(line)


class Told:
    """How far it is: one line that changes on a terminal, a line now and then elsewhere."""

    def __init__(self, carts: int) -> None:
        self._carts, self._began, self._said = carts, time.monotonic(), 0.0
        self._terminal = sys.stderr.isatty()

    def __call__(self, done: int, moment: datetime) -> None:
        """So many baskets are done, and it is that moment there."""
        now = time.monotonic()
        if now - self._said < EACH_SECONDS[self._terminal]:
            return
        self._said = now
        speed = done / max(now - self._began, 0.001)
        line = f"{moment:%Y-%m-%d}  {done} of {self._carts} baskets, {100 * done // self._carts} %, {speed:.0f}/s"
        click.echo(f"\r\033[K{line}" if self._terminal else line, err=True, nl=not self._terminal)

    def end(self) -> None:
        """It is done."""
        seconds = time.monotonic() - self._began
        line = f"done in {seconds:.0f} s: {self._carts / seconds:.0f} baskets a second"
        click.echo(f"\r\033[K{line}" if self._terminal else line, err=True)
