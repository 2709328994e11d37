"""The year, in order: who comes does what they planned, the store's rounds run each hour, messages are read and acted on."""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import text

from app.channels.told import Told
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import finish_reading
from app.errors import Refusal
from app.ids import OrderId
from app.recovery import callbacks, preferences
from app.recovery.preferences import Word
from app.recovery.reasons import MANY_CHANGES, Reason
from app.recovery.values import Channel
from app.simulator import behaviour, landing
from app.simulator.arrivals import arrivals
from app.simulator.baskets import Shelf
from app.simulator.behaviour import REST, Kind, Plan
from app.simulator.names import identity
from app.simulator.post import NAME, Kept, Post
from app.simulator.rounds import Rounds
from app.simulator.shop import BAD_CARDS, GOOD_CARD, Bought, Person, Shop
from app.simulator.staff import Staff
from app.simulator.times import SimulatedClock

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
LAST_ARRIVAL = 2 * HOUR  # before the end: nothing of a visit happens later than now
WRONG_CODES = ("SAVE20", "WELCOME", "RABATT", "NEWYEAR")
DEARER = (8, 12, 15)  # percent
REFILLS_EACH = timedelta(days=1)

MESSAGES = text("""
    SELECT m.id, m.customer_id, m.kind, m.step, m.address_hash, e.trigger FROM messages m
    JOIN episodes e ON e.store_id = m.store_id AND e.id = m.episode_id
    WHERE m.store_id = :store AND m.id = ANY(:ids) ORDER BY m.sent_at, m.id""")

