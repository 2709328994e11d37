"""Undoing a salvage from its notice: the things go from next purchase back into the order, as the shopper asks."""

import contextlib
from datetime import datetime
from uuid import UUID, uuid5

from app.cart import service
from app.cart.commands import MoveLine
from app.cart.policy import Policy
from app.cart.service import Shopper
from app.cart.state import Pane
from app.errors import Refusal
from app.ids import LineId
from app.recovery.adoption import Offered


def put_back(offered: Offered, shopper: Shopper, *, op_id: UUID, policy: Policy, days: int, now: datetime) -> None:
    """Move what was salvaged back, each line once however often it is asked for; what is not to be had stays saved."""
    for line in offered.lines:
        wish = MoveLine(line.id, Pane.ACTIVE, LineId(uuid5(op_id, f"part of {line.id}")))
        with contextlib.suppress(Refusal):
            service.change(
                shopper,
                wish,
                op_id=uuid5(op_id, str(line.id)),
                currency=offered.linked.currency,
                policy=policy,
                days=days,
                now=now,
            )
