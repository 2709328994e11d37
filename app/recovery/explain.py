"""Why this person got this message at this time, or did not: everything that was decided about them, as values.

Nothing is reckoned anew: what is shown is what was stored when it was decided. Names and addresses are left out; whoever
may see them knows them from elsewhere.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.errors import NotFound
from app.ids import CartId, CustomerId
from app.money import Money
from app.recovery import people
from app.recovery.values import LEFT, Agent, Arm, Channel, EpisodeState, MessageKind, MessageState, Trigger

EPISODES_AT_MOST = 50


class NothingToExplain(NotFound):
    """The store knows no such customer, cart or message."""

    code = "nothing_to_explain"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One decision about a message, with what it was decided by."""

    at: datetime
    verdict: str
    reason: str
    until: datetime | None
    inputs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened to a message after it left, and who did it as far as the evidence goes."""

    at: datetime
    kind: str
    agent: Agent
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ExplainedMessage:
    """A message with its whole story. `ended_by` is its one reason to end; "sent" once it left, None while it waits."""

    id: UUID
    kind: MessageKind
    step: int
    channel: Channel
    subject_arm: str
    state: MessageState
    reason: str
    due_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None
    attempts: int
    provider: str
    provider_id: str | None
    coupon_code: str
    shown: dict[str, Any] | None  # what it said, without anything that names the person
    evaluations: tuple[Evaluation, ...]
    happenings: tuple[Happening, ...]

    @property
    def ended_by(self) -> str | None:
        """Why it was sent, or never will be."""
        if self.state in LEFT:
            return "sent"
        ended = self.state in (MessageState.CANCELLED, MessageState.FAILED, MessageState.UNCERTAIN)
        return self.reason if ended else None


@dataclass(frozen=True, slots=True)
class Credit:
    """An order credited to an episode of the person's."""

    order_id: UUID
    number: int | None
    kind: str
    message_id: UUID | None
    amount: Money
    returned: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class ExplainedEpisode:
    """An abandonment: when, why, which arm by which bucket (0 to 9999), what was sent, how it ended. `campaign` is its name by locale."""

    id: UUID
    number: int
    trigger: Trigger
    cart_id: CartId
    customer_id: CustomerId
    value: Money
    units: int
    inactive_since: datetime
    opened_at: datetime
    state: EpisodeState
    closed_at: datetime | None
    reason: str
    evidence: Any
    likelihood: float | None
    arm: Arm
    bucket: int
    campaign: Mapping[str, str]
    campaign_version: int | None
    order_id: UUID | None
    messages: tuple[ExplainedMessage, ...]
    credits: tuple[Credit, ...]


@dataclass(frozen=True, slots=True)
class Consent:
    """A word about being written to, as it was given."""

    id: UUID
    channel: Channel
    purpose: str
    granted: bool
    wording: str
    source: str
    said_at: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """A person (all customers who are them), what they said about messages, and their episodes, the newest first."""

    customer_ids: frozenset[CustomerId]
    consents: tuple[Consent, ...]
    episodes: tuple[ExplainedEpisode, ...]


_EPISODES = """
    SELECT e.*, v.content -> 'name' AS campaign
    FROM episodes e LEFT JOIN campaign_versions v
      ON v.store_id = e.store_id AND v.campaign_id = e.campaign_id AND v.version = e.campaign_version
    WHERE e.store_id = :store AND {of} ORDER BY e.opened_at DESC, e.id DESC LIMIT :limit"""
OF_PEOPLE = text(_EPISODES.format(of="e.customer_id = ANY(:people)"))
OF_CART = text(_EPISODES.format(of="e.cart_id = :cart"))
OF_MESSAGE = text(
    _EPISODES.format(of="e.id = (SELECT m.episode_id FROM messages m WHERE m.store_id = :store AND m.id = :message)")
)

MESSAGES = text("""
    SELECT * FROM messages WHERE store_id = :store AND episode_id = ANY(:episodes) ORDER BY kind = 'saved_notice', step, id""")
EVALUATIONS = text("""
    SELECT * FROM message_evaluations WHERE store_id = :store AND message_id = ANY(:messages) ORDER BY evaluated_at, id""")
HAPPENINGS = text("""
    SELECT * FROM message_events WHERE store_id = :store AND message_id = ANY(:messages) ORDER BY occurred_at, id""")
CREDITS = text("""
    SELECT a.*, o.number FROM attributions a JOIN orders o ON o.store_id = a.store_id AND o.id = a.order_id
    WHERE a.store_id = :store AND a.episode_id = ANY(:episodes) ORDER BY a.ordered_at, a.order_id""")
CONSENTS = text("""
    SELECT * FROM consents WHERE store_id = :store AND customer_id = ANY(:people) ORDER BY said_at, id""")
CUSTOMER = text("SELECT id FROM customers WHERE store_id = :store AND id = :id")
HOLDER = text("SELECT customer_id FROM carts WHERE store_id = :store AND id = :cart")


