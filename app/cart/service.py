"""Changing a cart: one unit of work per wish of a shopper, the same rules for a customer's cart and a guest's."""

import random
import time
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from app import tokens
from app.cart import codec, guest_repository, listening, merging, repository
from app.cart.commands import (
    AddCoupon,
    AddItem,
    AddItems,
    AnswerMerge,
    BringBack,
    ChangeVariant,
    Command,
    MergeGuestCart,
    SwitchCurrency,
)
from app.cart.domain import decide, opened
from app.cart.errors import CartBusy, OperationDiffers
from app.cart.events import CartOpened, CouponAdded, Event, LinesRestored, NextPurchaseActivated, replay
from app.cart.guest_facts import get_facts_and_coupon
from app.cart.policy import Facts, Policy
from app.cart.state import Cart, Pane, Placed
from app.catalog.facts_query import get_facts
from app.database.transaction import after_commit, unit_of_work
from app.ids import CustomerId, new_id
from app.promotions.domain import Coupon
from app.promotions.facts_query import find as find_coupon
from app.web import live
from app.web.visitors import Visitor

ATTEMPTS = 200  # of a guest's change: each one lost means that somebody else's was made


@dataclass(frozen=True, slots=True)
class Shopper:
    """Whose cart it is: a customer's, else a guest's (with no id before the first item); and what kind of visitor asks."""

    customer_id: CustomerId | None = None
    guest_cart_id: UUID | None = None
    by: Visitor = Visitor.PERSON

    @property
    def actor(self) -> str:
        """Who they are, whatever kind of visitor."""
        return f"customer:{self.customer_id}" if self.customer_id else f"guest:{self.guest_cart_id}"

    @property
    def logged_as(self) -> str:
        """How the log names them: persons by what they are, others with the kind of visitor behind it."""
        return self.actor if self.by is Visitor.PERSON else f"{self.actor} {self.by}"


@dataclass(frozen=True, slots=True)
class Changed:
    """A cart after a change (or as it is, when there was nothing to do), with the facts the change was decided by."""

    cart: Cart
    last: Event | None
    facts: Facts
    events: tuple[Event, ...] = ()
    coupon: Coupon | None = None

    @property
    def next_purchase_activated(self) -> bool:
        """Whether next purchase came back with this change."""
        return any(isinstance(event, NextPurchaseActivated) for event in self.events)


def change(
    shopper: Shopper,
    command: Command,
    *,
    op_id: UUID,
    currency: str,
    policy: Policy,
    days: int,
    now: datetime,
) -> Changed:
    """Carry out `command` once, however often it is sent with the same `op_id`. Raises a Refusal; then nothing changed."""
    if shopper.customer_id is not None:
        changed = _change_customers(shopper, shopper.customer_id, command, op_id, currency, policy, now)
    elif shopper.guest_cart_id is not None:
        changed = _change_guests(shopper.guest_cart_id, command, op_id, currency, policy, days, now, shopper.by)
    else:
        raise ValueError("a guest gets an id before the first change")
    known = changed.coupon.code if changed.coupon else ""
    if changed.cart.coupon in ("", known):
        return changed
    return replace(changed, coupon=find_coupon(changed.cart.coupon, shopper.customer_id))  # an undo brought it back


@unit_of_work
def _change_customers(
    shopper: Shopper,
    customer_id: CustomerId,
    command: Command,
    op_id: UUID,
    currency: str,
    policy: Policy,
    now: datetime,
) -> Changed:
    switching = isinstance(command, SwitchCurrency)
    before = repository.lock_open(
        customer_id, op_id, _variants(command), now, currency=currency, switching=switching, code=_code(command)
    )
    facts, coupon = before.facts, before.coupon
    asked = codec.fingerprint(command)
    if before.seen is not None:
        priced = _priced_in(before.cart, before.priced_in, facts)
        return _again(Changed(before.cart, before.last, priced, coupon=coupon), before.seen, asked)
    events = _decided(before.cart, command, facts, policy, now, before.last, currency, coupon)
    if not events:
        return Changed(before.cart, before.last, facts, coupon=coupon)
    after = repository.save(before, events, op_id=op_id, fingerprint=asked, actor=shopper.logged_as, now=now)
    if before.cart.pane(Pane.ACTIVE) and not after.cart.pane(Pane.ACTIVE):
        listening.emptied(before.id, now)
    after_commit(partial(live.publish_cart, shopper.actor, after.cart.version))
    return Changed(after.cart, after.last, _priced_in(after.cart, before.priced_in, facts), events, coupon)


def _change_guests(
    guest_cart_id: UUID,
    command: Command,
    op_id: UUID,
    currency: str,
    policy: Policy,
    days: int,
    now: datetime,
    by: Visitor,
) -> Changed:
    facts: Facts | None = None
    priced_in = code = ""
    asked = codec.fingerprint(command)
    for attempt in range(ATTEMPTS):
        if attempt > 1:
            time.sleep(random.uniform(0, min(attempt, 10) / 1000))
        before = guest_repository.load(guest_cart_id, days)
        wanted = _variants(command) | set(before.cart.variant_ids())
        needed = currency if isinstance(command, SwitchCurrency) else before.cart.currency or currency
        spelled = _code(command) or before.cart.coupon
        if facts is None or (needed, spelled) != (priced_in, code) or not wanted <= facts.keys():
            (facts, coupon), priced_in, code = get_facts_and_coupon(wanted, needed, spelled), needed, spelled
        seen = before.operations.get(str(op_id))
        if seen is not None:
            priced = _priced_in(before.cart, priced_in, facts)
            return _again(Changed(before.cart, before.last, priced, coupon=coupon), seen, asked)
        events = _decided(before.cart, command, facts, policy, now, before.last, currency, coupon)
        if not events:
            return Changed(before.cart, before.last, facts, coupon=coupon)
        after = guest_repository.save(before, events, op_id=op_id, fingerprint=asked, days=days, now=now, by=by)
        if after is not None:
            return Changed(after.cart, after.last, _priced_in(after.cart, priced_in, facts), events, coupon)
    raise CartBusy()


