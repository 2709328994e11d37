"""What the store's own orders say about whoever is placing one: the facts that fraud.py weighs, in one statement."""

from datetime import datetime, timedelta

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import CustomerId
from app.money import Money
from app.orders.fraud import Assessment, RiskFacts, Velocity, assess
from app.orders.values import CheckoutDetails

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

FACTS = text("""
    WITH theirs AS MATERIALIZED (
        SELECT id, customer_id, email, address->>'country' AS country, payment_label, state, created_at
        FROM orders WHERE store_id = :store AND (customer_id = :customer OR email = :email)),
    today AS (SELECT * FROM theirs WHERE created_at > :day)
    SELECT (SELECT count(*) FROM today WHERE customer_id = :customer AND created_at > :hour) AS customer_hour,
           (SELECT count(*) FROM today WHERE customer_id = :customer) AS customer_day,
           (SELECT count(*) FROM today WHERE email = :email AND created_at > :hour) AS email_hour,
           (SELECT count(*) FROM today WHERE email = :email) AS email_day,
           (SELECT count(DISTINCT payment_label) FROM today WHERE payment_label <> '') AS cards,
           (SELECT count(DISTINCT country) FROM today) AS countries_today,
           (SELECT array_agg(DISTINCT country) FROM theirs
            WHERE state IN ('placed', 'fulfilled') AND country IS NOT NULL) AS countries_before,
           (SELECT count(*) FROM payment_attempts a JOIN today t ON a.order_id = t.id
            WHERE a.store_id = :store AND a.state = 'failed') AS failed_payments,
           (SELECT avg(total)::bigint FROM (
                SELECT total FROM orders WHERE store_id = :store AND placed_at IS NOT NULL AND currency = :currency
                ORDER BY placed_at DESC LIMIT 50) lately HAVING count(*) >= 10) AS usual,
           (SELECT created_at FROM customers WHERE store_id = :store AND id = :customer AND password_hash IS NOT NULL)
           AS account_since""")


def assessed(
    customer_id: CustomerId, details: CheckoutDetails, total: Money, posted: int, visitor: str, now: datetime
) -> Assessment:
    """What speaks against the order about to be made; the order itself counts as one of the hour."""
    contact, address = details.contact, details.address
    names = {"store": current_store_id(), "customer": customer_id, "currency": total.currency}
    times = {"hour": now - HOUR, "day": now - DAY}
    row = db.session.execute(FACTS, {**names, **times, "email": contact.email if contact else ""}).one()
    return assess(
        RiskFacts(
            total=total,
            velocity={
                "customer": Velocity(row.customer_hour + 1, row.customer_day + 1),
                "email": Velocity(row.email_hour + 1, row.email_day + 1),
            },
            failed_payments=row.failed_payments,
            cards=row.cards,
            usual=None if row.usual is None else Money(row.usual, total.currency),
            posted=Money(posted, total.currency),
            visitor=visitor,
            country=address.country if address else "",
            countries_before=frozenset(row.countries_before or ()),
            countries_today=max(1, row.countries_today),
            account_age=None if row.account_since is None else now - row.account_since,
        )
    )