Progress = Callable[[int, datetime], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is simulated: so many baskets between two moments (aware, UTC), by a seed, with an effect of the messages."""

    carts: int
    since: datetime
    until: datetime
    seed: str
    effect: float
    codes: tuple[str, ...] = ()  # discount codes that count


@dataclass(slots=True)
class Record:
    """What is known of the year because it was made up."""

    orders: dict[UUID, tuple[Person, Bought, bool]] = field(default_factory=dict)  # the last: because of a message
    left: dict[UUID, list[tuple[datetime, Reason]]] = field(default_factory=lambda: defaultdict(list))
    baskets: int = 0
    guests: int = 0
    bought_at_once: int = 0
    clicks: int = 0


class Year:
    """One run. The store is entered, the clock is the simulation's."""

    def __init__(
        self, app: Flask, shop: Shop, staff: Staff, rounds: Rounds, post: Post, clock: SimulatedClock, options: Options
    ) -> None:
        self.app, self.shop, self.staff, self.rounds, self.post = app, shop, staff, rounds, post
        self.clock, self.options, self.record = clock, options, Record()
        random = Random(f"{options.seed}:year")
        self._shelf = Shelf(staff.goods, random)
        zone = ZoneInfo(shop.store.time_zone)
        self._arrivals = arrivals(options.carts, options.since, options.until - LAST_ARRIVAL, zone, random)
        self._later: list[tuple[datetime, int, Callable[[datetime], object]]] = []
        self._numbers = itertools.count()
        self._persons: dict[UUID, Person] = {}
        self._members: dict[str, list[Person]] = defaultdict(list)
        self._refilled_at = options.since

    def run(self, progress: Progress) -> Record:
        """From the first to the last hour."""
        coming, number = iter(self._arrivals), 0
        arrival = next(coming, None)
        while True:
            moments = [arrival, self._later[0][0] if self._later else None, self.rounds.due_at]
            begin = min((moment for moment in moments if moment is not None), default=None)
            if begin is None or begin >= self.options.until:
                break
            end = _next_hour(begin)
            while arrival is not None and arrival < end:
                self._until(arrival)
                self._visit(behaviour.plan(
                    self.options.seed, number, self._shelf, self.options.effect, self.shop.store.locales
                ), arrival)  # fmt: skip
                number, arrival = number + 1, next(coming, None)
            self._until(end)
            self._turn(min(end, self.options.until))
            progress(number, end)
        self._finish()
        progress(number, self.options.until)
        return self.record

    def at(self, moment: datetime, action: Callable[[datetime], object]) -> None:
        """Have something done later; what would be after the end is not."""
        heapq.heappush(self._later, (moment, next(self._numbers), action))

    def _until(self, moment: datetime) -> None:
        while self._later and self._later[0][0] < moment:
            due, _number, action = heapq.heappop(self._later)
            if due < self.options.until - 10 * MINUTE:
                self._now(due)
                action(due)

    def _now(self, moment: datetime) -> datetime:
        self.clock.moment = moment
        return moment

    def _turn(self, now: datetime) -> None:
        self._now(now)
        if now - self._refilled_at >= REFILLS_EACH:
            self._refilled_at = now
            self.staff.refill(now)
        self.rounds.turn(now)
        kept = self.post.collect()
        if kept:
            self._delivered(kept, now)

    def _finish(self) -> None:
        now = self._now(self.options.until)
        self.staff.tidy_up(now)
        self.rounds.record()
        self.rounds.turn(now)

    # ------------------------------------------------------------------ visits

    def _visit(self, plan: Plan, at: datetime) -> None:
        self.record.baskets += 1
        person = self._who(plan, at)
        now = self._now(at)
        self.shop.welcome(person, now)
        if plan.uses_saved and person.customer_id is not None:
            self.shop.bring_back_saved(person, self._now(now + 20 * SECOND))
        for wanted in plan.basket:
            now = self._now(now + (25 + wanted.good % 40) * SECOND)
            self.shop.add(person, self._shelf.goods[wanted.good].variant_id, wanted.quantity, now)
        now = self._now(now + MINUTE)
        if plan.reason is None:
            self.record.bought_at_once += self._buys(person, now, because=False)
        else:
            self._leaves(person, plan.reason, now)
        if person.customer_id is None:
            self.record.guests += 1
            return
        self._persons[person.customer_id] = person
        self.rounds.touched(self.clock.moment)

    def _who(self, plan: Plan, at: datetime) -> Person:
        known = self._members[plan.locale]
        if plan.kind is Kind.MEMBER and plan.returning and known:
            for offset in range(min(5, len(known))):
                person = known[(int(plan.choice * len(known)) + offset) % len(known)]
                if at - person.seen_at >= REST:
                    person.plan, person.seen_at, person.bought, person.left_at = plan, at, False, None
                    return person
        who = identity(self.options.seed, plan.number, plan.locale, self.shop.terms.countries)
        person = Person(who, plan.kind, plan, at)
        if plan.kind is Kind.MEMBER:
            known.append(person)
        return person

    def _leaves(self, person: Person, reason: Reason, now: datetime) -> None:
        plan = person.plan
        now = self._before_leaving(person, reason, now)
        if person.kind is Kind.CONTACT and person.customer_id is None:
            now = self._now(now + MINUTE)
            dear = reason is Reason.DELIVERY_COST
            self._tried(lambda: self.shop.fill_in_delivery(person, now, dear=dear))
            now = self._now(now + MINUTE)
        self._at_the_end(person, reason, now)
        person.left_at = self.clock.moment
        if person.customer_id is None:
            return
        self.record.left[person.customer_id].append((now, reason))
        if plan.unaided is not None:
            self.at(now + plan.unaided, lambda moment: self._returns(person, plan, moment, because=False))

    def _before_leaving(self, person: Person, reason: Reason, now: datetime) -> datetime:
        """What they do in the cart."""
        match reason:
            case Reason.SAVED_FOR_LATER:
                self.shop.save_for_later(person, self._now(now + MINUTE))
            case Reason.CHANGED_MIND:
                self.shop.take_out(person, self._now(now + MINUTE))
            case Reason.LONG_COMPARISON:
                self._compares(person, now)
            case Reason.COUPON_REFUSED:
                self._tries_a_code(person, now)
            case _:
                pass
        return self.clock.moment

    def _compares(self, person: Person, now: datetime) -> None:
        """Puts things in and takes them out again for an hour or more; at last only puts them in."""
        random = Random(f"{self.options.seed}:comparing:{person.plan.number}")
        for change in range(MANY_CHANGES + 2):
            now = self._now(now + random.uniform(5, 10) * MINUTE)
            if change % 2 and change < MANY_CHANGES // 2:
                self.shop.take_out(person, now)
            else:
                self.shop.add(person, self._shelf.goods[self._shelf.popular(random)].variant_id, 1, now)

    def _tries_a_code(self, person: Person, now: datetime) -> None:
        """Half of them type one that there is not; the others take off one that did too little for them."""
        plan, codes = person.plan, self.options.codes
        if plan.choice < 0.5 and codes:
            if self.shop.try_code(person, codes[plan.number % len(codes)], self._now(now + 30 * SECOND)):
                self.shop.take_code_off(person, self._now(now + 70 * SECOND))
            return
        self.shop.try_code(person, WRONG_CODES[plan.number % len(WRONG_CODES)], self._now(now + 30 * SECOND))

    def _at_the_end(self, person: Person, reason: Reason, now: datetime) -> None:
        """What makes them go."""
        last = self._shelf.goods[person.plan.basket[-1].good].variant_id
        match reason:
            case Reason.DELIVERY_COST if person.customer_id is not None:
                self._tried(lambda: self.shop.fill_in_delivery(person, self._now(now + 2 * MINUTE), dear=True))
            case Reason.PAYMENT_FAILED if person.customer_id is not None:
                self._tried(lambda: self._fails_to_pay(person, self._now(now + 2 * MINUTE)))
            case Reason.OUT_OF_STOCK:
                if self.staff.sell_out(last, now):
                    self.at(now + (20 + 40 * person.plan.choice) * HOUR, lambda at: self.staff.refill_one(last, at))
            case Reason.PRICE_ROSE:
                if self.staff.raise_price(last, DEARER[person.plan.number % len(DEARER)]):
                    self.at(now + (30 + 60 * person.plan.choice) * HOUR, lambda _at: self.staff.restore_price(last))
            case _:
                pass

    def _fails_to_pay(self, person: Person, now: datetime) -> bool:
        card = BAD_CARDS[person.plan.number % len(BAD_CARDS)]
        if self.shop.fill_in_delivery(person, now) and self.shop.choose_payment(person, card, now + 30 * SECOND):
            placed = self.shop.order(person, self._now(now + MINUTE))
            if placed is None:
                return self.shop.choose_payment(person, GOOD_CARD, self._now(now + 2 * MINUTE))
        return False

    # ------------------------------------------------------------------ buying

    def _returns(self, person: Person, plan: Plan, now: datetime, *, because: bool) -> None:
        """They come back for what they left, unless they have bought it or are about something else by now."""
        if person.plan is plan and not person.bought:
            self._buys(person, now, because=because)
            self.rounds.touched(self.clock.moment)

    def _buys(self, person: Person, now: datetime, *, because: bool) -> bool:
        bought = self.shop.buy(person, now)
        if bought is None:
            if person.customer_id is not None and person.plan.reason is None:
                self.record.left[person.customer_id].append((now, Reason.JUST_LEFT))
            return False
        person.bought = True
        self.record.orders[bought.order_id] = (person, bought, because)
        self._see_to(bought.order_id, person.plan, now)
        return True

    def _see_to(self, order_id: OrderId, plan: Plan, now: datetime) -> None:
        after = plan.aftermath
        if after.cancelled:
            self.at(now + after.handed_over / 4, lambda at: self.staff.cancel(order_id, at))
            return
        self.at(now + after.handed_over, lambda at: self.staff.hand_over(order_id, at))
        if after.returned:
            back = now + after.handed_over + after.sent_back
            self.at(back, lambda at: self.staff.take_back(order_id, whole=after.whole, now=at))

    # ---------------------------------------------------------------- messages

    def _delivered(self, kept: list[Kept], now: datetime) -> None:
        tokens = {one.message_id: one.token for one in kept}
        rows = db.session.execute(MESSAGES, {"store": current_store_id(), "ids": list(tokens)}).all()
        finish_reading()
        theirs = [(person, row) for row in rows if (person := self._persons.get(row.customer_id)) is not None]
        at = now + 20 * SECOND
        told = [
            self._told(row.id, "bounced", at, suppress="bounced")
            if person.plan.bounces
            else self._told(row.id, "delivered", at)
            for person, row in theirs
        ]
        callbacks.take_in(told, at)
        for person, row in theirs:
            if not person.plan.bounces:
                self._arrives(person, row, tokens[row.id], now)

    def _arrives(self, person: Person, row: Any, token: str, now: datetime) -> None:
        plan = person.plan
        counts = row.kind == "step" and row.trigger == "cart_abandoned" and row.step >= 1
        place = row.step - 1 if counts else 100 + row.step
        does = behaviour.reaction(
            self.options.seed, plan, place, counts=counts, already_buying=plan.unaided is not None and not person.bought
        )
        if not does.opens:
            return
        read = now + does.after
        agent = "proxy" if does.by_proxy and not does.clicks else "human"
        self.at(read, lambda at: self._hear(row.id, "opened", at, agent=agent))
        if does.complains:
            self.at(read + MINUTE, lambda at: self._hear(row.id, "complained", at, suppress="complained"))
        if does.unsubscribes:
            self.at(read + MINUTE, lambda at: self._stops(person, row.id, at))
        if does.clicks and token:
            because = does.persuaded and plan.unaided is None
            self.at(read + does.then, lambda at: self._clicks(person, plan, token, at, counts=counts, because=because))

    def _clicks(self, person: Person, plan: Plan, token: str, now: datetime, *, counts: bool, because: bool) -> None:
        if person.customer_id is None or person.plan is not plan:
            return
        self.record.clicks += 1
        landing.land(self.shop, person, token, now)
        if counts and (because or plan.unaided is not None):
            self.at(now + 4 * MINUTE, lambda at: self._returns(person, plan, at, because=because))

    def _hear(self, message_id: UUID, kind: str, at: datetime, *, agent: str = "provider", suppress: str = "") -> None:
        callbacks.take_in([self._told(message_id, kind, at, agent=agent, suppress=suppress)], at)

    @staticmethod
    def _told(message_id: UUID, kind: str, at: datetime, *, agent: str = "provider", suppress: str = "") -> Told:
        return Told(
            provider=NAME,
            dedupe=f"{kind}:{message_id}",
            store_id=current_store_id(),
            message_id=message_id,
            kind=kind,
            occurred_at=at,
            agent=agent,
            suppress=suppress,
        )

    def _stops(self, person: Person, message_id: UUID, now: datetime) -> None:
        """Their mail program's own button."""
        if person.customer_id is not None:
            said = Word("List-Unsubscribe=One-Click", person.identity.locale, "one-click", message_id)
            preferences.stop(person.customer_id, Channel.EMAIL, said, now)
            self._hear(message_id, "unsubscribed", now)

    @staticmethod
    def _tried(action: Callable[[], bool]) -> bool:
        try:
            return action()
        except Refusal:
            return False


def _next_hour(moment: datetime) -> datetime:
    whole = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return whole + HOUR
