"""Who of a week's customers are one person, as the reports have it (recovery/people.py); in memory, for as long as it is counted."""

from collections.abc import Hashable, Iterable
from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.recovery.people import closure

BATCH = 500

TRAITS = text(closure("id = ANY(:ids)", "SELECT id, email, phone, merged_into FROM people"))


class Persons:
    """Customers, joined by what shows that they are the same."""

    def __init__(self) -> None:
        self._joined: dict[Hashable, Hashable] = {}

    def learn(self, customer_ids: Iterable[UUID]) -> None:
        """Read who these are, unless that is known."""
        ids = [one for one in dict.fromkeys(customer_ids) if one not in self._joined]
        for begin in range(0, len(ids), BATCH):
            names = {"store": current_store_id(), "ids": ids[begin : begin + BATCH]}
            for row in db.session.execute(TRAITS, names):
                self._join(row.id, row.id)
                for trait in (row.merged_into, row.email and ("email", row.email), row.phone and ("phone", row.phone)):
                    if trait:
                        self._join(row.id, trait)

    def of(self, customer_id: UUID) -> Hashable:
        """What stands for the person; the customer, where nothing was learnt of them."""
        return self._root(customer_id)

    def _root(self, one: Hashable) -> Hashable:
        above = self._joined.get(one, one)
        while above != one:
            self._joined[one] = self._joined.get(above, above)
            one, above = above, self._joined.get(above, above)
        return one

    def _join(self, one: Hashable, other: Hashable) -> None:
        self._joined.setdefault(one, one)
        self._joined.setdefault(other, other)
        self._joined[self._root(one)] = self._root(other)
