"""The demonstration's campaigns: the presets, in force from the beginning."""

from datetime import datetime

from app.database.transaction import finish_reading
from app.recovery import campaigns

FROM_THE_BEGINNING = ("cart_reminder", "next_purchase_nudge", "price_dropped", "back_in_stock")


def seed_campaigns(now: datetime) -> None:
    """Publish the presets in the current store, unless it has campaigns already."""
    known = campaigns.list_campaigns()
    finish_reading()
    if known:
        return
    for preset in FROM_THE_BEGINNING:
        campaigns.publish(campaigns.create_from_preset(preset, actor="demo", now=now), 1, actor="demo", now=now)
