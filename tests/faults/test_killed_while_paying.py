"""kill -9 of web and worker at any moment of a payment: after the sweeper every order is placed and paid, or neither; units and money add up."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import text

from app.config import Config
from app.database.base import db
from app.database.tenancy import use_store
from app.ids import OrderId
from app.orders import queries, sweeping
from app.orders.values import OrderState, PaymentState
from app.payments.registry import providers
from tests.conftest import NOW, TestStore
from tests.factories import make_product

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("KILLS", "2"))
STOCK = 10_000

BOOKS = text("""
    SELECT o.id, o.state, a.state AS attempt, a.amount, c.behaviour, c.amount AS charged, c.cancelled_at,
           (SELECT coalesce(sum(r.amount), 0) FROM demo_bank_refunds r WHERE r.charge_id = c.id) AS returned
    FROM orders o JOIN payment_attempts a ON a.order_id = o.id LEFT JOIN demo_bank_charges c ON c.id = a.id""")
COLLECTING = ("succeeds", "hangs_then_succeeds", "other_amount")


def test_after_kills_every_order_is_placed_and_paid_or_neither(app: Flask, store: TestStore, config: Config) -> None:
    with app.app_context(), use_store(store.id):
        thing = make_product(available=STOCK)
    dice, told = random.Random(11), dict[str, str]()
    for round_ in range(KILLS):
        told |= buy_until_killed(store, thing.variant_id, round_ * 10_000, dice.uniform(0.05, 1.2))
    assert told
    for _ in range(KILLS):
        until_killed(["tests.faults.worker", str(store.id)], dice.uniform(0.02, 0.6))
    with app.app_context(), use_store(store.id):
        for minutes in (20_000, 20_002, 20_040):  # later than any worker has come; the last ones: refunds have gone out
            sweeping.sweep(providers(config), NOW + timedelta(minutes=minutes))
            while sweeping.sweep(providers(config), NOW + timedelta(minutes=minutes)):
                pass
        rows = db.session.execute(BOOKS).all()
        db.session.commit()
        assert len(rows) >= len(told)
        for row in rows:
            check(row)
        for order_id, status in told.items():
            if status == "succeeded":
                order = queries.get_order(OrderId(UUID(order_id)))
                assert (order.state, order.payment) == (OrderState.PLACED, PaymentState.PAID)
        units = db.session.execute(
            text("""SELECT (SELECT available FROM stock WHERE variant_id = :id)
                         + (SELECT coalesce(sum(quantity), 0) FROM reservations WHERE variant_id = :id)"""),
            {"id": thing.variant_id},
        ).scalar_one()
        assert units == STOCK
        in_carts = text("""
            SELECT count(*) FROM orders o JOIN cart_lines l ON l.cart_id = o.cart_id WHERE o.state = 'placed'""")
        assert db.session.execute(in_carts).scalar_one() == 0
        db.session.commit()


def check(row: Any) -> None:
    """The bank's books and ours say the same about one order."""
    assert row.state in ("placed", "abandoned"), row
    collected = row.charged if row.behaviour in COLLECTING and not row.cancelled_at else 0
    if row.behaviour == "other_amount" and collected:
        collected -= 1
    kept = collected - int(row.returned)
    assert kept == (row.amount if row.state == "placed" else 0), row


def buy_until_killed(store: TestStore, variant_id: Any, first: int, seconds: float) -> dict[str, str]:
    """What shoppers were told, by order, until the process was killed some time after its first order."""
    lines = until_killed(["tests.faults.buyer", str(store.id), str(first), str(variant_id)], seconds)
    words = [line.split() for line in lines if line.startswith("told")]
    return {word[2]: word[3] for word in words if len(word) == 4}


def until_killed(module: list[str], seconds: float) -> list[str]:
    """What a process said, killed so long after its first line."""
    process = subprocess.Popen(
        [sys.executable, "-m", *module], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    lines += process.stdout.read().splitlines()
    process.wait(10)
    return lines
