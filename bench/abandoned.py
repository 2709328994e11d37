"""The part of bench.detection that is the application: the bare update, then detection of one kind of carts after the other.

`python -m bench.abandoned <due of each kind> <batch>`, in the environment of the shop, prints the rows of the table.
"""

import sys
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import insert, text

from app.config import from_environment
from app.database.base import db
from app.database.tenancy import current_store_id, use_store
from app.database.transaction import transaction
from app.factory import create_app
from app.ids import new_id
from app.recovery import detection, starting
from app.recovery.content import Content, Step, Texts, document_of
from app.recovery.models import CampaignRow, CampaignVersionRow
from app.recovery.values import Channel, Trigger
from app.stores import directory
from bench import machine
from bench.detection import KINDS, MOMENT, SHOP

BARE = text("""
    UPDATE carts SET examined = true WHERE store_id = :store AND id IN (
        SELECT id FROM carts WHERE store_id = :store AND status = 'open' AND NOT examined AND active_slot <= :until
        ORDER BY active_slot LIMIT :batch) RETURNING id""")


def measure(due: int, batch: int) -> list[str]:
    """Rows: name, carts a minute, the worst batch in seconds, times the bare update; the same by µs of CPU for a cart."""
    store = directory.get_by_slug(SHOP)
    since = starting.looking_since(store.settings, MOMENT - timedelta(days=1))
    assert since
    until = MOMENT - timedelta(minutes=store.settings.abandonment_minutes)

    def bare(batch: int) -> int:
        with transaction() as session:
            return len(session.execute(BARE, {"store": store.id, "until": until, "batch": batch}).all())

    def detect(batch: int) -> int:
        return detection._detect_batch(store, since, MOMENT, batch)[0]

    seen = {"bare update": _timed(due, bare, batch)}
    for kind in KINDS:
        if kind == KINDS[-1]:
            _publish()
        seen[kind] = _timed(due, detect, batch)
    limit = seen["bare update"]
    rows = [
        f"| {name} | {rate * 60:,.0f} | {worst:.3f} | {limit[0] / rate:.1f} | {cpu * 1e6:.0f} | {cpu / limit[2]:.1f} |"
        for name, (rate, worst, cpu) in seen.items()
    ]
    counts = db.session.execute(text("SELECT (SELECT count(*) FROM episodes), (SELECT count(*) FROM messages)")).one()
    return [*rows, "", f"{counts[0]:,} episodes, {counts[1]:,} messages"]


def _timed(due: int, work: Callable[[int], int], fixed: int) -> tuple[float, float, float]:
    """Carts a second, the longest batch, seconds of CPU for each cart (PostgreSQL's and the worker's)."""
    batch = fixed or detection.FIRST
    with transaction() as session:
        backend: int = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    done, worst, began, cpu = 0, 0.0, time.perf_counter(), _cpu(backend)
    while done < due:
        start = time.perf_counter()
        taken = work(min(batch, due - done))
        assert taken, "nothing is due any more"
        seconds = time.perf_counter() - start
        worst, done = max(worst, seconds), done + taken
        batch = fixed or detection.next_batch(batch, seconds)
    return done / (time.perf_counter() - began), worst, (_cpu(backend) - cpu) / done


def _cpu(backend: int) -> float:
    return machine.tree_seconds([backend]) + time.process_time()


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
        print("\n".join(measure(int(arguments[0]), int(arguments[1]))))


if __name__ == "__main__":
    main(sys.argv[1:])
