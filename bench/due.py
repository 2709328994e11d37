"""Many messages that are due, put there by SQL: each its own person with consent, a cart with one line, and an episode."""

from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

# What each person has is known by a number within their email; one line of the store serves as the pattern of all.
STATEMENTS = (
    """CREATE TEMP TABLE who ON COMMIT DROP AS
       SELECT n, uuidv7() AS customer, uuidv7() AS cart, uuidv7() AS episode, uuidv7() AS message
       FROM generate_series(%(first)s::int, %(first)s::int + %(count)s::int - 1) n""",
    """INSERT INTO customers (store_id, id, email, name, locale, created_at)
       SELECT %(store)s, customer, 'due' || n || '@example.com', 'Due', 'en', %(left_at)s FROM who""",
    """INSERT INTO consents (store_id, id, customer_id, channel, purpose, granted, wording, locale, source, said_at)
       SELECT %(store)s, uuidv7(), customer, 'email', 'reminders', true, 'Remind me', 'en', 'checkout', %(left_at)s FROM who""",
    """INSERT INTO carts (store_id, id, customer_id, currency, version, activation, auto_activation, created_at, updated_at)
       SELECT %(store)s, cart, customer, 'EUR', 1, 1, true, %(left_at)s, %(left_at)s FROM who""",
    """INSERT INTO cart_lines (store_id, cart_id, id, position, pane, variant_id, options, options_hash, quantity, snapshot,
                               brought_back, added_at)
       SELECT %(store)s, cart, uuidv7(), 1, 'active', l.variant_id, '[]', '', 1, l.snapshot, false, %(left_at)s
       FROM who CROSS JOIN (SELECT variant_id, snapshot FROM cart_lines WHERE store_id = %(store)s ORDER BY id LIMIT 1) l""",
    """INSERT INTO episodes (store_id, id, trigger, cart_id, customer_id, number, activation, cart_version, inactive_since,
                             opened_at, value, currency, units, arm, bucket, campaign_id, campaign_version)
       SELECT %(store)s, episode, 'cart_abandoned', cart, customer, 1, 1, 1, %(left_at)s, %(left_at)s, 1000, 'EUR', 1,
              'campaign', 1, %(campaign)s, 1 FROM who""",
    """INSERT INTO messages (store_id, id, episode_id, customer_id, kind, step, channel, due_at, created_at)
       SELECT %(store)s, message, episode, customer, 'step', 1, 'email', %(due_at)s, %(left_at)s FROM who""",
)


def fill(
    connection: "psycopg.Connection[Any]",
    store_id: UUID,
    campaign_id: UUID,
    count: int,
    *,
    left_at: datetime,
    due_at: datetime,
    first: int = 1,
) -> list[tuple[UUID, UUID, UUID]]:
    """Put them there, past row level security; (message, episode, customer) of each. The store has a line in some cart."""
    names = {"store": store_id, "campaign": campaign_id, "count": count, "first": first}
    with connection.transaction():
        for statement in STATEMENTS:
            connection.execute(statement, {**names, "left_at": left_at, "due_at": due_at})
        return connection.execute("SELECT message, episode, customer FROM who ORDER BY n").fetchall()