def _priced_in(cart: Cart, currency: str, facts: Facts) -> Facts:
    """`facts`, read in `currency`, for showing `cart`: read anew after a switch was taken back."""
    return facts if cart.currency in ("", currency) else get_facts(cart.variant_ids(), cart.currency)


def _again(unchanged: Changed, seen: str, asked: str) -> Changed:
    """The answer to an operation that was carried out before. Raises OperationDiffers if it asked for something else."""
    if seen != asked:
        raise OperationDiffers()
    return unchanged


def _decided(
    cart: Cart, command: Command, facts: Facts, policy: Policy, now: datetime, last: Event | None, currency: str,
    coupon: Coupon | None = None,
) -> tuple[Event, ...]:  # fmt: skip
    first = opened(cart, currency)
    following = decide(replay(first, cart), command, facts, policy, now, last, coupon)
    return (*first, *following) if following else ()


def _variants(command: Command) -> set[UUID]:
    """The variants that a command brings into play."""
    match command:
        case AddItems(items):
            return {item.variant_id for item in items}
        case AddItem() | ChangeVariant():
            return {command.variant_id}
        case MergeGuestCart() | BringBack():
            return {line.variant_id for line in command.lines}
        case _:
            return set()


def _code(command: Command) -> str:
    """The discount code that a command brings into play."""
    return command.code if isinstance(command, AddCoupon) else ""


def merge_guest_cart(
    guest_cart_id: UUID,
    customer_id: CustomerId,
    *,
    currency: str,
    policy: Policy,
    now: datetime,
    by: Visitor = Visitor.PERSON,
) -> Cart | None:
    """Take the guest's cart into the customer's, exactly once however often and from wherever it is asked for.

    None when there was nothing to merge or it had been merged before. Raises GuestCartsUnavailable.
    """
    guest = guest_repository.freeze(guest_cart_id)
    merged = None
    if policy.guest_merge and guest.cart.lines:
        merged = _merge_frozen(guest, Shopper(customer_id, by=by), customer_id, currency, policy, now)
    guest_repository.delete(guest_cart_id)
    return merged


def undo_merge(
    customer_id: CustomerId,
    *,
    op_id: UUID,
    currency: str,
    policy: Policy,
    days: int,
    now: datetime,
    by: Visitor = Visitor.PERSON,
) -> tuple[Changed, UUID | None]:
    """Take a merge back: the customer's cart as it was, and the guest's in a cart of its own again, whose id is returned.

    The guest's cart is written first: should anything fail in between, nothing is lost and nobody sees a twin.
    Raises NothingToUndo, GuestCartsUnavailable.
    """
    stored = repository.find_open(customer_id)
    merged = merging.undoable(stored.cart, now) if stored else None
    guest_cart_id, shopper = tokens.random_uuid(), Shopper(customer_id, by=by)
    # The very merge that was read above, or none at all: another one may come in before the lock is taken.
    command = AnswerMerge(keep=False, guest_cart_id=merged.guest_cart_id if merged else guest_cart_id)
    if merged is not None and merged.origin == "link":  # copies: nobody is without them
        return _change_customers(shopper, customer_id, command, op_id, currency, policy, now), None
    if merged is not None:
        placed = tuple(Placed(line, at) for at, line in enumerate(merged.guest_lines))
        nobodys = guest_repository.GuestCart(guest_cart_id, Cart(), None, {})
        again: tuple[Event, ...] = (CartOpened(merged.currency or currency), LinesRestored(placed))
        again += (CouponAdded(merged.coupon),) if merged.coupon else ()
        guest_repository.save(nobodys, again, op_id=op_id, fingerprint="", days=days, now=now, by=by)
    try:
        changed = _change_customers(shopper, customer_id, command, op_id, currency, policy, now)
    except BaseException:
        guest_repository.delete(guest_cart_id)
        raise
    if not changed.events:  # carried out before: the browser has the guest's cart already
        guest_repository.delete(guest_cart_id)
        return changed, None
    return changed, guest_cart_id


@unit_of_work
def _merge_frozen(
    guest: guest_repository.GuestCart,
    shopper: Shopper,
    customer_id: CustomerId,
    currency: str,
    policy: Policy,
    now: datetime,
) -> Cart | None:
    op_id = new_id()
    brought = (guest.cart.currency, guest.cart.coupon)
    command = MergeGuestCart(guest.id, guest.cart.lines, policy.merge_rule, *brought)
    currency = guest.cart.currency or currency  # of a new cart; one that is open keeps its own
    before = repository.lock_open(customer_id, op_id, _variants(command), now, currency=currency)
    if not repository.claim_merge(guest.id, before.id, now):
        # Whoever merged it was stopped before deleting it, or is about to. What the guest added since must come, too.
        since = merging.beyond(guest.cart.lines, repository.list_merged_lines(guest.id, before.id))
        if not since:
            return None
        command = MergeGuestCart(guest.id, since, "sum", *brought, resumed=True)
    events = _decided(before.cart, command, before.facts, policy, now, before.last, currency)
    asked = codec.fingerprint(command)
    after = repository.save(before, events, op_id=op_id, fingerprint=asked, actor=shopper.logged_as, now=now)
    after_commit(partial(live.publish_cart, shopper.actor, after.cart.version))
    return after.cart
