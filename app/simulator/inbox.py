"""Messages as they are read: opened, clicked, complained of; and who buys because of one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.channels.told import Told
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import finish_reading
from app.recovery import callbacks, preferences
from app.recovery.preferences import Word
from app.recovery.values import Channel
from app.simulator import behaviour, landing
from app.simulator.agenda import MINUTE, SECOND, Agenda
from app.simulator.behaviour import Plan
from app.simulator.persons import Person, Record
from app.simulator.post import NAME, Kept
from app.simulator.shop import Shop
from app.simulator.visits import Visits

ARRIVES_AFTER = 20 * SECOND
OTHERS = 100  # places of messages that are not of a campaign about a cart left behind

MESSAGES = text("""
    SELECT m.id, m.customer_id, m.kind, m.step, e.trigger FROM messages m
    JOIN episodes e ON e.store_id = m.store_id AND e.id = m.episode_id
    WHERE m.store_id = :store AND m.id = ANY(:ids) ORDER BY m.sent_at, m.id""")


class Inbox:
    """Everybody's inbox."""

    def __init__(self, agenda: Agenda, shop: Shop, visits: Visits, record: Record, *, seed: str) -> None:
        self._agenda, self._shop, self._visits, self._record = agenda, shop, visits, record
        self._seed = seed
        self._persons: dict[UUID, Person] = {}

    def meet(self, person: Person) -> None:
        """Somebody who may be written to."""
        if person.customer_id is not None:
            self._persons[person.customer_id] = person

    def deliver(self, kept: list[Kept], now: datetime) -> None:
        """These were sent."""
        tokens = {one.message_id: one.token for one in kept}
        rows = db.session.execute(MESSAGES, {"store": current_store_id(), "ids": list(tokens)}).all()
        finish_reading()
        theirs = [(person, row) for row in rows if (person := self._persons.get(row.customer_id)) is not None]
        at = now + ARRIVES_AFTER
        told = [
            _told(row.id, "bounced", at, suppress="bounced") if person.plan.bounces else _told(row.id, "delivered", at)
            for person, row in theirs
        ]
        callbacks.take_in(told, at)
        for person, row in theirs:
            if not person.plan.bounces:
                self._arrives(person, row, tokens[row.id], now)

    def _arrives(self, person: Person, row: Any, token: str, now: datetime) -> None:
        plan = person.plan
        counts = row.kind == "step" and row.trigger == "cart_abandoned"
        does = behaviour.reaction(
            self._seed,
            plan,
            row.step - 1 if counts else OTHERS + row.step,
            counts=counts,
            already_buying=plan.unaided is not None and not person.bought,
        )
        if not does.opens:
            return
        read = now + does.after
        agent = "proxy" if does.by_proxy and not does.clicks else "human"
        self._agenda.at(read, lambda at: _hear(row.id, "opened", at, agent=agent))
        if does.complains:
            self._agenda.at(read + MINUTE, lambda at: _hear(row.id, "complained", at, suppress="complained"))
        if does.unsubscribes:
            self._agenda.at(read + MINUTE, lambda at: _stops(person, row.id, at))
        if does.clicks and token:
            because = does.persuaded and plan.unaided is None
            clicked = read + does.then
            self._agenda.at(clicked, lambda at: self._clicks(person, plan, token, at, counts=counts, because=because))

    def _clicks(
        self, person: Person, plan: Plan, token: str, now: datetime, *, counts: bool, because: bool
    ) -> None:  # fmt: skip
        if person.plan is not plan:
            return
        self._record.clicks += 1
        landing.land(self._shop, person, token, now)
        if counts and (because or plan.unaided is not None):
            self._agenda.at(now + 4 * MINUTE, lambda at: self._visits.comes_back(person, plan, at, because=because))


def _hear(message_id: UUID, kind: str, at: datetime, *, agent: str = "provider", suppress: str = "") -> None:
    callbacks.take_in([_told(message_id, kind, at, agent=agent, suppress=suppress)], at)


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


def _stops(person: Person, message_id: UUID, now: datetime) -> None:
    """Their mail program's own button."""
    if person.customer_id is not None:
        said = Word("List-Unsubscribe=One-Click", person.identity.locale, "one-click", message_id)
        preferences.stop(person.customer_id, Channel.EMAIL, said, now)
        _hear(message_id, "unsubscribed", now)
