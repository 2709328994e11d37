"""A week as the rows have it: who put what into a cart, who left which cart, and what came of it by the week's end."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.cart import codec, repository
from app.cart.events import evolve
from app.cart.state import Cart, Pane
from app.catalog import vendors
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import transaction
from app.ids import CartId
from app.sellers.disclosure import Figures
from app.sellers.persons import Persons
from app.sellers.tally import Left, tally
from app.sellers.weeks import Week

BATCH = 500

# A worker's own transaction, a day of a large store: no shopper waits for it.
PATIENT = text("SET LOCAL statement_timeout = '10min'")

BY_PERSON = "actor LIKE 'customer:%' AND {x}actor NOT LIKE '% %'"  # cart/service.py: logged_as

# What came into the order, by whatever a shopper did.
ADDED = text(f"""
    SELECT DISTINCT c.customer_id, CAST(found.variant #>> '{{}}' AS uuid) AS variant_id
    FROM cart_events x
    JOIN carts c ON c.store_id = x.store_id AND c.id = x.cart_id
    CROSS JOIN LATERAL jsonb_path_query(x.payload, CASE x.kind
        WHEN 'item_added' THEN CAST('$.line ? (@.pane == "active").variant_id' AS jsonpath)
        WHEN 'items_added' THEN CAST('$.lines[*] ? (@.pane == "active").variant_id' AS jsonpath)
        WHEN 'variant_changed' THEN CAST('$.line ? (@.pane == "active").variant_id' AS jsonpath)
        WHEN 'lines_moved' THEN CAST('$.moves[*].line ? (@.pane == "next_purchase").variant_id' AS jsonpath)
        WHEN 'next_purchase_activated' THEN CAST('$.moves[*].line.variant_id' AS jsonpath)
        ELSE CAST('$.merge.added[*] ? (@.pane == "active").variant_id' AS jsonpath) END) AS found(variant)
    WHERE x.store_id = :store AND x.occurred_at >= :since AND x.occurred_at < :until
      AND x.kind IN ('item_added', 'items_added', 'variant_changed', 'lines_moved', 'next_purchase_activated',
                     'guest_cart_merged')
      AND x.{BY_PERSON.format(x="x.")}""")  # noqa: S608  constants of this file

LEFT = text(f"""
    SELECT e.id, e.cart_id, e.customer_id, e.cart_version, c.version, e.opened_at, e.reason,
           coalesce(e.state = 'recovered' AND e.closed_at < :until, false) AS bought,
           EXISTS (SELECT 1 FROM cart_events x WHERE x.store_id = :store AND x.cart_id = e.cart_id
                   AND x.version > e.cart_version AND x.occurred_at < :until AND x.{BY_PERSON.format(x="x.")})
           OR EXISTS (SELECT 1 FROM messages m WHERE m.store_id = :store AND m.episode_id = e.id
                      AND m.clicked_at < :until) AS back
    FROM episodes e JOIN carts c ON c.store_id = e.store_id AND c.id = e.cart_id
    WHERE e.store_id = :store AND e.opened_at >= :since AND e.opened_at < :until AND e.trigger = 'cart_abandoned'
      AND e.state <> 'erased' AND (e.opened_at, e.id) > (:at, :after)
    ORDER BY e.opened_at, e.id LIMIT :batch""")  # noqa: S608  constants of this file

EVENTS = text("""
    SELECT x.cart_id, x.version, x.kind, x.payload FROM cart_events x
    WHERE x.store_id = :store AND x.cart_id = ANY(:carts) ORDER BY x.cart_id, x.version""")

VARIANTS = text("SELECT id, product_id FROM variants WHERE store_id = :store AND id = ANY(:ids)")

FIRST = text("""
    SELECT opened_at FROM episodes WHERE store_id = :store AND trigger = 'cart_abandoned' ORDER BY opened_at LIMIT 1""")

NOBODY = UUID(int=0)


def first_left() -> datetime | None:
    """When the current store's first cart counted as left: so far the data reach."""
    found: datetime | None = db.session.execute(FIRST, {"store": current_store_id()}).scalar_one_or_none()
    return found


def count(week: Week) -> dict[str, Figures]:
    """The current store's week by vendor (as vendors.key has it), as it was: to be protected, and never kept.

    Products belong to whoever is their vendor now. Holds nothing locked; reads in pieces.
    """
    persons, product_of = Persons(), _Products()
    added: set[tuple[UUID, UUID]] = set()
    for since, until in week.days():
        with _patient():
            names = {"store": current_store_id(), "since": since, "until": until}
            found = [(row.customer_id, row.variant_id) for row in db.session.execute(ADDED, names)]
            product_of.learn(variant for _customer, variant in found)
            persons.learn(customer for customer, _variant in found)
        added.update((customer, product_of[variant]) for customer, variant in found if variant in product_of)
    left: list[tuple[Any, frozenset[UUID]]] = []
    at, after = week.since, NOBODY
    while True:
        with _patient():
            names = {"store": current_store_id(), "since": week.since, "until": week.until}
            rows = db.session.execute(LEFT, {**names, "at": at, "after": after, "batch": BATCH}).all()
            carts = _as_left(rows)
            product_of.learn(variant for variants in carts.values() for variant in variants)
            persons.learn(row.customer_id for row in rows)
        left += [(row, frozenset(product_of[one] for one in carts[row.id] if one in product_of)) for row in rows]
        if len(rows) < BATCH:
            break
        at, after = rows[-1].opened_at, rows[-1].id
    with transaction():
        vendor_of = vendors.list_vendors_of_products()
    return tally(
        ((persons.of(customer), product) for customer, product in added),
        (Left(persons.of(row.customer_id), products, row.reason, row.bought, row.back) for row, products in left),
        vendor_of,
    )


class _Products(dict[UUID, UUID]):
    """The products of variants."""

    def learn(self, variant_ids: Iterable[UUID]) -> None:
        """Read those that are not known."""
        ids = [one for one in dict.fromkeys(variant_ids) if one not in self]
        for begin in range(0, len(ids), BATCH):
            names = {"store": current_store_id(), "ids": ids[begin : begin + BATCH]}
            self.update({row.id: row.product_id for row in db.session.execute(VARIANTS, names)})


def _as_left(rows: Iterable[Any]) -> dict[UUID, set[UUID]]:
    """The variants in the order of each of these episodes' carts, when it was left."""
    unchanged = [row for row in rows if row.version == row.cart_version]
    stored = repository.list_stored([CartId(row.cart_id) for row in unchanged])
    found = {row.id: _ordered(stored[CartId(row.cart_id)].cart) for row in unchanged}
    changed = [row for row in rows if row.version != row.cart_version]
    if not changed:
        return found
    wanted: dict[UUID, dict[int, list[UUID]]] = defaultdict(lambda: defaultdict(list))
    for row in changed:
        found[row.id] = set()
        wanted[row.cart_id][row.cart_version].append(row.id)
    names = {"store": current_store_id(), "carts": list(wanted)}
    cart, of = Cart(), None
    for row in db.session.execute(EVENTS, names):
        if row.cart_id != of:
            cart, of = Cart(), row.cart_id
        cart = evolve(cart, codec.event_of(row.kind, row.payload))
        for episode in wanted[row.cart_id].get(row.version, ()):
            found[episode] = _ordered(cart)
    return found


def _ordered(cart: Cart) -> set[UUID]:
    return {line.variant_id for line in cart.lines if line.pane is Pane.ACTIVE}


@contextmanager
def _patient() -> Iterator[None]:
    """A transaction of this worker that may take its time."""
    with transaction() as session:
        session.execute(PATIENT)
        yield
