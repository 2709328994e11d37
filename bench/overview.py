"""`python -m bench.overview`: the console's overview over ever more carts, read from the sums by the hour and from the rows.

The page's boxes are read as the page reads them (no HTML). What matters is the last column: how much longer it takes when
there are so many times more carts.
"""

import argparse
import os
import subprocess
import sys
from datetime import datetime
from typing import Any

import psycopg

from app.embedded.process import ServerError
from bench import machine, shop
from bench.shop import ROOT, Shop

SHOP, DAYS, CHUNK = "bench", 120, 50_000
MOMENT = datetime.fromisoformat("2026-11-21T12:10:00+00:00")

# By its number each cart has its day, arm, reason and end; one in ten is left alone, one in five of the others is recovered.
FILL = (
    """CREATE TEMP TABLE who AS
       SELECT n, uuidv7() AS customer, uuidv7() AS cart, uuidv7() AS episode, uuidv7() AS message, uuidv7() AS placed,
              %(moment)s - (n::bigint * 7919 %% %(all)s) * interval '1 day' * %(days)s / %(all)s AS left_at,
              CASE WHEN n %% 10 = 0 THEN 'holdout' ELSE 'campaign' END AS arm, n * 31 %% 5 = 0 AS back
       FROM generate_series(%(first)s::int, %(last)s::int) n""",
    """INSERT INTO customers (store_id, id, email, name, locale, created_at)
       SELECT %(store)s, customer, 'o' || n || '@example.com', 'Bench Person', 'en', left_at FROM who""",
    """INSERT INTO carts (store_id, id, customer_id, currency, version, activation, auto_activation, created_at, updated_at,
                          active_slot, examined)
       SELECT %(store)s, cart, customer, 'EUR', 1, 1, true, left_at, left_at, date_bin('5 minutes', left_at, 'epoch'),
              left_at < %(moment)s - interval '30 minutes' FROM who""",
    """INSERT INTO episodes (store_id, id, trigger, cart_id, customer_id, number, activation, cart_version, inactive_since,
                             opened_at, value, currency, units, arm, bucket, campaign_id, campaign_version, reason, reached,
                             state, closed_at, order_id)
       SELECT %(store)s, episode, 'cart_abandoned', cart, customer, 1, 1, 1, left_at, left_at, 1000 + n * 13 %% 20000, 'EUR',
              1, arm, CASE arm WHEN 'holdout' THEN 1 ELSE 5000 END, %(campaign)s, 1,
              (ARRAY['just_left', 'delivery_cost', 'payment_failed', 'price_rose', 'out_of_stock'])[1 + n * 17 %% 5],
              (ARRAY['cart', 'cart', 'checkout', 'payment'])[1 + n * 23 %% 4],
              CASE WHEN back THEN 'recovered' WHEN left_at < %(moment)s - interval '7 days' THEN 'salvaged' ELSE 'open' END,
              CASE WHEN back OR left_at < %(moment)s - interval '7 days' THEN left_at END, CASE WHEN back THEN placed END
       FROM who""",
    """INSERT INTO messages (store_id, id, episode_id, customer_id, kind, step, channel, state, due_at, created_at, sent_at,
                             delivered_at)
       SELECT %(store)s, message, episode, customer, 'step', 1, 'email', 'delivered', left_at, left_at, left_at, left_at
       FROM who WHERE arm = 'campaign'""",
    """INSERT INTO orders (store_id, id, customer_id, cart_id, activation, cart_version, op_id, number, state, currency,
                           subtotal, discount, delivery_cost, tax, total, taxes_included, taxes, contact, delivery, locale,
                           provider, paid, created_at, expires_at, placed_at, updated_at)
       SELECT %(store)s, placed, customer, cart, 1, 1, uuidv7(), n, 'placed', 'EUR', 5000, 0, 0, 0, 5000, true, '[]',
              jsonb_build_object('email', 'o' || n || '@example.com', 'name', 'Bench Person'), '{}', 'en', 'manual', 5000, left_at, left_at, left_at, left_at FROM who WHERE back""",
    """INSERT INTO order_lines (store_id, order_id, position, line_id, product_id, variant_id, sku, handle, title, options,
                                wishes, quantity, unit_price, discount, basis_points, tax)
       SELECT %(store)s, placed, 0, uuidv7(), md5('product ' || n %% 300)::uuid, uuidv7(), 's', 'h', '{}', '[]', '[]', 1, 5000,
              0, 0, 0 FROM who WHERE back""",
    """INSERT INTO attributions (store_id, order_id, episode_id, message_id, kind, amount, currency, ordered_at)
       SELECT %(store)s, placed, episode, CASE WHEN arm = 'campaign' THEN message END,
              CASE WHEN arm = 'campaign' THEN 'last_click' ELSE 'direct' END, 5000, 'EUR', left_at FROM who WHERE back""",
    "DROP TABLE who",
)


