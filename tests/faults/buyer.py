"""A process that places orders at the demo's bank until it is killed: `python -m tests.faults.buyer STORE FIRST VARIANT`.

For each order two lines: when it is begun, and what the shopper was told.
"""

import random
import sys
from uuid import UUID

from app.database.tenancy import use_store
from app.factory import create_app
from app.ids import StoreId, VariantId, new_id
from app.orders.errors import LinesToResolve
from app.payments.demo_bank import NAME, DemoBank
from app.payments.demo_cards import Behaviour
from tests.factories import make_customer
from tests.ordering import place, put, ready, with_card

CARDS = (Behaviour.SUCCEEDS, Behaviour.DECLINED, Behaviour.HANGS_THEN_SUCCEEDS, Behaviour.HANGS_THEN_FAILS, Behaviour.OTHER_AMOUNT)  # fmt: skip


def main(store: str, first: int, variant: str) -> None:
    app = create_app()
    dice, variant_id = random.Random(first), VariantId(UUID(variant))
    with app.app_context(), use_store(StoreId(UUID(store))):
        bank = DemoBank(app.config["SECRET_KEY"])
        for at in range(10_000):
            customer_id = make_customer(f"k{first + at}@example.com")
            put(customer_id, variant_id, dice.randint(1, 3))
            agreed = ready(customer_id, NAME)
            with_card(customer_id, dice.choice(CARDS))
            say(f"begun {customer_id}")
            try:
                placed = place(customer_id, agreed, {NAME: bank}, op_id=new_id())
            except LinesToResolve:
                continue
            say(f"told {customer_id} {placed.order_id} {placed.status}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
