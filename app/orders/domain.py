"""What may become of an order, a payment attempt, a refund. States go forwards only; an older event never undoes a newer. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from app.orders.errors import OrderMovedOn
from app.orders.values import OrderState, PaymentState
from app.payments.provider import Status

FORWARDS: dict[OrderState, frozenset[OrderState]] = {
    OrderState.PENDING: frozenset({OrderState.PLACED, OrderState.IN_REVIEW, OrderState.ABANDONED}),
    OrderState.ABANDONED: frozenset({OrderState.PLACED, OrderState.IN_REVIEW}),  # the money came late after all
    OrderState.IN_REVIEW: frozenset({OrderState.PLACED, OrderState.CANCELLED}),
    OrderState.PLACED: frozenset({OrderState.FULFILLED, OrderState.CANCELLED}),
    OrderState.FULFILLED: frozenset(),
    OrderState.CANCELLED: frozenset(),
}


class AttemptState(StrEnum):
    """Where a payment attempt stands."""

    STARTED = "started"  # the provider is being asked, or the shopper is on its page
    UNKNOWN = "unknown"  # nobody can say yet whether money moved
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SURPLUS = "surplus"  # money moved that this order has no use for: it is given back

    @property
    def open(self) -> bool:
        """Whether its end is not known yet."""
        return self in (AttemptState.STARTED, AttemptState.UNKNOWN)


class Verdict(StrEnum):
    """What an outcome means for the order."""

    NOTHING = "nothing"  # known already, or older than what is known
    WAIT = "wait"
    PLACE = "place"
    TRY_AGAIN = "try_again"  # no money moved; the shopper may pay another way
    GIVE_BACK = "give_back"


@dataclass(frozen=True, slots=True)
class Settled:
    """An attempt after an outcome, and what follows for the order."""

    attempt: AttemptState
    verdict: Verdict


def advance(before: OrderState, after: OrderState) -> OrderState:
    """`after`, if an order may go there. Raises OrderMovedOn."""
    if after not in FORWARDS[before]:
        raise OrderMovedOn()
    return after


def settle(
    attempt: AttemptState, outcome: Status, order: OrderState, *, others_open: bool, amount_fits: bool
) -> Settled:
    """What an outcome does to an attempt and its order. `others_open`: another attempt is open or has succeeded.

    Money that moved is money that moved: a success counts whatever was believed before. A failure never undoes a success.
    """
    if attempt in (AttemptState.SUCCEEDED, AttemptState.SURPLUS):
        return Settled(attempt, Verdict.NOTHING)
    if outcome is Status.SUCCEEDED:
        if not amount_fits or others_open or order not in (OrderState.PENDING, OrderState.ABANDONED):
            return Settled(AttemptState.SURPLUS, Verdict.GIVE_BACK)
        return Settled(AttemptState.SUCCEEDED, Verdict.PLACE)
    if attempt is AttemptState.FAILED:
        return Settled(attempt, Verdict.NOTHING)
    if outcome is Status.FAILED:
        return Settled(AttemptState.FAILED, Verdict.TRY_AGAIN)
    if outcome is Status.UNKNOWN:
        return Settled(AttemptState.UNKNOWN, Verdict.WAIT)
    return Settled(attempt, Verdict.WAIT)


def payment_state(state: OrderState, *, collects: bool, open_attempt: bool, paid: int, refunded: int) -> PaymentState:
    """How an order is paid, in one word. `collects`: through a provider, as opposed to on delivery or by invoice."""
    if refunded and refunded >= paid:
        return PaymentState.REFUNDED
    if refunded:
        return PaymentState.PARTLY_REFUNDED
    if paid:
        return PaymentState.PAID
    if open_attempt:
        return PaymentState.WAITING
    if state in (OrderState.CANCELLED, OrderState.ABANDONED) or collects:
        return PaymentState.NOT_PAID
    return PaymentState.DUE
