"""The part of bench.changes that is the application: carts of several kinds, and one change of each, timed.

`python -m bench.wishes <carts>`, in the environment of the shop, prints the rows of the table.
"""

import random
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import text

from app.cart import repository, service
from app.cart.commands import Command, MoveLine
from app.cart.service import Shopper
from app.cart.settings import policy_of
from app.cart.state import Pane
from app.config import from_environment
from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import finish_reading, transaction
from app.factory import create_app
from app.ids import CustomerId, LineId, new_id
from app.orders import checkout, placing
from app.orders.placing import Agreed, Pages
from app.orders.terms import Terms
from app.orders.values import Address, CheckoutDetails, Contact
from app.payments.manual import Manual
from app.stores import directory
from app.stores.delivery import DeliveryMethod
from app.stores.settings import StoreSettings
from app.stores.taxes import Taxes, TaxRate
from bench.people import CURRENCY, add, make_customers

SHOP, ORDINARY, LARGE = "bench", 10, 20
MOMENT = datetime.fromisoformat("2026-11-21T12:00:00+00:00")
POLICY = policy_of(StoreSettings())

LINES = 5
TERMS = Terms(
    policy=POLICY, taxes=Taxes(rates=(TaxRate(basis_points=1900),)), country="DE", countries=("DE",),
    methods=(DeliveryMethod(key="standard", title={"en": "Standard"}, cost={CURRENCY: 490}),),
    held_for=timedelta(minutes=30), guest_checkout=True, zone=ZoneInfo("Europe/Berlin"),
)  # fmt: skip
DETAILS = CheckoutDetails(
    address=Address(country="DE", street="Lindenstraße 5", postcode="10969", city="Berlin"),
    delivery_key="standard", provider=Manual.name,
)  # fmt: skip

Change = Callable[[CustomerId], object]


def measure(carts: int) -> list[str]:
    """Rows: name, median µs of CPU and of the clock, each also as a multiple of an addition's."""
    variants = [UUID(str(id_)) for id_ in db.session.execute(text("SELECT id FROM variants ORDER BY id")).scalars()]
    finish_reading()
    dice, guests = random.Random(1), {}
    first: dict[CustomerId, LineId] = {}

    def cart(active: int, saved: int) -> CustomerId:
        customer_id = make_customers(1, MOMENT)[0]
        _fill(Shopper(customer_id), dice.sample(variants[1:], active + saved), active)
        stored = repository.find_open(customer_id)
        assert stored
        first[customer_id] = stored.cart.lines[0].id
        return customer_id

    def move(customer_id: CustomerId) -> object:
        return _change(customer_id, MoveLine(first[customer_id], Pane.NEXT_PURCHASE, LineId(new_id())))

    def with_guest() -> CustomerId:
        customer_id, guest_cart_id = cart(LARGE, 0), uuid4()
        _fill(Shopper(guest_cart_id=guest_cart_id), dice.sample(variants[1:], LARGE), LARGE)
        guests[customer_id] = guest_cart_id
        return customer_id

    def merge(customer_id: CustomerId) -> object:
        return service.merge_guest_cart(guests[customer_id], customer_id, currency=CURRENCY, policy=POLICY, now=MOMENT)

    def addition(customer_id: CustomerId) -> object:
        return add(Shopper(customer_id), variants[0], MOMENT)

    agreed: dict[CustomerId, Agreed] = {}

    def ready_to_order() -> CustomerId:
        customer_id = make_customers(1, MOMENT)[0]
        _fill(Shopper(customer_id), dice.sample(variants[1:], LINES), LINES)
        stored = repository.find_open(customer_id)
        assert stored
        entered = msgspec.structs.replace(DETAILS, contact=Contact(email=f"{customer_id}@example.com", name="Bench"))
        checkout.keep_details(stored.id, entered, MOMENT)
        quote = checkout.quote_of(stored, entered, TERMS, MOMENT)
        agreed[customer_id] = Agreed(quote.fingerprint, quote.sums.total.amount)
        return customer_id

    def order(customer_id: CustomerId) -> object:
        return placing.place(
            customer_id, agreed[customer_id], op_id=new_id(), terms=TERMS, locale="en", providers={Manual.name: Manual()},
            pages=Pages("", ""), title="Bench", now=MOMENT,
        )  # fmt: skip

    kinds: list[tuple[str, Callable[[], CustomerId], Change]] = [
        ("add", lambda: cart(ORDINARY // 2, ORDINARY // 2), addition),
        ("move", lambda: cart(ORDINARY // 2, ORDINARY // 2), move),
        (f"auto-activate {LARGE} lines", lambda: cart(0, LARGE), addition),
        (f"merge {LARGE} + {LARGE} lines", with_guest, merge),
        (f"place an order of {LINES} lines", ready_to_order, order),
    ]
    seen = {name: _timed(carts, make, change) for name, make, change in kinds}
    cpu, elapsed = seen["add"]
    return [f"| {name} | {c:,.0f} | {c / cpu:.1f} | {e:,.0f} | {e / elapsed:.1f} |" for name, (c, e) in seen.items()]


def _timed(carts: int, make: Callable[[], CustomerId], change: Change) -> tuple[float, float]:
    customers = [make() for _ in range(carts)]
    change(make())
    used, took = [], []
    for customer_id in customers:
        began, cpu = time.perf_counter(), time.process_time()
        change(customer_id)
        used.append((time.process_time() - cpu) * 1e6)
        took.append((time.perf_counter() - began) * 1e6)
    return median(used), median(took)


def _fill(shopper: Shopper, variants: list[UUID], active: int) -> None:
    with transaction():  # the changes join it
        for number, variant_id in enumerate(variants):
            add(shopper, variant_id, MOMENT, Pane.ACTIVE if number < active else Pane.NEXT_PURCHASE)


def _change(customer_id: CustomerId, wish: Command) -> object:
    return service.change(
        Shopper(customer_id), wish, op_id=new_id(), currency=CURRENCY, policy=POLICY, days=30, now=MOMENT
    )


def main(arguments: list[str]) -> None:
    """Measure in the store that bench.people made."""
    app = create_app(from_environment())
    with app.app_context(), use_store(directory.get_by_slug(SHOP).id):
        print("\n".join(measure(int(arguments[0]))))


if __name__ == "__main__":
    main(sys.argv[1:])