def explain_customer(customer_id: CustomerId) -> Explanation:
    """Everything about the person behind a customer. Raises NothingToExplain."""
    if not _scalar(CUSTOMER, id=customer_id):
        raise NothingToExplain()
    return _of_people(people.ids_of(customer_id))


def explain_address(email: str) -> Explanation:
    """Everything about the person with this normalized address. Raises NothingToExplain."""
    found = people.ids_of_address(email)
    if not found:
        raise NothingToExplain()
    return _of_people(found)


def explain_cart(cart_id: CartId) -> Explanation:
    """The episodes of one cart. Raises NothingToExplain."""
    holder = _scalar(HOLDER, cart=cart_id)
    if holder is None:
        raise NothingToExplain()
    return _explanation(people.ids_of(CustomerId(holder)), _rows(OF_CART, cart=cart_id, limit=EPISODES_AT_MOST))


def explain_message(message_id: UUID) -> tuple[Explanation, ExplainedMessage]:
    """One message, and the episode it is of with the person's consents. Raises NothingToExplain."""
    rows = _rows(OF_MESSAGE, message=message_id, limit=1)
    if not rows:
        raise NothingToExplain()
    explanation = _explanation(people.ids_of(CustomerId(rows[0].customer_id)), rows)
    messages = explanation.episodes[0].messages
    return explanation, next(message for message in messages if message.id == message_id)


def _of_people(customer_ids: frozenset[CustomerId]) -> Explanation:
    return _explanation(customer_ids, _rows(OF_PEOPLE, people=list(customer_ids), limit=EPISODES_AT_MOST))


def _explanation(customer_ids: frozenset[CustomerId], rows: list[Any]) -> Explanation:
    ids = [row.id for row in rows]
    messages = _rows(MESSAGES, episodes=ids)
    names = [message.id for message in messages]
    evaluations = _grouped(_rows(EVALUATIONS, messages=names), "message_id")
    happenings = _grouped(_rows(HAPPENINGS, messages=names), "message_id")
    credited = _grouped(_rows(CREDITS, episodes=ids), "episode_id")
    by_episode = _grouped(messages, "episode_id")
    return Explanation(
        customer_ids=customer_ids,
        consents=tuple(
            Consent(row.id, Channel(row.channel), row.purpose, row.granted, row.wording, row.source, row.said_at)
            for row in _rows(CONSENTS, people=list(customer_ids))
        ),
        episodes=tuple(
            _episode(
                row,
                tuple(
                    _message(one, evaluations.get(one.id, []), happenings.get(one.id, []))
                    for one in by_episode.get(row.id, [])
                ),
                tuple(_credit(one) for one in credited.get(row.id, [])),
            )
            for row in rows
        ),
    )


def _episode(row: Any, messages: tuple[ExplainedMessage, ...], credited: tuple[Credit, ...]) -> ExplainedEpisode:
    return ExplainedEpisode(
        id=row.id, number=row.number, trigger=Trigger(row.trigger), cart_id=CartId(row.cart_id),
        customer_id=CustomerId(row.customer_id), value=Money(row.value, row.currency), units=row.units,
        inactive_since=row.inactive_since, opened_at=row.opened_at, state=EpisodeState(row.state),
        closed_at=row.closed_at, reason=row.reason, evidence=row.evidence, likelihood=row.likelihood, arm=Arm(row.arm),
        bucket=row.bucket, campaign=row.campaign or {}, campaign_version=row.campaign_version, order_id=row.order_id,
        messages=messages, credits=credited,
    )  # fmt: skip


def _message(row: Any, evaluations: list[Any], happenings: list[Any]) -> ExplainedMessage:
    return ExplainedMessage(
        id=row.id, kind=MessageKind(row.kind), step=row.step, channel=Channel(row.channel), subject_arm=row.subject_arm,
        state=MessageState(row.state), reason=row.reason, due_at=row.due_at, sent_at=row.sent_at, ended_at=row.ended_at,
        attempts=row.attempts, provider=row.provider, provider_id=row.provider_id, coupon_code=row.coupon_code,
        shown=row.shown, evaluations=tuple(
            Evaluation(one.evaluated_at, one.verdict, one.reason, one.until, one.inputs) for one in evaluations
        ),
        happenings=tuple(Happening(one.occurred_at, one.kind, Agent(one.agent), one.evidence) for one in happenings),
    )  # fmt: skip


def _credit(row: Any) -> Credit:
    return Credit(
        row.order_id, row.number, row.kind, row.message_id, Money(row.amount, row.currency),
        Money(row.returned, row.currency), row.ordered_at,
    )  # fmt: skip


def _grouped(rows: Iterable[Any], name: str) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(getattr(row, name), []).append(row)
    return found


def _rows(statement: Any, **names: object) -> list[Any]:
    return list(db.session.execute(statement, {"store": current_store_id(), **names}))


def _scalar(statement: Any, **names: object) -> Any:
    return db.session.execute(statement, {"store": current_store_id(), **names}).scalar_one_or_none()
