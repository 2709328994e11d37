"""What the relay has orders do: give money back, carry out a decision. It may come twice and counts once (writing to the customer: news.py)."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from flask import current_app

from app.config import Config
from app.orders import reviewing, sweeping
from app.payments.registry import providers


def refund(payload: Mapping[str, Any], row_id: UUID) -> None:
    """Have the provider give money back; what cannot be known now is asked again by the sweeper."""
    config = cast(Config, current_app.config["DUALCART"])
    sweeping.carry_out_refund(UUID(payload["refund_id"]), providers(config), current_app.config["CLOCK"].now())


def carry_out_decision(payload: Mapping[str, Any], row_id: UUID) -> None:
    """The moment for undoing what was decided about a held order is over."""
    reviewing.carry_out(UUID(payload["review_id"]), now=current_app.config["CLOCK"].now())
