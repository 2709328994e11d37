"""Whether a store's recovery is in order: what must hold of its rows, looked for as what breaks it.

A purchase and a message may meet: whoever locks the episode first goes first, though its clock was read later. Times that
differ by less than MEETING prove nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from app.database.tenancy import current_store_id
from app.database.transaction import transaction

MEETING = timedelta(seconds=30)  # three tries with a lock time-out each, and the work between
SETTLED = timedelta(minutes=10)  # what somebody had in hand when an episode closed has been put down by then
FAULTS_AT_MOST = 1_000  # of a kind


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that must not be. `subject` is the message's, episode's or order's id."""

    kind: str
    subject: UUID


# Said of a message that had passed the gate before: it turned out to have left, or nobody can know.
_HINDSIGHT = "('left_before', 'outcome_unknown')"
_HAS = "EXISTS (SELECT 1 FROM message_evaluations v WHERE v.store_id = m.store_id AND v.message_id = m.id AND {that})"
_SENDS, _ENDS = (
    _HAS.format(that="v.verdict = 'send'"),
    _HAS.format(that=f"v.verdict = 'end' AND v.reason NOT IN {_HINDSIGHT}"),
)
_GONE = "('sending', 'sent', 'delivered', 'opened', 'clicked', 'bounced', 'complained', 'uncertain')"
_OF_MESSAGES = "SELECT m.id FROM messages m JOIN episodes e ON e.store_id = m.store_id AND e.id = m.episode_id WHERE m.store_id = :store AND "
_OF_CREDITS = "SELECT a.order_id FROM attributions a JOIN orders o ON o.store_id = a.store_id AND o.id = a.order_id WHERE a.store_id = :store AND "
_ORDERS_OF_CREDITS = """
    SELECT o.id FROM orders o LEFT JOIN attributions a ON a.store_id = o.store_id AND a.order_id = o.id
    WHERE o.store_id = :store AND o.number IS NOT NULL AND o.state IN ('placed', 'fulfilled', 'cancelled') AND """

CHECKS = {
    # A message that left was allowed to; one that was ended had one reason to, and did not leave.
    "sent_without_leave": f"{_OF_MESSAGES} m.state IN {_GONE} AND NOT {_SENDS}",
    "sent_after_its_end": f"{_OF_MESSAGES} m.state IN {_GONE} AND {_ENDS}",
    "left_without_time": f"{_OF_MESSAGES} m.state IN {_GONE} AND m.state NOT IN ('sending', 'uncertain') AND m.sent_at IS NULL",
    "ended_more_than_once": """
        SELECT v.message_id FROM message_evaluations v WHERE v.store_id = :store AND v.verdict = 'end'
          AND v.reason NOT IN ('left_before', 'outcome_unknown')
        GROUP BY v.message_id HAVING count(*) > 1""",
    # What sold out between the gate and the writing was allowed to leave, and has nothing to say.
    "ended_without_decision": f"""{_OF_MESSAGES} m.state = 'cancelled' AND NOT {_ENDS}
        AND NOT (m.reason = 'nothing_to_offer' AND {_SENDS})""",
    "decided_for_another_reason": f"""{_OF_MESSAGES} m.state = 'cancelled' AND EXISTS (
        SELECT 1 FROM message_evaluations v WHERE v.store_id = m.store_id AND v.message_id = m.id AND v.verdict = 'end'
          AND v.reason <> m.reason)""",
    "ended_and_still_waiting": f"{_OF_MESSAGES} m.state IN ('scheduled', 'claimed') AND {_ENDS}",
    "put_off_to_the_past": """
        SELECT v.message_id FROM message_evaluations v WHERE v.store_id = :store AND v.verdict = 'defer'
          AND v.until <= v.evaluated_at""",
    # Nothing goes out for an episode that is over; nothing of a campaign to those held out.
    "passed_after_the_episode_closed": f"""{_OF_MESSAGES} m.kind <> 'saved_notice' AND EXISTS (
        SELECT 1 FROM message_evaluations v WHERE v.store_id = m.store_id AND v.message_id = m.id AND v.verdict = 'send'
          AND v.evaluated_at > e.closed_at + CAST(:meeting AS interval))""",
    "waiting_after_the_episode_closed": f"""{_OF_MESSAGES} m.kind <> 'saved_notice' AND m.state IN ('scheduled', 'claimed')
        AND e.closed_at < CAST(:now AS timestamptz) - CAST(:settled AS interval)""",
    "written_to_the_holdout": f"{_OF_MESSAGES} m.kind = 'step' AND m.state IN {_GONE} AND e.arm <> 'campaign'",
    "written_to_somebody_else": f"{_OF_MESSAGES} m.customer_id <> e.customer_id",
    "recovered_without_order": """
        SELECT e.id FROM episodes e WHERE e.store_id = :store AND e.state = 'recovered' AND NOT EXISTS (
            SELECT 1 FROM orders o WHERE o.store_id = e.store_id AND o.id = e.order_id AND o.number IS NOT NULL)""",
    # A click is a person's, and is known in both places.
    "click_without_event": f"""{_OF_MESSAGES} m.clicked_at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM message_events v WHERE v.store_id = m.store_id AND v.message_id = m.id AND v.kind = 'clicked'
          AND v.agent = 'human')""",
    "click_not_counted": f"""{_OF_MESSAGES} m.clicked_at IS NULL
        AND m.state NOT IN ('scheduled', 'claimed', 'sending', 'cancelled') AND EXISTS (
        SELECT 1 FROM message_events v WHERE v.store_id = m.store_id AND v.message_id = m.id AND v.kind = 'clicked'
          AND v.agent = 'human')""",
    # Credits are the orders, to the cent.
    "order_without_credit": f"{_ORDERS_OF_CREDITS} a.order_id IS NULL",
    "credit_differs_from_order": f"""{_ORDERS_OF_CREDITS} (a.amount <> o.total OR a.currency <> o.currency
        OR a.ordered_at <> o.placed_at
        OR a.returned <> CASE WHEN o.state = 'cancelled' THEN o.total ELSE least(o.refunded, o.total) END)""",
    "credit_without_order": f"{_OF_CREDITS} o.state NOT IN ('placed', 'fulfilled', 'cancelled')",
    "last_click_without_click": f"""{_OF_CREDITS} a.kind = 'last_click' AND NOT EXISTS (
        SELECT 1 FROM message_events v WHERE v.store_id = a.store_id AND v.message_id = a.message_id
          AND v.kind = 'clicked' AND v.agent = 'human' AND v.occurred_at <= a.ordered_at)""",
}


def check(now: datetime) -> Iterator[Fault]:
    """Every fault of the current store. Exact once the outbox is empty: credits follow orders through it."""
    names = {
        "store": current_store_id(),
        "now": now,
        "meeting": MEETING,
        "settled": SETTLED,
        "limit": FAULTS_AT_MOST,
    }
    for kind, statement in CHECKS.items():
        with transaction() as session:
            session.execute(text("SET LOCAL statement_timeout = '10min'"))  # it looks at everything there is
            limited = text(f"SELECT * FROM ({statement}) AS broken LIMIT :limit")
            found = session.execute(limited, {key: names[key] for key in names if f":{key}" in limited.text})
            faults = [Fault(kind, subject) for subject in found.scalars()]
        yield from faults
