"""`python -m app.demo.year CARTS`: make up the demonstration's year, once, while the shop is open already."""

import contextlib
import os
import signal
import sys
from datetime import datetime, timedelta
from typing import NoReturn

from flask import Flask
from sqlalchemy import text

from app.cache import made_up
from app.database.base import db
from app.database.tenancy import current_store_id, use_store
from app.database.transaction import finish_reading
from app.demo.seed import DAYS, SLUG
from app.demo.terms import SETTINGS
from app.simulator.names import DOMAIN
from app.simulator.run import HOLDOUT, simulate
from app.simulator.staff import ACTOR
from app.simulator.year import Options
from app.stores import directory
from app.stores.directory import StoreView
from app.stores.service import change_setting

SEED, EFFECT = "toranj", 0.12
GROWTH = 12  # it began small: most of the few baskets are of late, where the console looks first
CODES = ("AUTUMN10", "PAEEZ10", "WELCOME5")
MODESTY = 10  # the shop goes first

KNOWN = text("SELECT EXISTS (SELECT FROM customers WHERE store_id = :store AND email LIKE :known)")
LEFT = text("SELECT EXISTS (SELECT FROM store_settings WHERE store_id = :store AND key = :key AND changed_by = :actor)")


def make(app: Flask, carts: int) -> bool:
    """Make up so many baskets of the last DAYS in the demo's store; False if it was done, or begun, before."""
    with app.app_context():
        now: datetime = app.config["CLOCK"].now()
        store = directory.get_by_slug(SLUG)
        with use_store(store.id):
            if _begun(store, now):
                return False
            made_up.tell(0)

            def told(done: int, _moment: datetime) -> None:
                made_up.tell(100 * done // carts)

            since = now - timedelta(days=DAYS)
            options = Options(carts=carts, since=since, until=now, seed=SEED, effect=EFFECT, codes=CODES, growth=GROWTH)
            try:
                simulate(app, store, options, told)
            finally:
                made_up.finish()
    return True


def _begun(store: StoreView, now: datetime) -> bool:
    """Whether there are people of the year already. If whoever made them was stopped, nobody is held out all the same."""
    begun = bool(db.session.execute(KNOWN, {"store": store.id, "known": f"%@{DOMAIN}"}).scalar_one())
    names = {"store": current_store_id(), "key": "holdout_percent", "actor": ACTOR}
    left = bool(db.session.execute(LEFT, names).scalar_one())
    finish_reading()
    if begun and left and store.settings.holdout_percent == HOLDOUT:
        change_setting(key="holdout_percent", value=SETTINGS["holdout_percent"], actor="demo", now=now)
    return begun


def _stop(_signum: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt  # which the driver knows: the connection stays usable for putting shelves and prices back


def main() -> None:
    """In a process of its own."""
    signal.signal(signal.SIGTERM, _stop)
    os.nice(MODESTY)
    from wsgi import app

    with contextlib.suppress(KeyboardInterrupt):
        make(app, int(sys.argv[1]))


if __name__ == "__main__":
    main()
