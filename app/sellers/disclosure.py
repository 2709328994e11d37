"""What may be told of a week: no group of fewer than K people, not even by subtraction, nor by knowing this program. Pure.

A cell is a number of people. One below K is FEW: the reader knows that it is 0 to K-1, and must not find out more. Others
are told, or HIDDEN (K or more, and no more is said) where telling would tell a FEW one; or a whole list is withheld (None).

Whether something is told depends only on what the reader is told anyway: which cells are FEW, the numbers that stand there,
and what they leave of a known total. So "it is hidden, therefore ..." leads nowhere: all worlds that agree with what is told
lead to the same telling, and among them each FEW cell has each of its values. Decision 78 has the proof, the tests
(tests/unit/sellers) count the worlds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

K = 10  # people. The product promises no group under 5; the page says "fewer than 10", and the stricter of both holds
LISTED = 8  # products with FEW, by name; all of them would be the catalogue

FEW: Literal["few"] = "few"
HIDDEN: Literal["hidden"] = "hidden"
Cell = int | Literal["few", "hidden"]


@dataclass(frozen=True, slots=True)
class Product:
    """How many people left a product, and of them by their reason."""

    people: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figures:
    """A vendor's week as it was. `left` of the people who `had` something of theirs in a cart left it.

    `outcomes` and `reasons` are partitions of those who left, what is told first before what is rather hidden; `products`
    all of the vendor's in the order of the catalogue: one person may have left several, and left one of them at least.
    """

    had: int
    left: int
    outcomes: Mapping[str, int]
    reasons: Mapping[str, int]
    products: Mapping[str, Product]


class Published(msgspec.Struct, frozen=True):
    """What is told of a vendor's week, and all that is kept of it. A list is None where none of it is told.

    `products` has each product with K people or more and the first LISTED of the others, of which there are `more`;
    `suggestions` the main reason of a product, where over half of those who left it had that one.
    """

    had: Cell
    left: Cell
    outcomes: dict[str, Cell] | None = None
    reasons: dict[str, Cell] | None = None
    products: dict[str, Cell] | None = None
    more: int = 0
    suggestions: dict[str, str] = msgspec.field(default_factory=dict)


NOTHING = Published(FEW, FEW)


def publish(figures: Figures, k: int = K) -> Published:
    """What of a vendor's week may be told."""
    had, left = figures.had, figures.left
    if left < k:
        return Published(had if had >= k else FEW, FEW)
    outcomes, reasons = partition(left, figures.outcomes, k), partition(left, figures.reasons, k)
    products = cover(left, {name: one.people for name, one in figures.products.items()}, k)
    few = [name for name, cell in (products or {}).items() if cell == FEW]
    dropped = frozenset(few[LISTED:])
    return Published(
        had=had if had - left >= k else HIDDEN,  # who did not leave it is a group as well
        left=left,
        outcomes=outcomes,
        reasons=reasons,
        products=None if products is None else {name: cell for name, cell in products.items() if name not in dropped},
        more=len(dropped),
        suggestions=_suggestions(left, figures, products or {}, reasons or {}, k),
    )


def partition(total: int, cells: Mapping[str, int], k: int = K) -> dict[str, Cell] | None:
    """A list of cells of which each person is in exactly one; `total` (k or more) is known to the reader.

    With a FEW cell the last of the others is hidden, for the total tells what is missing. The hidden one must be able to
    make up for whatever the FEW ones are, so that they leave at least 2k-1 together.
    """
    if len(cells) < 2:
        return dict(cells)
    large = [name for name, people in cells.items() if people >= k]
    if len(large) == len(cells):
        return dict(cells)
    told = large[:-1]
    if not large or total - sum(cells[name] for name in told) < 2 * k - 1:
        return None
    return {name: cells[name] if name in told else HIDDEN if people >= k else FEW for name, people in cells.items()}


def cover(total: int, cells: Mapping[str, int], k: int = K) -> dict[str, Cell] | None:
    """A list of cells of which each of `total` people (k or more, known) is in one at least.

    Who is not in a cell is a group as well: where those are fewer than k, the cell is hidden. Everybody is in some cell, so
    the others together must be able to hold whoever is in none that is told.
    """
    if len(cells) < 2:
        return dict(cells)
    if total < 2 * k - 1 and any(people >= k for people in cells.values()):  # which would say how few are not in it
        return None
    told = {name: _covering(total, people, k) for name, people in cells.items()}
    few = sum(cell == FEW for cell in told.values())
    missing = total - sum(cell for cell in told.values() if isinstance(cell, int))
    if few and HIDDEN not in told.values() and missing > (few - 1) * (k - 1):
        return None
    return told


def _covering(total: int, people: int, k: int) -> Cell:
    if people < k:
        return FEW
    return people if total - people >= k else HIDDEN


def _suggestions(
    total: int, figures: Figures, products: Mapping[str, Cell], reasons: Mapping[str, Cell], k: int
) -> dict[str, str]:
    """The reason of over half of those who left a product: if both are told, and there are 2k of them.

    Then less than half are k at least, so that nothing is said of a small rest. And the FEW products must not be needed
    to hold anybody: otherwise where the others lie would tell of them.
    """
    few = sum(people.people < k for people in figures.products.values())
    if few and (few - 1) * (k - 1) < total:
        return {}
    found = {}
    for name, cell in products.items():
        if not isinstance(cell, int) or cell < 2 * k:
            continue
        of = figures.products[name].reasons
        main = next((reason for reason, people in of.items() if people * 2 > cell), None)
        if main is not None and isinstance(reasons.get(main), int):
            found[name] = main
    return found
