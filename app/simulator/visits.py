"""A visit from beginning to end: what is put in, what makes somebody go, coming back, and what becomes of an order."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from app.errors import Refusal
from app.ids import OrderId
from app.recovery.reasons import MANY_CHANGES, Reason
from app.simulator.agenda import HOUR, MINUTE, SECOND, Agenda
from app.simulator.baskets import Shelf
from app.simulator.behaviour import REST, Kind, Plan
from app.simulator.names import identity
from app.simulator.persons import Person, Record
from app.simulator.shop import BAD_CARDS, GOOD_CARD, Shop
from app.simulator.staff import Staff

WRONG_CODES = ("SAVE20", "WELCOME", "RABATT", "NEWYEAR")
DEARER = (8, 12, 15)  # percent
LOOKED_AT = 5  # members, for one who has not been here for long


class Visits:
    """Everybody's visits in one store. `codes` are discount codes that count there; `changed` is told when carts were changed."""

    def __init__(
        self,
        agenda: Agenda,
        shop: Shop,
        staff: Staff,
        shelf: Shelf,
        record: Record,
        *,
        seed: str,
        codes: tuple[str, ...],
        changed: Callable[[datetime], object],
    ) -> None:
        self._agenda, self._shop, self._staff, self._shelf, self._record = agenda, shop, staff, shelf, record
        self._seed, self._codes, self._changed = seed, codes, changed
        self._members: dict[str, list[Person]] = defaultdict(list)

    def visit(self, plan: Plan, at: datetime) -> Person:
        """Somebody comes and does what they planned."""
        self._record.baskets += 1
        person, now = self._who(plan, at), self._agenda.now(at)
        self._shop.welcome(person, now)
        if plan.uses_saved and person.customer_id is not None:
            self._shop.bring_back_saved(person, self._agenda.now(now + 20 * SECOND))
        for wanted in plan.basket:
            now = self._agenda.now(now + (25 + wanted.good % 40) * SECOND)
            self._shop.add(person, self._shelf.goods[wanted.good].variant_id, wanted.quantity, now)
        now = self._agenda.now(now + MINUTE)
        if plan.reason is None:
            self._record.bought_at_once += self._buys(person, now, because=False)
        else:
            self._leaves(person, plan, plan.reason, now)
        self._record.guests += person.customer_id is None
        self._changed(self._agenda.moment)
        return person

    def comes_back(self, person: Person, plan: Plan, now: datetime, *, because: bool) -> None:
        """For what they left, unless they have bought it or are about something else by now."""
        if person.plan is plan and not person.bought:
            self._buys(person, now, because=because)
            self._changed(self._agenda.moment)

    def _who(self, plan: Plan, at: datetime) -> Person:
        known = self._members[plan.locale]
        if plan.kind is Kind.MEMBER and plan.returning and known:
            first = int(plan.choice * len(known))
            for place in range(first, first + min(LOOKED_AT, len(known))):
                person = known[place % len(known)]
                if at - person.seen_at >= REST:
                    person.comes_again(plan, at)
                    return person
        who = identity(self._seed, plan.number, plan.locale, self._shop.terms.countries)
        person = Person(who, plan.kind, plan, at)
        if plan.kind is Kind.MEMBER:
            known.append(person)
        return person

    def _leaves(self, person: Person, plan: Plan, reason: Reason, now: datetime) -> None:
        now = self._before_leaving(person, reason, now)
        if person.kind is Kind.CONTACT:
            now = self._agenda.now(now + MINUTE)
            dear = reason is Reason.DELIVERY_COST
            _tried(lambda: self._shop.fill_in_delivery(person, now, dear=dear))
            now = self._agenda.now(now + MINUTE)
        self._at_the_end(person, reason, now)
        if person.customer_id is None:
            return
        self._record.left[person.customer_id].append((now, reason))
        if plan.unaided is not None:
            self._agenda.at(now + plan.unaided, lambda at: self.comes_back(person, plan, at, because=False))

    def _before_leaving(self, person: Person, reason: Reason, now: datetime) -> datetime:
        """What they do in the cart."""
        match reason:
            case Reason.SAVED_FOR_LATER:
                self._shop.save_for_later(person, self._agenda.now(now + MINUTE))
            case Reason.CHANGED_MIND:
                self._shop.take_out(person, self._agenda.now(now + MINUTE))
            case Reason.LONG_COMPARISON:
                self._compares(person, now)
            case Reason.COUPON_REFUSED:
                self._tries_a_code(person, now)
            case _:
                pass
        return self._agenda.moment

    def _compares(self, person: Person, now: datetime) -> None:
        """Puts things in and takes them out again for an hour or more; at last only puts them in."""
        random = Random(f"{self._seed}:comparing:{person.plan.number}")
        for change in range(MANY_CHANGES + 2):
            now = self._agenda.now(now + random.uniform(5, 10) * MINUTE)
            if change % 2 and change < MANY_CHANGES // 2:
                self._shop.take_out(person, now)
            else:
                self._shop.add(person, self._shelf.goods[self._shelf.popular(random)].variant_id, 1, now)

    def _tries_a_code(self, person: Person, now: datetime) -> None:
        """Half of them type one that there is not; the others take off one that did too little for them."""
        plan = person.plan
        if plan.choice < 0.5 and self._codes:
            code = self._codes[plan.number % len(self._codes)]
            if self._shop.try_code(person, code, self._agenda.now(now + 30 * SECOND)):
                self._shop.take_code_off(person, self._agenda.now(now + 70 * SECOND))
            return
        wrong = WRONG_CODES[plan.number % len(WRONG_CODES)]
        self._shop.try_code(person, wrong, self._agenda.now(now + 30 * SECOND))

    def _at_the_end(self, person: Person, reason: Reason, now: datetime) -> None:
        """What makes them go."""
        plan, last = person.plan, self._shelf.goods[person.plan.basket[-1].good].variant_id
        match reason:
            case Reason.DELIVERY_COST if person.kind is Kind.MEMBER:
                _tried(lambda: self._shop.fill_in_delivery(person, self._agenda.now(now + 2 * MINUTE), dear=True))
            case Reason.PAYMENT_FAILED if person.customer_id is not None:
                _tried(lambda: self._fails_to_pay(person, self._agenda.now(now + 2 * MINUTE)))
            case Reason.OUT_OF_STOCK:
                self._sells_out(last, now, (20 + 40 * plan.choice) * HOUR)
            case Reason.PRICE_ROSE:
                self._becomes_dearer(last, DEARER[plan.number % len(DEARER)], now, (30 + 60 * plan.choice) * HOUR)
            case _:
                pass

    def _sells_out(self, variant_id: UUID, now: datetime, until: timedelta) -> None:
        if self._staff.sell_out(variant_id, now):
            self._agenda.at(now + until, lambda at: self._staff.refill_one(variant_id, at))

    def _becomes_dearer(self, variant_id: UUID, percent: int, now: datetime, until: timedelta) -> None:
        if self._staff.raise_price(variant_id, percent):
            self._agenda.at(now + until, lambda _at: self._staff.restore_price(variant_id))

    def _fails_to_pay(self, person: Person, now: datetime) -> bool:
        card = BAD_CARDS[person.plan.number % len(BAD_CARDS)]
        filled_in = self._shop.fill_in_delivery(person, now) and self._shop.choose_payment(person, card, now)
        if not filled_in or self._shop.order(person, self._agenda.now(now + MINUTE)) is not None:
            return False
        return self._shop.choose_payment(person, GOOD_CARD, self._agenda.now(now + 2 * MINUTE))

    def _buys(self, person: Person, now: datetime, *, because: bool) -> bool:
        order_id = self._shop.buy(person, now)
        if order_id is None:
            return False
        person.bought = True
        self._record.orders[order_id] = because
        self._see_to(order_id, person.plan, now)
        return True

    def _see_to(self, order_id: OrderId, plan: Plan, now: datetime) -> None:
        after = plan.aftermath
        if after.cancelled:
            self._agenda.at(now + after.handed_over / 4, lambda at: self._staff.cancel(order_id, at))
            return
        self._agenda.at(now + after.handed_over, lambda at: self._staff.hand_over(order_id, at))
        if after.returned:
            back = now + after.handed_over + after.sent_back
            self._agenda.at(back, lambda at: self._staff.take_back(order_id, whole=after.whole, now=at))


def _tried(action: Callable[[], bool]) -> bool:
    try:
        return action()
    except Refusal:
        return False