def fill(place: Shop, first: int, last: int) -> None:
    """Make the carts from `first` to `last`, past foreign keys, triggers and row level security."""
    assert place.servers.postgres
    with psycopg.connect(place.servers.postgres.url("postgres", "dualcart"), autocommit=True) as admin:
        admin.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        found: Any = admin.execute("SELECT id FROM stores WHERE slug = %s", (SHOP,)).fetchone()
        campaign: Any = admin.execute("SELECT id FROM campaigns LIMIT 1").fetchone()
        if campaign is None:
            names = {"store": found[0], "moment": MOMENT}
            campaign = admin.execute(
                """INSERT INTO campaigns (store_id, id, trigger, state, draft, live_version, created_at, updated_at)
                   VALUES (%(store)s, uuidv7(), 'cart_abandoned', 'active',
                           '{"name": {"en": "Bench"}, "trigger": "cart_abandoned", "steps": []}', 1, %(moment)s, %(moment)s)
                   RETURNING id""",
                names,
            ).fetchone()
        for start in range(first, last + 1, CHUNK):
            names = {"first": start, "last": min(last, start + CHUNK - 1), "all": last, "days": DAYS}
            names |= {"store": found[0], "campaign": campaign[0], "moment": MOMENT}
            for statement in FILL:
                admin.execute(statement, names)
        admin.execute("VACUUM ANALYZE")
        admin.execute("CHECKPOINT")


def main() -> int:
    """Set up, measure at each size, print, take down."""
    parser = argparse.ArgumentParser(prog="python -m bench.overview", description=__doc__)
    parser.add_argument("--carts", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument(
        "--rows-up-to", type=int, default=200_000, help="carts, up to which the rows are read for comparison, too"
    )
    given = parser.parse_args()
    columns: list[dict[str, tuple[float, str]]] = []
    try:
        with shop.opened(10, 2) as place:
            done = 0
            for carts in given.carts:
                fill(place, done + 1, carts)
                done = carts
                command = [sys.executable, "-m", "bench.looking", str(int(carts <= given.rows_up_to))]
                ended = subprocess.run(
                    command,
                    check=True,
                    cwd=ROOT,
                    env=place.variables | {"LOG_LEVEL": "error"},
                    stdout=subprocess.PIPE,
                    text=True,
                )
                rows = (line.split("\t") for line in ended.stdout.splitlines())
                columns.append({name: (float(seconds), failed) for name, seconds, failed in rows})
            print(machine.description(*place.versions))
    except (ServerError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    sizes = " | ".join(f"{carts:,} carts, ms" for carts in given.carts)
    print(f"\nload {os.getloadavg()[0]:.1f}\n\n| | {sizes} | times |\n|{' - |' * (len(columns) + 2)}")
    for name in columns[0]:
        took = [column.get(name, (0.0, "not read")) for column in columns]
        shown = " | ".join(
            f"{seconds * 1000:,.0f}" + (f" (failed: {failed})" if failed else "") for seconds, failed in took
        )
        print(f"| {name} | {shown} | {took[-1][0] / took[0][0]:.1f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
