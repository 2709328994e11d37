"""What waits for somebody of the staff: the counts in the navigation."""

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id

TO_REVIEW = text("""
    SELECT count(*) FROM orders o WHERE o.store_id = :store AND o.state = 'in_review' AND NOT EXISTS (
        SELECT 1 FROM order_reviews r WHERE r.store_id = o.store_id AND r.order_id = o.id AND r.state = 'waiting')""")


def orders_to_review() -> int:
    """Orders that were held for a look, and about which nothing was decided that is about to be carried out."""
    return int(db.session.execute(TO_REVIEW, {"store": current_store_id()}).scalar_one())
