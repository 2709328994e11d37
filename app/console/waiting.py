"""What waits for somebody of the staff: the counts in the navigation."""

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id

IN_REVIEW = text("SELECT count(*) FROM orders WHERE store_id = :store AND state = 'in_review'")


def orders_in_review() -> int:
    """Orders that were held for a look."""
    return int(db.session.execute(IN_REVIEW, {"store": current_store_id()}).scalar_one())
