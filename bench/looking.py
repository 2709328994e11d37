"""The part of bench.overview that is the application: sums up, then looks. Prints name, seconds and the boxes that failed.

`python -m bench.looking <rows, too: 0 or 1>`, in the environment of the shop.
"""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.config import from_environment
from app.console import cart_queries
from app.console.customers import queries as people
from app.console.overview import page
from app.console.overview.periods import span
from app.database.base import db
from app.database.tenancy import current_store_id, use_store
from app.database.transaction import transaction
from app.factory import create_app
from app.ids import new_id
from app.orders import risk, staff_queries
from app.recovery import breakdowns, funnels
from app.recovery.breakdowns import Cut
from app.recovery.funnels import Whose
from app.recovery.reports import Period
from app.recovery.rollups import comparing, measured, rolling
from app.stores import directory
from bench.crowd import HOST
from bench.overview import MOMENT, SHOP

LOOKS = 5
LATER = f"{(MOMENT - timedelta(days=30)).isoformat()}~{UUID(int=0)}"  # where a page somewhere in the middle begins
RARE = {"reason": "coupon_refused"}  # nobody's
BY = (Cut.PRODUCT, Cut.REASON)


def main(rows_too: bool) -> None:
    """Measure in the store that bench.overview filled."""
    app = create_app(from_environment())
    with app.app_context():
        store = directory.get_by_slug(SHOP)
    with app.test_request_context("/console", base_url=f"https://{HOST}"), use_store(store.id):
        app.preprocess_request()
        with transaction() as session:
            session.execute(text("DELETE FROM measured_uplifts"))
            session.execute(text("DELETE FROM rollup_states"))  # what was filled in since touched nothing
        said("summing up", lambda: rolling.roll(store, MOMENT), 1)
        said("summing up, a minute later", lambda: rolling.roll(store, MOMENT + timedelta(minutes=1)), 1)
        said("uplift, 28 and 90 days", lambda: measured.renew(store, MOMENT), 1)
        said("overview, 28 days", lambda: page.look(28, MOMENT))
        said("overview, 90 days", lambda: page.look(90, MOMENT))
        said("what is live", lambda: page.look_now(MOMENT))
        reports = {cut: partial(breakdowns.list_rows, cut, span(90, store, MOMENT).period, "UTC") for cut in BY}
        for cut, read in reports.items():
            said(f"report by {cut}, 90 days", read)
        said("funnel of one language, 28 days", partial(funnel_of, span(28, store, MOMENT).period))
        for view in cart_queries.VIEWS:
            said(f"carts, {view}: a page", partial(cart_queries.list_carts, view))
            said(f"carts, {view}: in the middle", partial(cart_queries.list_carts, view, LATER))
        said("carts, abandoned, of a rare kind", partial(cart_queries.list_carts, "abandoned", "", RARE))
        said("orders, the newest", staff_queries.list_for_staff)
        said("orders, in a rare state", partial(staff_queries.list_for_staff, state="cancelled"))
        said("orders, by number", partial(staff_queries.list_for_staff, number=77))
        said("orders, by address", partial(staff_queries.list_for_staff, email="o77@example.com"))
        said("customers, the newest", people.list_newest)
        said("customers, by address", partial(people.list_of_address, "o77@example.com"))
        said("customers, by name", partial(people.list_by_name, "Bench"))
        said("what speaks against an order", facts_of_an_order)
        if not rows_too:
            return
        assert not list(comparing.compare()), "the sums are not the rows"
        with transaction() as session:
            session.execute(text("DELETE FROM rollup_states"))
        said("overview, 28 days, from the rows", lambda: page.look(28, MOMENT), 3)
        said("overview, 90 days, from the rows", lambda: page.look(90, MOMENT), 3)
        for cut, read in reports.items():
            said(f"report by {cut}, 90 days, from the rows", read, 3)


def funnel_of(period: Period) -> None:
    """What its page reads."""
    whose = Whose(language="en")
    some = funnels.bounded(period, whose)
    funnels.list_reached(some, whose), funnels.count_straight(some, whose), funnels.times(some, whose)


def facts_of_an_order() -> None:
    """What checkout asks of all the store's orders (orders/risk.py)."""
    names = {"store": current_store_id(), "customer": new_id(), "email": "o77@example.com", "currency": "EUR"}
    db.session.execute(
        risk.FACTS, {**names, "hour": MOMENT - timedelta(hours=1), "day": MOMENT - timedelta(days=1)}
    ).one()


def said(name: str, work: Callable[[], Any], times: int = LOOKS) -> None:
    """Print the middle of some times."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        found = work()
        db.session.commit()
        took.append(time.perf_counter() - began)
    failed = [
        box for box in ("kpis", "chart", "funnel", "reasons") if getattr(getattr(found, box, None), "failed", False)
    ]
    print(f"{name}\t{statistics.median(took)}\t{','.join(failed)}")


if __name__ == "__main__":
    main(rows_too=sys.argv[1] == "1")
