"""Paying on delivery or by invoice: the money comes another way, so there is nothing to collect, ask or give back here."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from app.payments.provider import Charge, Outcome, Prepared, ProviderEvent, Refund, Status
from app.web.language import gettext as _


class Manual:
    """The way to pay that collects nothing: an order is placed, and somebody sees to the money."""

    name = "manual"
    collects = False

    def takes(self, currency: str) -> bool:
        """Any currency: people count it."""
        return True

    def prepare(self, entries: Mapping[str, str], *, now: datetime) -> Prepared:
        """Nothing needs to be entered."""
        return Prepared(token="", label=_("Pay on delivery"))

    def collect(self, charge: Charge, *, now: datetime) -> Outcome:
        """Waits for ever: nobody is asked for money."""
        return Outcome(Status.WAITING)

    def ask(self, attempt_id: UUID, reference: str, *, now: datetime) -> Outcome:
        """Nothing was ever asked for here."""
        return Outcome(Status.FAILED, reason="not_found")

    def cancel(self, attempt_id: UUID, reference: str, *, now: datetime) -> Outcome:
        """Nothing will be collected, as nothing ever is."""
        return Outcome(Status.FAILED, reason="cancelled")

    def refund(self, refund: Refund, *, now: datetime) -> Outcome:
        """No money came in here, so none can go back from here."""
        return Outcome(Status.FAILED, reason="not_found")

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> ProviderEvent | None:
        """Nobody sends any."""
        return None
