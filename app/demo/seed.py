"""Filling the demonstration: an organization with its store, the catalogue that ships with us, the demo's people."""

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import create_engine, pool, select
from sqlalchemy.orm import Session

from app.catalog.file_import import import_file
from app.catalog.importing import Taken
from app.config import Config
from app.database.tenancy import use_store
from app.demo.accounts import seed_accounts
from app.demo.reminders import seed_campaigns
from app.demo.terms import seed_terms
from app.recovery import starting
from app.stores import directory, service
from app.stores.models import Store

DAYS = 365  # so long it has been open: what happened meanwhile is made up (year.py)
CATALOGUE = Path(__file__).with_name("catalogue.csv")
SLUG = "toranj"
HOSTS = ("localhost", "127.0.0.1", "toranj.localhost")
IMPRINT = {
    "name": {"en": "Toranj Home GmbH", "fa": "خانهٔ ترنج"},
    "address": {"en": "Torstraße 1\n10119 Berlin", "fa": "آلمان، برلین\nخیابان تور، شمارهٔ ۱"},
    "tax_number": "DE000000000",
    "email": "hello@toranj.example",
}


class DemoCatalogueRefused(Exception):
    """The catalogue that ships with us has a fault: a bug of ours."""


def seed(config: Config, now: datetime) -> bool:
    """Make whatever of the demonstration is missing; true if anything was. Needs the owner's database address."""
    began = now - timedelta(days=DAYS, hours=1)
    made = _store(config, began)
    store = directory.get_by_slug(SLUG)
    with use_store(store.id):
        if made:
            with CATALOGUE.open("rb") as file:
                for line in import_file(file, currency=store.currency, locale=store.locales[0], now=began):
                    if not isinstance(line, Taken):
                        raise DemoCatalogueRefused(str(line))
            service.change_setting(key="further_currencies", value=["IRR"], actor="demo", now=began)
            service.change_setting(key="currency_by_language", value={"fa": "IRR"}, actor="demo", now=began)
            service.change_setting(key="imprint", value=IMPRINT, actor="demo", now=began)
        seed_accounts(now)
        seed_terms(now)
        seed_campaigns(began)
        if made:
            starting.looking_since(directory.get(store.id).settings, began)
    return made


def _store(config: Config, now: datetime) -> bool:
    """The demo's store, made by the owner of the database: the application's role may not make stores."""
    engine = create_engine(config.migration_url, poolclass=pool.NullPool)
    with Session(engine) as session, session.begin():
        if session.scalar(select(Store.id).where(Store.slug == SLUG)):
            return False
        organization_id = service.create_organization(session, name="Toranj Trading", now=now)
        service.create_store(
            session,
            organization_id=organization_id,
            slug=SLUG,
            name={"en": "Toranj", "fa": "ترنج"},
            locales=["en", "fa"],
            currency="EUR",
            hosts=HOSTS,
            time_zone="Europe/Berlin",
            now=now,
        )
    return True
