"""What is summed by the hour: one definition for each table, by which hours are rolled up and by which the rest is read as it is.

A definition sums the rows of some spans of time: `span(a, b)`, from a up to b. Rolling up, the spans are hours; reading,
they are what of a period the table does not hold (its two ends, and what has not been rolled up yet).
"""

from dataclasses import dataclass

from app.database.lookups import of_each
from app.recovery.rollups.models import NOBODY

HOUR = "date_bin('1 hour', {at}, CAST(:origin AS timestamptz))"
_IN_SPAN = "{at} >= span.a AND {at} < span.b"


@dataclass(frozen=True, slots=True)
class Fact:
    """A table of sums. `raw` sums the rows of {spans}; its columns are hour, keys and sums, in this order. `touched_by` names its marks."""

    table: str
    touched_by: str
    keys: tuple[str, ...]
    sums: tuple[str, ...]
    raw: str
    first: str  # when the first of all rows was: where rolling up begins

    @property
    def columns(self) -> str:
        """All but the store, as they are inserted."""
        return ", ".join(("hour", *self.keys, *self.sums))


def _definition(at: str, keys: dict[str, str], sums: dict[str, str], source: str, condition: str = "") -> str:
    columns = [f"{HOUR.format(at=at)} AS hour", *(f"{said} AS {name}" for name, said in keys.items())]
    numbers = ", ".join(str(number) for number in range(1, len(columns) + 1))
    columns += [f"{said} AS {name}" for name, said in sums.items()]
    within = source.replace("{within}", _IN_SPAN.format(at=at))
    return f"""
    SELECT {", ".join(columns)}
    FROM ({{spans}}) AS span(a, b) {within} {condition}
    GROUP BY {numbers}"""  # noqa: S608  constants of this file


def _fact(
    table: str, touched_by: str, at: str, keys: dict[str, str], sums: dict[str, str], source: str, condition: str = ""
) -> Fact:
    column, alias = at.split(".")[1], source.split(" ", 2)[1]
    return Fact(
        table,
        touched_by,
        tuple(keys),
        tuple(sums),
        _definition(at, keys, sums, source, condition),
        f"SELECT min({column}) FROM {alias} WHERE store_id = :store",  # noqa: S608  constants of this file
    )


_CAMPAIGN = f"coalesce({{id}}, '{NOBODY}')"

EPISODES = _fact(
    "hourly_episodes",
    "episodes",
    "e.opened_at",
    {
        "trigger": "e.trigger",
        "campaign_id": _CAMPAIGN.format(id="e.campaign_id"),
        "arm": "e.arm",
        "state": "e.state",
        "currency": "e.currency",
    },
    {"episodes": "count(*)", "value": "sum(e.value)::bigint"},
    "JOIN episodes e ON e.store_id = :store AND {within}",
)

REASONS = _fact(
    "hourly_reasons",
    "episodes",
    "e.opened_at",
    {
        "reason": "e.reason",
        "reached": "e.reached",
        "recovered": "e.state = 'recovered'",
        "currency": "e.currency",
    },
    {"carts": "count(*)", "value": "sum(e.value)::bigint"},
    "JOIN episodes e ON e.store_id = :store AND {within}",
    "WHERE e.trigger = 'cart_abandoned'",
)

ENTERED = _fact(
    "hourly_entered",
    "episodes",
    "e.opened_at",
    {"reason": "e.reason"},
    {"episodes": "count(*)"},
    "JOIN episodes e ON e.store_id = :store AND {within}",
    "WHERE e.arm = 'campaign'",
)

_WHAT_BECAME = {
    "sent": "count(*)",
    "delivered": "count(m.delivered_at)",
    "opened": "count(m.opened_at)",
    "clicked": "count(m.clicked_at)",
    "bounced": "count(*) FILTER (WHERE m.state = 'bounced')",
    "complained": "count(*) FILTER (WHERE m.state = 'complained')",
    "unsubscribed": """count(*) FILTER (WHERE EXISTS (SELECT 1 FROM message_events v
        WHERE v.store_id = :store AND v.message_id = m.id AND v.kind = 'unsubscribed'))""",
}
_ITS_EPISODE = of_each("e", "episodes", "x.id = m.episode_id")
_SENT_OF = f"JOIN messages m ON m.store_id = :store AND {{within}} {_ITS_EPISODE}"

MESSAGES = _fact(
    "hourly_messages",
    "messages",
    "m.sent_at",
    {
        "campaign_id": _CAMPAIGN.format(id="e.campaign_id"),
        "step": "m.step",
        "channel": "m.channel",
        "subject_arm": "m.subject_arm",
    },
    {
        **_WHAT_BECAME,
        "segments": "coalesce(sum(m.segments) FILTER (WHERE m.channel = 'sms'), 0)::bigint",
    },
    _SENT_OF,
)

REASON_MESSAGES = _fact(
    "hourly_reason_messages", "messages", "m.sent_at", {"reason": "e.reason"}, _WHAT_BECAME, _SENT_OF
)

