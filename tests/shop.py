"""Terms of a store for tests of its pages: ways of delivery and taxes, as its staff would set them."""

from typing import Any

from sqlalchemy import delete, insert

from app.database.tenancy import current_store_id
from app.database.transaction import transaction
from app.stores import directory
from app.stores.models import StoreSetting

METHODS = [
    {"key": "express", "title": {"en": "Express", "fa": "سریع"}, "cost": {"EUR": 1290}, "days": [1, 2]},
    {"key": "standard", "title": {"en": "Standard", "fa": "عادی"}, "cost": {"EUR": 490}, "free_from": {"EUR": 100_00},
     "days": [2, 4], "countries": ["DE", "AT"]},
    {"key": "post", "title": {"en": "By post", "fa": "با پست"}, "cost": {"EUR": 990}, "countries": ["IR", "US"]},
    {"key": "pickup", "title": {"en": "Pick up in Berlin", "fa": "تحویل حضوری در برلین"}, "cost": {"EUR": 0},
     "days": [1, 1], "countries": ["DE"], "pickup": True},
]  # fmt: skip
TAXES = {
    "rates": [
        {"country": "DE", "basis_points": 1900},
        {"country": "AT", "basis_points": 2000},
        {"country": "IR", "basis_points": 1000},
    ]
}
COUNTRIES = ["DE", "AT", "IR", "US"]


def open_checkout(**settings: Any) -> None:
    """Have the store that was entered deliver and tax; other settings as given."""
    chosen = {"delivery_methods": METHODS, "taxes": TAXES, "delivery_countries": COUNTRIES, **settings}
    with transaction() as session:
        session.execute(delete(StoreSetting).where(StoreSetting.key.in_(chosen)))
        for key, value in chosen.items():
            session.execute(insert(StoreSetting).values(store_id=current_store_id(), key=key, value=value))
    directory.forget()
