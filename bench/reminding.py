"""The part of bench.recovery that is the worker: `python -m bench.reminding <messages> <mails>`, in the shop's environment."""

import smtplib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
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
from app.recovery.parts import Address, Claimed, Written
from app.recovery.values import Channel
from app.stores import directory
from bench import machine
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


def measure(messages: int, mails: int) -> list[str]:
    """The rows of the table."""
    claimed: list[Claimed] = []
    whole = delivery._connected[0]  # as the application was put together

    def claim_all() -> None:
        while batch := message_states.claim(None, tuple(Channel), delivery.BATCH):
            claimed.extend(batch)

    def decide_all() -> None:
        with use_store(claimed[0].store_id):
            for first in range(0, len(claimed), delivery.BATCH):
                batch = claimed[first : first + delivery.BATCH]
                addresses = facts_query.find_addresses(batch)
                for message in batch:
                    assert gate.pass_gate(message, whole, None, addresses[message.id])

    def bare() -> None:
        while True:
            with across_stores(), transaction() as session:
                if not session.execute(BARE, {"batch": delivery.BATCH}).all():
                    return

    rows = [_timed("bare claiming UPDATE", messages, bare)]
    again()
    rows += [_timed("claim", messages, claim_all), _timed("gate: locks, facts, decision, kept", messages, decide_all)]
    with use_store(claimed[0].store_id):
        first = whole.write(claimed[0], Address("due1@example.com", "en"), datetime.now(UTC))
        assert isinstance(first.outgoing, OutgoingEmail)
        config = current_app.config["DUALCART"]
        mail = Smtp(config, lambda: datetime.now(UTC))._written(first.outgoing)
    again()
    rows.append(_timed("smtplib, one connection, the same mail", mails, lambda: bare_mails(mail, mails)))
    for name, write in (("delivered, the mail at hand", lambda *_: first), ("delivered, rendered", whole.write)):
        delivery.connect(replace(whole, write=write))
        rows.append(_timed(name, mails, lambda: delivered(mails)))
    rendering_alone = _timed("rendering alone", mails, lambda: rendered(whole.write, claimed[:mails]))
    limits = {0: None, 1: rows[0], 2: rows[0], 3: None, 4: rows[3], 5: rows[3]}
    return [*(row.line(limits[at]) for at, row in enumerate(rows)), rendering_alone.line(None)]


def rendered(write: Callable[[Claimed, Address, datetime], Written], messages: list[Claimed]) -> None:
    """As delivering does it: the store is known."""
    with use_store(messages[0].store_id), publisher.entered():
        for message in messages:
            write(message, Address("due@example.com", "en"), datetime.now(UTC))


def delivered(mails: int) -> None:
    taken = delivery.deliver(lambda: datetime.now(UTC), at_most=mails)
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


def _timed(name: str, count: int, work: Callable[[], object]) -> Row:
    with transaction() as session:
        backend: int = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    began, worker, postgres = time.perf_counter(), time.process_time(), machine.tree_seconds([backend])
    work()
    seconds, used = time.perf_counter() - began, time.process_time() - worker
    return Row(name, seconds / count, used / count, (machine.tree_seconds([backend]) - postgres) / count)


def main(arguments: list[str]) -> None:
    """Measure in the store that bench.people made."""
    with create_app(from_environment()).app_context():
        print("\n".join(measure(*map(int, arguments))))


if __name__ == "__main__":
    main(sys.argv[1:])
