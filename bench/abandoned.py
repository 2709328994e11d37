"""The part of bench.detection that is the application: the bare update, then detection of one kind of carts after the other.

`python -m bench.abandoned <due of each kind> <batch> <process ids of PostgreSQL>`, in the environment of the shop, prints the
rows of the table.
"""

import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import insert, text

from app.config import from_environment
from app.database.base import db
from app.database.tenancy import current_store_id, use_store
from app.database.transaction import transaction
from app.factory import create_app
from app.ids import new_id
from app.recovery import detection, starting
from app.recovery.content import Content, Step, Texts, document_of
from app.recovery.lanes import Lanes
from app.recovery.models import CampaignRow, CampaignVersionRow
from app.recovery.values import Channel, Trigger
from app.stores import directory
from bench import machine
from bench.detection import BETWEEN, FIRST_LEFT, LANES, MOMENT, ROWS, SHOP, THREE_MESSAGES

BARE = text("""
    UPDATE carts SET examined = true WHERE store_id = :store AND id IN (
        SELECT id FROM carts WHERE store_id = :store AND status = 'open' AND NOT examined AND active_slot <= :until
        ORDER BY active_slot LIMIT :batch) RETURNING id""")


def measure(due: int, fixed: int, server: list[int]) -> list[str]:
    """Rows: name, carts a minute, the worst batch in seconds, share of the bare update (in one lane); the same by µs of CPU
    for a cart (the worker's and PostgreSQL's, whose processes are the trees of `server`).
    """
    store = directory.get_by_slug(SHOP)
    since = starting.looking_since(store.settings, MOMENT - timedelta(days=1))
    assert since
    waits = timedelta(minutes=store.settings.abandonment_minutes)

    def bare(until: datetime, batch: int) -> int:
        with transaction() as session:
            return len(session.execute(BARE, {"store": store.id, "until": until, "batch": batch}).all())

    def detect(until: datetime, batch: int) -> int:
        return detection._detect_batch(store, since, until + waits, batch)[0]

    rows: list[str] = []
    limit = _timed(due, partial(bare, _left(due)), 1, fixed, server)
    for number, (kind, lanes) in enumerate(ROWS, 1):
        if (kind, lanes) == (THREE_MESSAGES, LANES[0]):
            _publish()
        rate, worst, cpu = (
            limit if number == 1 else _timed(due, partial(detect, _left(number * due)), lanes, fixed, server)
        )
        rows.append(
            f"| {kind}; {lanes} | {rate * 60:,.0f} | {worst:.3f} | {rate / limit[0]:.0%} | {cpu * 1e6:.0f} | {limit[2] / cpu:.0%} |"
        )
    counts = db.session.execute(text("SELECT (SELECT count(*) FROM episodes), (SELECT count(*) FROM messages)")).one()
    return [*rows, "", f"{counts[0]:,} episodes, {counts[1]:,} messages"]


def _left(carts: int) -> datetime:
    """When the last of so many had been left."""
    return FIRST_LEFT + carts * BETWEEN


def _timed(
    due: int, work: Callable[[int], int], lanes: int, fixed: int, server: list[int]
) -> tuple[float, float, float]:
    """Carts a second, the longest batch, seconds of CPU for each cart."""

    def lane() -> float:
        done, worst, batch = 0, 0.0, fixed or detection.FIRST
        while done < due // lanes:
            start = time.perf_counter()
            taken = work(min(batch, due // lanes - done))
            assert taken, "nothing is due any more"
            seconds = time.perf_counter() - start
            worst, done = max(worst, seconds), done + taken
            batch = fixed or detection.next_batch(batch, seconds)
        return worst

    others = Lanes(lanes - 1, lane)
    began, cpu = time.perf_counter(), _cpu(server)
    others.begin()
    own = lane()
    worst = max([own, *others.end()])
    return due / (time.perf_counter() - began), worst, (_cpu(server) - cpu) / due


def _cpu(server: list[int]) -> float:
    return machine.tree_seconds(server) + time.process_time()


def _publish() -> None:
    """A campaign of three mails, without a holdout."""
    steps = tuple(
        Step(number=at, delay_seconds=hours * 3600, channel=Channel.EMAIL, texts={"en": Texts(subject="Still there")})
        for at, hours in enumerate((1, 24, 48), 1)
    )
    content = document_of(Content(name={"en": "Bench"}, trigger=Trigger.CART_ABANDONED, steps=steps, holdout_percent=0))
    row = {"store_id": current_store_id(), "id": new_id(), "trigger": Trigger.CART_ABANDONED, "state": "active"}
    with transaction() as session:
        session.execute(
            insert(CampaignRow).values(**row, draft=content, live_version=1, created_at=MOMENT, updated_at=MOMENT)
        )
        session.execute(
            insert(CampaignVersionRow).values(
                store_id=row["store_id"], campaign_id=row["id"], version=1, content=content, published_at=MOMENT
            )
        )


def main(arguments: list[str]) -> None:
    """Measure in the store that bench.people made."""
    app = create_app(from_environment())
    with app.app_context(), use_store(directory.get_by_slug(SHOP).id):
        due, batch, *server = map(int, arguments)
        print("\n".join(measure(due, batch, server)))


if __name__ == "__main__":
    main(sys.argv[1:])