# An order is its message's campaign's, else its episode's; with neither it is nobody's, and still there.
CREDITS = _fact(
    "hourly_credits",
    "credits",
    "a.ordered_at",
    {
        "campaign_id": f"coalesce(by_message.campaign_id, own.campaign_id, '{NOBODY}')",
        "held_out": "coalesce(by_message.arm, own.arm, 'none') = 'holdout'",
        "kind": "a.kind",
        "message_campaign_id": _CAMPAIGN.format(id="by_message.campaign_id"),
        "step": "coalesce(m.step, 0)",
        "channel": "coalesce(m.channel, '')",
        "subject_arm": "coalesce(m.subject_arm, '')",
        "currency": "a.currency",
    },
    {
        "orders": "count(*)",
        "straight": """count(*) FILTER (WHERE own.trigger IS DISTINCT FROM 'cart_abandoned'
            OR own.order_id IS DISTINCT FROM a.order_id)""",
        "amount": "sum(a.amount)::bigint",
        "returned": "sum(a.returned)::bigint",
    },
    " ".join(
        (
            "JOIN attributions a ON a.store_id = :store AND {within}",
            of_each("m", "messages", "x.id = a.message_id", left=True),
            of_each("by_message", "episodes", "x.id = m.episode_id", left=True),
            of_each("own", "episodes", "x.id = a.episode_id", left=True),
        )
    ),
)

REASON_CREDITS = _fact(
    "hourly_reason_credits",
    "credits",
    "a.ordered_at",
    {"reason": "e.reason", "kind": "a.kind", "currency": "a.currency"},
    {"orders": "count(*)", "amount": "sum(a.amount)::bigint", "returned": "sum(a.returned)::bigint"},
    " ".join(
        (
            "JOIN attributions a ON a.store_id = :store AND {within}",
            of_each("m", "messages", "x.id = a.message_id"),
            _ITS_EPISODE,
        )
    ),
    "WHERE a.kind <> 'direct'",
)

# What was in them, at what it cost; an order counts with each of its products.
PRODUCTS = _fact(
    "hourly_products",
    "credits",
    "a.ordered_at",
    {"product_id": "l.product_id", "kind": "a.kind", "currency": "a.currency"},
    {"orders": "count(DISTINCT a.order_id)", "amount": "sum(l.unit_price * l.quantity - l.discount)::bigint"},
    "JOIN attributions a ON a.store_id = :store AND {within} " + of_each("l", "order_lines", "x.order_id = a.order_id"),
    "WHERE a.kind <> 'direct'",
)

ENDINGS = _fact(
    "hourly_endings",
    "endings",
    "e.opened_at",
    {"state": "m.state", "reason": "m.reason"},
    {"messages": "count(*)"},
    "JOIN episodes e ON e.store_id = :store AND {within} " + of_each("m", "messages", "x.episode_id = e.id"),
    "WHERE m.state IN ('cancelled', 'failed', 'uncertain')",
)

FACTS = (EPISODES, REASONS, ENTERED, MESSAGES, REASON_MESSAGES, CREDITS, REASON_CREDITS, PRODUCTS, ENDINGS)


def reading(fact: Fact, select: str, then: str = "") -> str:
    """A statement that reads `select` FROM the fact's sums of a period (:store, :since, :until), whole or in parts of hours.

    Columns are the fact's; `hour` of a part is its hour. `then` follows: WHERE, GROUP BY, ORDER BY.
    """
    spans = "SELECT CAST(:since AS timestamptz), first FROM edge UNION ALL SELECT last, CAST(:until AS timestamptz) FROM edge"
    raw = fact.raw.replace("CAST(:origin AS timestamptz)", "(SELECT origin FROM edge)").format(spans=spans)
    return f"""
    WITH bounds AS MATERIALIZED (
        SELECT timestamptz 'epoch' + make_interval(mins => coalesce(max(shift), 0)) AS origin, max(rolled_until) AS rolled_until
        FROM rollup_states WHERE store_id = :store),
    whole AS MATERIALIZED (
        SELECT origin, date_bin('1 hour', CAST(:since AS timestamptz) + interval '1 hour' - interval '1 microsecond', origin) AS first,
               least(date_bin('1 hour', CAST(:until AS timestamptz), origin), coalesce(rolled_until, :since)) AS last
        FROM bounds),
    edge AS MATERIALIZED (
        SELECT origin, CASE WHEN first < last THEN first ELSE CAST(:since AS timestamptz) END AS first,
               CASE WHEN first < last THEN last ELSE CAST(:since AS timestamptz) END AS last
        FROM whole)
    SELECT {select} FROM (
        SELECT {fact.columns} FROM {fact.table}
        WHERE store_id = :store AND hour >= (SELECT first FROM edge) AND hour < (SELECT last FROM edge)
        UNION ALL {raw}) AS sums
    {then}"""  # noqa: S608  constants of this package
