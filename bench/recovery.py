"""`python -m bench.recovery`: reminders claimed, decided about and delivered by SMTP with one worker, each beside its limit.

The limits, in the same run: the bare claiming UPDATE sent by psycopg, the least that a decision in a transaction of its own
can cost (bench/bare_gate.py), and smtplib sending the same mail on one connection. "; 4" is with four lanes.
"""

import argparse
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg.types.json import Jsonb

from app.embedded.mail import MailServer
from app.embedded.process import ServerError
from app.ids import new_id
from app.recovery import presets
from app.recovery.content import document_of
from bench import machine, shop
from bench.due import fill
from bench.shop import ROOT, Shop

SHOP = "bench"

CAMPAIGN = """
    INSERT INTO campaigns (store_id, id, trigger, state, draft, live_version, created_at, updated_at)
    VALUES (%(store)s, %(campaign)s, 'cart_abandoned', 'active', %(content)s, 1, now(), now())"""
VERSION = """
    INSERT INTO campaign_versions (store_id, campaign_id, version, content, published_at)
    VALUES (%(store)s, %(campaign)s, 1, %(content)s, now())"""


def prepare(place: Shop, messages: int) -> None:
    """The preset's campaign, and its first message due to so many people."""
    assert place.servers.postgres
    with psycopg.connect(place.servers.postgres.url("postgres", "dualcart"), autocommit=True) as admin:
        found = admin.execute("SELECT id FROM stores WHERE slug = %s", (SHOP,)).fetchone()
        assert found
        names = {"store": found[0], "campaign": new_id(), "content": Jsonb(document_of(presets.cart_reminder()))}
        admin.execute(CAMPAIGN, names)
        admin.execute(VERSION, names)
        now = datetime.now(UTC)
        when = {"left_at": now - timedelta(hours=2), "due_at": now - timedelta(minutes=1)}
        fill(admin, names["store"], names["campaign"], messages, **when)
        admin.execute("VACUUM ANALYZE")
        admin.execute("CHECKPOINT")


def main() -> int:
    """Set up, measure, print, take down."""
    parser = argparse.ArgumentParser(prog="python -m bench.recovery", description=__doc__)
    parser.add_argument("--messages", type=int, default=4_000)
    parser.add_argument("--mails", type=int, default=1_000, help="of them, sent by each way of sending")
    parser.add_argument("--lanes", type=int, default=4, help="of the worker, beside the figures of one")
    given = parser.parse_args()
    try:
        with shop.opened(10, 2) as place, MailServer() as post_office:
            prepare(place, given.messages)
            variables = {
                "SMTP_URL": post_office.url,
                "DATABASE_POOL_SIZE": str(max(10, given.lanes)),
                "MESSAGE_RATES": "smtp=90000",
                "PUBLIC_ORIGIN": "https://bench.example",
            }
            command = [sys.executable, "-m", "bench.reminding", str(given.messages), str(given.mails), str(given.lanes)]
            command += map(str, place.watched["postgres"])
            ended = subprocess.run(
                command, check=False, cwd=ROOT, env={**place.variables, **variables}, stdout=subprocess.PIPE, text=True
            )
            print(machine.description(*place.versions))
            print(f"load {machine.load()}; {len(post_office.messages):,} mails arrived")
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    print(
        "\n| | / minute | µs CPU, worker | µs CPU, PostgreSQL | of its limit | of its limit, CPU |\n| - | -: | -: | -: | -: | -: |"
    )
    print(ended.stdout)
    return ended.returncode


if __name__ == "__main__":
    sys.exit(main())
