"""`python -m bench.detection`: finding abandoned carts among many, in batches, beside the bare update of as many rows.

"; 2" is in two lanes, as the task does it (recovery/rounds.py).
"""

import argparse
import subprocess
import sys
from datetime import datetime, timedelta

import psycopg

from app.embedded.process import ServerError
from bench import machine, shop
from bench.shop import ROOT, Shop

CHUNK = 50_000
THREE_MESSAGES = "an episode and three messages each"
LANES = (1, 2)
KINDS = ("not worth enough", "an episode each", THREE_MESSAGES)
ROWS = (("bare update", 1), *((kind, lanes) for kind in KINDS for lanes in LANES))
POOR = 1 + len(LANES)  # of so many rows, which come first
MOMENT = datetime.fromisoformat("2026-11-21T12:00:00+00:00")
FIRST_LEFT, BETWEEN = MOMENT - timedelta(hours=9), timedelta(seconds=0.1)
SHOP = "bench"

# Carts that are due come first, each kind after the other; of the rest every second one was left and seen to long ago, the
# others have just been used. Only what is due has more than one line.
WHO = """
    CREATE TEMP TABLE who AS
    SELECT n, uuidv7() AS customer, uuidv7() AS cart, n <= %(due)s AS due,
           CASE WHEN n <= %(due)s THEN %(left)s + n * %(between)s
                WHEN n %% 2 = 0 THEN %(moment)s - n * interval '1 minute' ELSE %(moment)s - interval '3 minutes' END AS left_at
    FROM generate_series(%(first)s::int, %(last)s::int) n"""
FILL = (
    """INSERT INTO customers (store_id, id, email, name, locale, created_at)
       SELECT %(store)s, customer, 'c' || n || '@example.com', 'Bench', 'en', left_at FROM who""",
    """INSERT INTO carts (store_id, id, customer_id, currency, version, activation, auto_activation, created_at, updated_at,
                          active_slot, examined)
       SELECT %(store)s, cart, customer, 'EUR', 1, 0, true, left_at, left_at, date_bin('5 minutes', left_at, 'epoch'),
              NOT due AND n %% 2 = 0 FROM who""",
    """INSERT INTO cart_lines (store_id, cart_id, id, position, pane, variant_id, options, options_hash, quantity, snapshot,
                               brought_back, added_at)
       SELECT %(store)s, cart, uuidv7(), at, 'active', l.variant_id, '[]', at::text, 1,
              jsonb_set(l.snapshot, '{unit_price,amount}', to_jsonb(CASE WHEN n <= %(poor)s THEN 100 ELSE 2500 END)), false, left_at
       FROM who CROSS JOIN generate_series(1, 3) at CROSS JOIN (
           SELECT variant_id, snapshot FROM cart_lines WHERE store_id = %(store)s ORDER BY id LIMIT 1) l
       WHERE due OR at = 1""",
    """INSERT INTO cart_events (store_id, cart_id, version, kind, payload, actor, op_id, occurred_at)
       SELECT %(store)s, cart, 1, 'item_added', '{}', 'customer:' || customer, uuidv7(), left_at FROM who""",
)


def fill(place: Shop, carts: int, due: int) -> None:
    """Make the carts, past foreign keys and row level security; `due` of each kind."""
    assert place.servers.postgres
    with psycopg.connect(place.servers.postgres.url("postgres", "dualcart"), autocommit=True) as admin:
        admin.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        found = admin.execute("SELECT id FROM stores WHERE slug = %s", (SHOP,)).fetchone()
        assert found
        for first in range(1, carts + 1, CHUNK):
            names: dict[str, object] = {"first": first, "last": min(carts, first + CHUNK - 1), "due": due * len(ROWS)}
            names |= {"store": found[0], "moment": MOMENT, "left": FIRST_LEFT, "between": BETWEEN, "poor": due * POOR}
            admin.execute(WHO, names)
            for statement in FILL:
                admin.execute(statement, names)
            admin.execute("DROP TABLE who")
        admin.execute("VACUUM ANALYZE")
        admin.execute("CHECKPOINT")


def main() -> int:
    """Set up, measure, print, take down."""
    parser = argparse.ArgumentParser(prog="python -m bench.detection", description=__doc__)
    parser.add_argument("--carts", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=50_000, help="of each kind and number of lanes")
    parser.add_argument(
        "--batch", type=int, default=0, help="carts in one transaction (default: as the application has it)"
    )
    given = parser.parse_args()
    try:
        with shop.opened(10, 2) as place:
            fill(place, given.carts, given.due)
            command = [sys.executable, "-m", "bench.abandoned", str(given.due), str(given.batch)]
            command += map(str, place.watched["postgres"])
            ended = subprocess.run(
                command, check=False, cwd=ROOT, env=place.variables, stdout=subprocess.PIPE, text=True
            )
            print(machine.description(*place.versions))
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\n{given.carts:,} carts, {given.due:,} of each kind due; load {machine.load()}\n")
    print("| | carts / minute | worst batch, s | of the bare update | µs of CPU / cart | of the bare update |")
    print("| - | -: | -: | -: | -: | -: |\n" + ended.stdout)
    return ended.returncode


if __name__ == "__main__":
    sys.exit(main())
