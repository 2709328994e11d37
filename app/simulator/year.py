"""The year, in order: who comes does what they planned, the store's rounds run each hour, messages are read and acted on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from app.simulator import behaviour
from app.simulator.agenda import HOUR, Agenda
from app.simulator.arrivals import GROWTH, arrivals
from app.simulator.baskets import Shelf
from app.simulator.inbox import Inbox
from app.simulator.persons import Record
from app.simulator.post import Post
from app.simulator.rounds import Rounds
from app.simulator.shop import Shop
from app.simulator.staff import Staff
from app.simulator.times import SimulatedClock
from app.simulator.visits import Visits

LAST_ARRIVAL = 2 * HOUR  # before the end: the longest visit is over by then
REFILLS_EACH = timedelta(days=1)

Progress = Callable[[int, datetime], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is simulated: so many baskets between two moments (aware, UTC), by a seed, with an effect of the messages.

    `codes` are discount codes that count, for shoppers to try; `growth` as in arrivals.py.
    """

    carts: int
    since: datetime
    until: datetime
    seed: str
    effect: float
    codes: tuple[str, ...] = ()
    growth: float = GROWTH


class Year:
    """One run. The store is entered, the clock is the simulation's."""

    def __init__(
        self, shop: Shop, staff: Staff, rounds: Rounds, post: Post, clock: SimulatedClock, options: Options
    ) -> None:
        self.record = Record()
        random = Random(f"{options.seed}:year")
        shelf, zone = Shelf(staff.goods, random), ZoneInfo(shop.store.time_zone)
        agenda = Agenda(clock, options.until)
        visits = Visits(
            agenda, shop, staff, shelf, self.record, seed=options.seed, codes=options.codes, changed=rounds.touched
        )
        last = options.until - LAST_ARRIVAL
        self._arrivals = arrivals(options.carts, options.since, last, zone, random, growth=options.growth)
        self._inbox = Inbox(agenda, shop, visits, self.record, seed=options.seed)
        self._shelf, self._agenda, self._visits, self._staff = shelf, agenda, visits, staff
        self._rounds, self._post, self._options, self._locales = rounds, post, options, shop.store.locales
        self._refilled_at = options.since

    def run(self, progress: Progress) -> Record:
        """From the first to the last hour; `progress` is told of each how many baskets there were so far."""
        number = 0
        while True:
            moments = [self._arrival(number), self._agenda.next_at, self._rounds.due_at]
            begin = min((moment for moment in moments if moment is not None), default=None)
            if begin is None or begin >= self._options.until:
                break
            end = _next_hour(begin)
            while (arrival := self._arrival(number)) is not None and arrival < end:
                self._carry_out_until(arrival)
                plan = behaviour.plan(self._options.seed, number, self._shelf, self._options.effect, self._locales)
                self._inbox.meet(self._visits.visit(plan, arrival))
                self._rounds.drain(self._agenda.moment)
                number += 1
            self._carry_out_until(end)
            self._turn(min(end, self._options.until))
            progress(number, end)
        self._staff.tidy_up(self._agenda.now(self._options.until))
        self._rounds.record()  # the bank tells of the last payments seconds after them
        self._turn(self._options.until)
        progress(number, self._options.until)
        return self.record

    def _arrival(self, number: int) -> datetime | None:
        return self._arrivals[number] if number < len(self._arrivals) else None

    def _carry_out_until(self, moment: datetime) -> None:
        while (due := self._agenda.take_before(moment)) is not None:
            due[1](self._agenda.now(due[0]))
            self._rounds.drain(self._agenda.moment)

    def _turn(self, now: datetime) -> None:
        self._agenda.now(now)
        if now - self._refilled_at >= REFILLS_EACH:
            self._refilled_at = now
            self._staff.refill(now)
        self._rounds.turn(now)
        kept = self._post.collect()
        if kept:
            self._inbox.deliver(kept, now)


def _next_hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + HOUR
