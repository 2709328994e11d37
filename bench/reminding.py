"""The part of bench.recovery that is the worker, in the shop's environment.

`python -m bench.reminding <messages> <mails> <lanes> <process ids of PostgreSQL>`
"""

import smtplib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import text

from app.channels.outgoing import OutgoingEmail
from app.channels.smtp import Smtp
from app.config import from_environment
from app.database.tenancy import across_stores, use_store
from app.database.transaction import transaction
from app.factory import create_app
from app.recovery import delivery, facts_query, gate, message_states, publisher
from app.recovery.lanes import Lanes
from app.recovery.parts import Address, Claimed, Parts, Written
from app.recovery.values import Channel
from app.stores import directory
from bench import bare_gate, machine
from bench.recovery import SHOP

BARE = text("""
    UPDATE messages SET state = 'claimed', lease_token = gen_random_uuid(), lease_until = now() + interval '90 seconds'
    WHERE (store_id, id) IN (SELECT store_id, id FROM messages WHERE state = 'scheduled' AND due_at <= now()
                             ORDER BY due_at, id LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED) RETURNING id""")
AGAIN = text("""
    UPDATE messages SET state = 'scheduled', reason = '', lease_token = NULL, lease_until = NULL, attempts = 0, sent_at = NULL,
        provider_id = NULL""")


@dataclass
class Row:
    """What one kind of work took, for each message: seconds of the clock, of the worker's CPU, of PostgreSQL's."""

    name: str
    seconds: float
    worker: float
    postgres: float

    def line(self, limit: "Row | None") -> str:
        each = f"| {self.name} | {60 / self.seconds:,.0f} | {self.worker * 1e6:,.0f} | {self.postgres * 1e6:,.0f} |"
        if limit is None:
            return f"{each} | |"
        cpu = (limit.worker + limit.postgres) / (self.worker + self.postgres)
        return f"{each} {limit.seconds / self.seconds:.0%} | {cpu:.0%} |"


def measure(messages: int, mails: int, lanes: int, server: list[int]) -> list[str]:
    """The rows of the table; `server`: the roots of PostgreSQL's processes."""
    whole = delivery._connected[0]  # as the application was put together
    config = current_app.config["DUALCART"]

    def timed(name: str, count: int, work: Callable[[], object]) -> Row:
        return _timed(name, count, work, server)

    def bare() -> None:
        while True:
            with across_stores(), transaction() as session:
                if not session.execute(BARE, {"batch": delivery.BATCH}).all():
                    return

    url = config.database_url.replace("+psycopg", "", 1)
    rows = [timed("bare claiming UPDATE", messages, bare)]
    again()
    claimed: list[Claimed] = []
    rows.append(timed("claim", messages, lambda: claimed.extend(claim_all())))
    limits = [None, rows[0]]
    for many in dict.fromkeys((1, lanes)):
        rows.append(timed(f"bare lock, read, update, commit; {many}", messages, _bare_gates(url, many)))
        limits.append(None)
    for many in dict.fromkeys((1, lanes)):
        again()
        claimed = claim_all()
        rows.append(timed(f"gate: locks, facts, decision, kept; {many}", messages, _gates(whole, claimed, many)))
        limits.append(rows[2] if many == 1 else rows[3])
    with use_store(claimed[0].store_id):
        first = whole.write(claimed[0], Address("due1@example.com", "en"), datetime.now(UTC))
        assert isinstance(first.outgoing, OutgoingEmail)
        mail = Smtp(config, lambda: datetime.now(UTC))._written(first.outgoing)
    smtp = timed("smtplib, one connection, the same mail", mails, lambda: bare_mails(mail, mails))
    rows.append(smtp)
    limits.append(None)
    for name, write in (("the mail at hand", lambda *_: first), ("rendered", whole.write)):
        for many in dict.fromkeys((1, lanes)):
            again()
            delivery.connect(replace(whole, write=write))
            rows.append(timed(f"delivered, {name}; {many}", mails, partial(delivered, mails, many)))
            limits.append(smtp)
    rows.append(timed("rendering alone", mails, lambda: rendered(whole.write, claimed[:mails])))
    limits.append(None)
    return [row.line(limit) for row, limit in zip(rows, limits, strict=True)]


def claim_all() -> list[Claimed]:
    """All that is due, batch by batch."""
    claimed: list[Claimed] = []
    while batch := message_states.claim(None, tuple(Channel), delivery.BATCH):
        claimed.extend(batch)
    return claimed


def _bare_gates(url: str, connections: int) -> Callable[[], None]:
    again()
    claimed, role = claim_all(), current_app.config["DUALCART"].database_role
    return lambda: bare_gate.decide(url, role, claimed, connections)


def _gates(parts: Parts, claimed: list[Claimed], many: int) -> Callable[[], None]:
    """All of these decided about, in so many lanes."""
    batches = iter([claimed[first : first + delivery.BATCH] for first in range(0, len(claimed), delivery.BATCH)])

    def lane() -> int:
        with use_store(claimed[0].store_id), publisher.entered():
            for batch in batches:
                addresses = facts_query.find_addresses(batch)
                for message in batch:
                    assert gate.pass_gate(message, parts, None, addresses[message.id])
        return 0

    def work() -> None:
        others = Lanes(many - 1, lane)
        others.begin()
        lane()
        others.end()

    return work


def rendered(write: Callable[[Claimed, Address, datetime], Written], messages: list[Claimed]) -> None:
    """As delivering does it: the store is known."""
    with use_store(messages[0].store_id), publisher.entered():
        for message in messages:
            write(message, Address("due@example.com", "en"), datetime.now(UTC))


def delivered(mails: int, lanes: int = 1) -> None:
    taken = delivery.deliver(lambda: datetime.now(UTC), at_most=mails, lanes=lanes)
    assert taken == mails, f"{taken} of {mails}"


def bare_mails(mail: bytes, mails: int) -> None:
    """The least that sending can cost."""
    url = urlsplit(current_app.config["DUALCART"].smtp_url)
    with smtplib.SMTP(url.hostname or "", url.port or 25, local_hostname="bench.example") as server:
        for _ in range(mails):
            server.sendmail("shop@bench.example", ["due@example.com"], mail)


def again() -> None:
    """All are due once more."""
    with use_store(directory.get_by_slug(SHOP).id), transaction() as session:
        session.execute(AGAIN)


def _timed(name: str, count: int, work: Callable[[], object], server: list[int]) -> Row:
    began, worker, postgres = time.perf_counter(), time.process_time(), machine.tree_seconds(server)
    work()
    seconds, used = time.perf_counter() - began, time.process_time() - worker
    return Row(name, seconds / count, used / count, (machine.tree_seconds(server) - postgres) / count)


def main(arguments: list[str]) -> None:
    """Measure in the store that bench.people made."""
    messages, mails, lanes, *server = map(int, arguments)
    with create_app(from_environment()).app_context():
        print("\n".join(measure(messages, mails, lanes, server)))


if __name__ == "__main__":
    main(sys.argv[1:])
