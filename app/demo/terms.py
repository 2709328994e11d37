"""The terms on which the demonstration sells: taxes, delivery, discount codes. Amounts are minor units by currency."""

from datetime import datetime, timedelta

from sqlalchemy import select

from app.database.base import db
from app.database.transaction import finish_reading
from app.promotions import service as promotions
from app.promotions.domain import Kind, Terms
from app.stores import service as stores
from app.stores.delivery import DeliveryMethod
from app.stores.models import StoreSetting
from app.stores.taxes import Taxes, TaxRate

SETTINGS: dict[str, object] = {
    "holdout_percent": 0,  # who tries the demonstration wants to see messages, not to be the one in ten without
    "taxes": Taxes(
        rates=(
            TaxRate(country="DE", basis_points=1900),
            TaxRate(country="DE", tax_class="reduced", basis_points=700),
            TaxRate(country="AT", basis_points=2000),
            TaxRate(country="AT", tax_class="reduced", basis_points=1000),
            TaxRate(country="NL", basis_points=2100),
            TaxRate(country="NL", tax_class="reduced", basis_points=900),
            TaxRate(country="FR", basis_points=2000),
            TaxRate(country="FR", tax_class="reduced", basis_points=550),
            TaxRate(country="IR", basis_points=1000),
        )
    ),
    "delivery_countries": ("DE", "AT", "NL", "FR", "IR"),
    "delivery_methods": (
        DeliveryMethod(
            key="standard",
            title={"en": "Standard delivery", "fa": "ارسال عادی"},
            cost={"EUR": 490, "IRR": 950_000},
            free_from={"EUR": 7500, "IRR": 30_000_000},
            days=(2, 4),
        ),
        DeliveryMethod(
            key="express",
            title={"en": "Express delivery", "fa": "ارسال سریع"},
            cost={"EUR": 990, "IRR": 1_900_000},
            days=(1, 1),
        ),
        DeliveryMethod(
            key="pickup",
            title={"en": "Pickup in the shop", "fa": "تحویل در فروشگاه"},
            countries=("DE", "IR"),
            cost={"EUR": 0, "IRR": 0},
            days=(1, 2),
            pickup=True,
        ),
    ),
}

COUPONS = {
    "AUTUMN10": Terms(Kind.PERCENT, basis_points=1000),
    "PAEEZ10": Terms(Kind.PERCENT, basis_points=1000),
    "WELCOME5": Terms(Kind.FIXED, amounts={"EUR": 500, "IRR": 2_000_000}, per_customer=1),
    "POST0": Terms(Kind.FREE_SHIPPING, minimums={"EUR": 3000, "IRR": 12_000_000}),
}


def seed_terms(now: datetime) -> None:
    """Set what the current store has not set yet, and make the codes it does not have."""
    known = set(db.session.scalars(select(StoreSetting.key)))
    missing = [code for code in (*COUPONS, "SUMMER24") if promotions.find(code) is None]
    finish_reading()
    for key in SETTINGS.keys() - known:
        stores.change_setting(key=key, value=SETTINGS[key], actor="demo", now=now)
    for code in missing:
        promotions.create(code, COUPONS.get(code) or _ended(now), now=now)


def _ended(now: datetime) -> Terms:
    """A tenth off until the end of the last August."""
    end = datetime(now.year, 8, 31, 22, tzinfo=now.tzinfo)  # midnight in Berlin
    end = end if end < now else end.replace(year=now.year - 1)
    return Terms(Kind.PERCENT, basis_points=1000, starts_at=end - timedelta(days=92), ends_at=end)
