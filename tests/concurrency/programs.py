"""Small programs for several hands at one shopper's carts, made from a seed: who does what, in which order, how stubbornly.

A program is a value; what it does depends on how its actors happen to meet. `storm.py` runs it, `verdict.py` judges it.
"""

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from app.cart.state import Pane


class Kind(StrEnum):
    """Whose carts: a customer's in several tabs, a guest's in several tabs, or devices that sign in while others write."""

    CUSTOMER = "customer"
    GUEST = "guest"
    SIGN_IN = "sign_in"


class Role(StrEnum):
    """What an actor is: a tab of the account, a tab of one of the devices, or somebody of the staff."""

    ACCOUNT = "account"
    DEVICE = "device"
    STAFF = "staff"


Act = Literal[
    "add", "quantity", "variant", "remove", "move", "move_all", "empty", "undo", "note", "prices", "switch",
    "answer_merge", "undo_merge", "sign_in", "price", "stock", "status",
]  # fmt: skip

SHOPPING: tuple[Act, ...] = (
    "add", "add", "add", "add", "quantity", "quantity", "variant", "remove", "move", "move", "move_all", "empty",
    "undo", "undo", "note", "prices", "switch",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """One command to be: which line or product (by number), how many; sent once or again, later or from another tab at once."""

    act: Act
    number: int
    quantity: int
    pane: Pane
    flag: bool
    stale: bool
    sendings: int
    at_once: bool


@dataclass(frozen=True, slots=True)
class Actor:
    """One hand: its wishes, one after the other. `device` is which guest's cart a device's tab writes to."""

    role: Role
    wishes: tuple[Wish, ...]
    device: int = 0


@dataclass(frozen=True, slots=True)
class Program:
    """Everything that is begun at the same moment, and what has been in the carts before."""

    seed: int
    kind: Kind
    before: tuple[Wish, ...]
    actors: tuple[Actor, ...]
    merge_rule: Literal["larger", "sum"]
    lines_at_most: int


def program(kind: Kind, seed: int) -> Program:
    """The program of a seed."""
    dice = random.Random(f"{kind}-{seed}")
    role = Role.DEVICE if kind is Kind.GUEST else Role.ACCOUNT
    if kind is Kind.SIGN_IN:
        actors = _signing_in(dice)
    else:
        actors = [Actor(role, _wishes(dice, SHOPPING)) for _ in range(dice.randint(2, 6))]
    if dice.random() < 0.5:
        actors.append(Actor(Role.STAFF, _wishes(dice, ("price", "stock", "status"))))
    before = tuple(_wish(dice, ("add",)) for _ in range(dice.randint(0, 4)))
    return Program(seed, kind, before, tuple(actors), dice.choice(("larger", "sum")), dice.choice((3, 100)))


def _signing_in(dice: random.Random) -> list[Actor]:
    """One or two devices, each with tabs that write and tabs that sign in; the account is open elsewhere meanwhile."""
    actors = [Actor(Role.ACCOUNT, _wishes(dice, (*SHOPPING, "answer_merge", "undo_merge", "undo_merge")))]
    for device in range(dice.randint(1, 2)):
        writing = [_wishes(dice, SHOPPING) for _ in range(dice.randint(1, 2))]
        signing = [(*_wishes(dice, SHOPPING)[:2], _wish(dice, ("sign_in",))) for _ in range(dice.randint(1, 2))]
        actors += [Actor(Role.DEVICE, wishes, device) for wishes in (*writing, *signing)]
    return actors[:7]


def _wishes(dice: random.Random, acts: tuple[Act, ...]) -> tuple[Wish, ...]:
    return tuple(_wish(dice, acts) for _ in range(dice.randint(1, 4)))


def _wish(dice: random.Random, acts: tuple[Act, ...]) -> Wish:
    return Wish(
        act=dice.choice(acts),
        number=dice.randrange(12),
        quantity=dice.choice((0, 1, 1, 1, 2, 2, 3, 5, 999, 1000)),
        pane=dice.choice(list(Pane)),
        flag=dice.random() < 0.5,
        stale=dice.random() < 0.3,
        sendings=dice.choice((1, 1, 1, 1, 2, 3)),
        at_once=dice.random() < 0.5,
    )
