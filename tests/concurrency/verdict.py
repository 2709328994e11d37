"""Whether a program that ran left the carts as some serial order of what was acknowledged would have, and nothing else.

The log is that order. Every group of its events is decided once more, from the state before it and the facts that the
answer named, and must come out the same; what was acknowledged is in it once, what was refused is not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from app.cart import codec, guest_repository, history, queries, repository
from app.cart.commands import Command, MergeGuestCart
from app.cart.domain import decide, opened
from app.cart.events import (
    Event,
    GuestCartMerged,
    ItemAdded,
    LineRemoved,
    LinesRestored,
    MergeUndone,
    NextPurchaseActivated,
    PaneEmptied,
    QuantityChanged,
    evolve,
    replay,
)
from app.cart.policy import Facts, Policy
from app.cart.service import Changed, Shopper
from app.cart.state import Cart, Pane
from app.catalog.facts_query import get_facts
from app.database.base import db
from app.errors import Refusal
from tests.concurrency.storm import Run, Sent
from tests.conftest import NOW


@dataclass(frozen=True, slots=True)
class Operation:
    """What one operation did, as it was written down."""

    op_id: UUID
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What was asked for under an operation id and acknowledged, and the facts it was decided by."""

    command: Command
    facts: Facts
    events: tuple[Event, ...]
    version: int


def judged(runs: Iterable[Run]) -> int:
    """All of them: how many operations changed something. A verdict of guilty names the program's seed."""
    changed = 0
    for run in runs:
        try:
            changed += judge(run)
        except AssertionError as verdict:
            verdict.add_note(f"{run.program.kind} program {run.program.seed}: {run.program}")
            raise
    return changed


def judge(run: Run) -> int:
    """Raises AssertionError if anything is not as it should be; the number of operations that changed something."""
    assert not run.faults, run.faults
    for outcome in (*(sent.outcome for sent in run.sent), *(signed.outcome for signed in run.sign_ins)):
        assert not isinstance(outcome, Exception) or isinstance(outcome, Refusal), repr(outcome)
        assert getattr(outcome, "code", "") not in ("cart_busy", "operation_differs"), repr(outcome)
    changed = 0
    stored = repository.find_open(run.customer_id)
    merges: dict[UUID, GuestCartMerged] = {}
    if stored:
        logged = history.list_events(stored.id)
        assert [one.version for one in logged] == list(range(1, len(logged) + 1)), "a gap in the log"
        operations = _grouped([(one.op_id, one.event) for one in logged])
        changed += _check(operations, stored.cart, told(run, Shopper(customer_id=run.customer_id)), run)
        merges = {one.event.merge.guest_cart_id: one.event for one in logged if isinstance(one.event, GuestCartMerged)}
    db.session.rollback()
    signed_in = {signed.guest_cart_id for signed in run.sign_ins if not isinstance(signed.outcome, Exception)}
    for guest_cart_id in run.devices:
        acknowledged = told(run, Shopper(guest_cart_id=guest_cart_id))
        if guest_cart_id in signed_in:
            changed += _check_merged(guest_cart_id, acknowledged, merges.get(guest_cart_id), run)
        else:
            assert guest_cart_id not in merges
            changed += _check(_guests(guest_cart_id), _guests_cart(guest_cart_id), acknowledged, run)
    merged = [signed.guest_cart_id for signed in run.sign_ins if isinstance(signed.outcome, Cart)]
    assert sorted(merged) == sorted(merges), "a sign-in that merged must be in the log once, and no other"
    return changed


def told(run: Run, shopper: Shopper) -> dict[UUID, Told]:
    """What was acknowledged to a shopper and changed their cart, by operation; each to one of its sendings only."""
    found: dict[UUID, Told] = {}
    for sent in run.sent:
        if sent.shopper == shopper and isinstance(sent.outcome, Changed) and sent.outcome.events:
            assert sent.op_id not in found, f"{sent.command} was carried out twice"
            found[sent.op_id] = Told(sent.command, sent.outcome.facts, sent.outcome.events, sent.outcome.cart.version)
    return found


def _check(operations: Sequence[Operation], state: Cart, acknowledged: dict[UUID, Told], run: Run) -> int:
    """One cart: its operations in order, what they led to, and what the shopper was told."""
    cart, last, activations = Cart(), None, 0
    unaccounted = set(acknowledged)
    for operation in operations:
        before = cart
        for event in operation.events:
            units = cart.units()
            cart = evolve(cart, event)
            assert cart.units() - units == _delta(event), f"{event} moved the number of units otherwise"
            activations += isinstance(event, NextPurchaseActivated)
        _whole(cart)
        one = _asked(operation, acknowledged)
        unaccounted.discard(operation.op_id)
        if isinstance(operation.events[-1], GuestCartMerged):
            merge = operation.events[-1].merge
            wish = MergeGuestCart(merge.guest_cart_id, merge.guest_lines, run.policy.merge_rule, merge.currency)
            one = Told(wish, get_facts({line.variant_id for line in wish.lines}, "EUR"), operation.events, cart.version)
        assert one, f"{operation} was never acknowledged"
        assert (operation.events, cart.version) == (one.events, one.version), (
            "the log says something else than the answer"
        )
        assert _decided(before, one, run.policy, last) == operation.events, f"{one.command} on {before}"
        _check_activation(before, operation, run)
        if isinstance(operation.events[0], MergeUndone):
            _check_given_back(before, operation, run)
        last = operation.events[-1]
    assert not unaccounted, f"acknowledged and lost: {[acknowledged[op_id].command for op_id in unaccounted]}"
    assert cart == state, "the log does not give the state"
    assert cart.activation == activations
    return len(operations)


