"""A bank for tests whose answers are scripted: it keeps its own books, so that what it really moved can be compared with ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from uuid import UUID

from app.money import Money
from app.payments.provider import Charge, Outcome, Prepared, ProviderEvent, Refund, Status

OK = Outcome(Status.SUCCEEDED, "ref")
DECLINED = Outcome(Status.FAILED, "ref", "declined")
UNKNOWN = Outcome(Status.UNKNOWN)


@dataclass
class ScriptedBank:
    """Answers `collect` and `ask` with what the script says; `moved` and `returned` are its books, by our ids."""

    answer: Outcome = OK
    then: Outcome = OK
    name: str = "scripted"
    collects: bool = True
    moved: dict[UUID, Money] = field(default_factory=dict)
    returned: dict[UUID, Money] = field(default_factory=dict)
    asked: int = 0
    _lock: Lock = field(default_factory=Lock)

    def takes(self, currency: str) -> bool:
        return True

    def prepare(self, entries: Mapping[str, str], *, now: datetime) -> Prepared:
        return Prepared("token", "Scripted")

    def collect(self, charge: Charge, *, now: datetime) -> Outcome:
        with self._lock:
            if self.answer.status is Status.SUCCEEDED or self.then.status is Status.SUCCEEDED:
                self.moved[charge.attempt_id] = charge.amount
        return self._named(self.answer, charge.attempt_id)

    def ask(self, attempt_id: UUID, reference: str, *, now: datetime) -> Outcome:
        self.asked += 1
        if attempt_id not in self.moved and self.then.status is Status.SUCCEEDED:
            return Outcome(Status.FAILED, "", "not_found")
        return self._named(self.then, attempt_id)

    def cancel(self, attempt_id: UUID, reference: str, *, now: datetime) -> Outcome:
        if attempt_id in self.moved:
            return self._named(OK, attempt_id)
        return Outcome(Status.FAILED, "", "cancelled")

    def refund(self, refund: Refund, *, now: datetime) -> Outcome:
        with self._lock:
            self.returned[refund.refund_id] = refund.amount
        return Outcome(Status.SUCCEEDED, str(refund.refund_id))

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> ProviderEvent | None:
        return None

    def _named(self, outcome: Outcome, attempt_id: UUID) -> Outcome:
        known = outcome.status in (Status.SUCCEEDED, Status.FAILED) and outcome.reference
        return Outcome(outcome.status, str(attempt_id) if known else "", outcome.reason, outcome.go_to)
