"""The part of bench.replay that is the application: makes carts long, folds their events, goes through the store's log.

`python -m bench.folds <carts> <changes>`, in the environment of the shop, prints the rows of the table.
"""

import sys
import time
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import text

from app.cart import codec, history, repository, service
from app.cart.commands import ChangeQuantity, Command, MoveLine
from app.cart.events import Event, replay
from app.cart.history import Fault
from app.cart.service import Shopper
from app.cart.settings import policy_of
from app.cart.state import Line
from app.config import from_environment
from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import finish_reading, transaction
from app.factory import create_app
from app.ids import CartId, CustomerId, LineId, new_id
from app.stores import directory
from app.stores.settings import StoreSettings
from bench.crowd import VERSION
from bench.people import CURRENCY

ROUNDS = 5


def lengthen(customer_id: CustomerId, changes: int, moment: datetime) -> CartId:
    """Change the customer's cart this often, in one transaction: quantities, and every tenth time a line to the other pane."""
    with transaction():
        for number in range(changes):
            stored = repository.find_open(customer_id)
            assert stored
            lines = stored.cart.lines
            service.change(
                Shopper(customer_id),
                _wish(lines[number % len(lines)], number),
                op_id=new_id(),
                currency=CURRENCY,
                policy=policy_of(StoreSettings(auto_activation=False)),
                days=30,
                now=moment,
            )
    return stored.id


def _wish(line: Line, number: int) -> Command:
    if number % 10 == 9:
        return MoveLine(line.id, line.pane.other, LineId(new_id()))
    return ChangeQuantity(line.id, 1 + (line.quantity + number) % 9)


def measure(carts: int, changes: int) -> list[str]:
    """Rows of the table: name, events, per second of CPU, per second of the clock."""
    now = datetime.fromisoformat("2026-11-21T12:00:00+00:00")
    names = text("SELECT customer_id FROM carts WHERE version < :mark ORDER BY id LIMIT :carts")
    found = db.session.execute(names, {"mark": VERSION, "carts": carts}).scalars()
    customers = [CustomerId(id_) for id_ in found]
    finish_reading()
    logs = [[one.event for one in history.list_events(lengthen(id_, changes, now))] for id_ in customers]
    events, documents = sum(map(len, logs)), [[codec.stored(event) for event in log] for log in logs]
    everything = int(db.session.execute(text("SELECT count(*) FROM cart_events")).scalar_one())
    finish_reading()
    return [
        _row("fold", events, lambda: [replay(log) for log in logs]),
        _row("decode and fold", events, lambda: [replay(_decoded(log)) for log in documents]),
        _row("carts verify", everything, _verify),
    ]


def _decoded(log: list[codec.StoredEvent]) -> list[Event]:
    return [codec.event_of(kept.kind, kept.payload) for kept in log]


def _verify() -> None:
    """Go through the store. Carts whose version bench.people marked are out of order, and must be found to be."""
    faults = sum(isinstance(result, Fault) for result in history.verify())
    marked = text("SELECT count(*) FROM carts WHERE version >= :mark")
    if faults != db.session.execute(marked, {"mark": VERSION}).scalar_one():
        raise RuntimeError(f"{faults} carts are not in order")
    finish_reading()


def _row(name: str, events: int, work: Callable[[], object]) -> str:
    """The best of some rounds: what others do on the machine only slows."""
    cpu = elapsed = float("inf")
    for _ in range(ROUNDS):
        began, used = time.perf_counter(), time.process_time()
        work()
        cpu, elapsed = min(cpu, time.process_time() - used), min(elapsed, time.perf_counter() - began)
    return f"| {name} | {events:,} | {events / cpu:,.0f} | {events / elapsed:,.0f} |"


def main(arguments: list[str]) -> None:
    """Measure in the store that bench.people made."""
    app = create_app(from_environment())
    with app.app_context(), use_store(directory.get_by_slug("bench").id):
        print("\n".join(measure(int(arguments[0]), int(arguments[1]))))


if __name__ == "__main__":
    main(sys.argv[1:])