def _asked(operation: Operation, acknowledged: dict[UUID, Told]) -> Told | None:
    return acknowledged.get(operation.op_id)


def _decided(before: Cart, one: Told, policy: Policy, last: Event | None) -> tuple[Event, ...]:
    first = opened(before, "EUR")
    return (*first, *decide(replay(first, before), one.command, one.facts, policy, NOW, last))


def _check_activation(before: Cart, operation: Operation, run: Run) -> None:
    """Once for each first item that met saved lines; unless none of them could come, which deciding has confirmed."""
    count = sum(isinstance(event, NextPurchaseActivated) for event in operation.events)
    adds = [event for event in operation.events if isinstance(event, ItemAdded) and event.line.pane is Pane.ACTIVE]
    due = bool(adds) and not before.pane(Pane.ACTIVE) and before.pane(Pane.NEXT_PURCHASE) and before.auto_activation
    assert count <= (1 if due else 0), "next purchase came back without reason, or twice"


def _check_merged(guest_cart_id: UUID, acknowledged: dict[UUID, Told], merge: GuestCartMerged | None, run: Run) -> int:
    """A guest's cart that went into the account: exactly as it was after the last change that was acknowledged."""
    operations = [
        Operation(op_id, one.events) for op_id, one in sorted(acknowledged.items(), key=lambda o: o[1].version)
    ]
    cart = replay([event for operation in operations for event in operation.events])
    count = _check(operations, cart, acknowledged, run)
    assert cart.lines == (merge.merge.guest_lines if merge else ()), "what the guest had is not what was merged"
    assert not _guests_cart(guest_cart_id).lines
    assert not guest_repository.list_entries(guest_cart_id)
    return count


def _check_given_back(before: Cart, operation: Operation, run: Run) -> None:
    """An undone merge gives the guest's lines back, once, into a cart of their own."""
    given: list[Sent] = [sent for sent in run.sent if sent.op_id == operation.op_id and sent.guest_cart_id]
    assert len(given) == 1
    assert given[0].guest_cart_id
    assert before.merge
    assert _guests_cart(given[0].guest_cart_id).lines == before.merge.guest_lines, "another guest's lines came back"


def _whole(cart: Cart) -> None:
    assert len({line.key for line in cart.lines}) == len(cart.lines), "a line is double"
    assert len({line.id for line in cart.lines}) == len(cart.lines)
    assert all(1 <= line.quantity <= 999 for line in cart.lines)


def _delta(event: Event) -> int:
    """How many more pieces there are after an event, told from the event alone."""
    match event:
        case ItemAdded(line):
            return line.quantity
        case QuantityChanged(_, before, after):
            return after - before
        case LineRemoved(removed):
            return -removed.line.quantity
        case PaneEmptied(_, removed):
            return -sum(placed.line.quantity for placed in removed)
        case LinesRestored(restored):
            return sum(placed.line.quantity for placed in restored)
        case GuestCartMerged(merge):
            raised = sum(change.after - change.before for change in merge.raised)
            return sum(line.quantity for line in merge.added) + raised - sum(p.line.quantity for p in merge.absorbed)
        case MergeUndone(removed, lowered, restored):
            lowered_by = sum(change.before - change.after for change in lowered)
            return sum(p.line.quantity for p in restored) - sum(p.line.quantity for p in removed) - lowered_by
        case _:
            return 0


def _guests(guest_cart_id: UUID) -> list[Operation]:
    entries = guest_repository.list_entries(guest_cart_id)
    version = 0
    for entry in entries:
        version += len(entry.events)
        assert entry.version == version, "a gap in the history"
    return _grouped([(e.op_id, codec.event_of(kept.kind, kept.payload)) for e in entries for kept in e.events])


def _guests_cart(guest_cart_id: UUID) -> Cart:
    return queries.get_cart(Shopper(guest_cart_id=guest_cart_id), days=30).cart


def _grouped(events: Sequence[tuple[UUID, Event]]) -> list[Operation]:
    groups = [
        Operation(op_id, tuple(event for _, event in group)) for op_id, group in groupby(events, key=lambda one: one[0])
    ]
    assert len({group.op_id for group in groups}) == len(groups), "an operation is in the log in two places"
    return groups
