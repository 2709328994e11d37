"""Runs programs (programs.py) for real: every actor in a thread with connections of its own, through the cart's own service."""

import os
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier, Lock
from typing import Any
from uuid import UUID, uuid4

from flask import Flask

from app.cart import queries, service
from app.cart.commands import (
    AcceptPrices,
    AddItem,
    AnswerMerge,
    AnswerNote,
    ChangeQuantity,
    ChangeVariant,
    Command,
    EmptyPane,
    MoveAll,
    MoveLine,
    RemoveLine,
    SwitchAutoActivation,
    Undo,
)
from app.cart.policy import Policy
from app.cart.service import Changed, Shopper
from app.cart.state import Cart
from app.database.base import db
from app.database.tenancy import use_store
from app.errors import Refusal
from app.ids import CustomerId, LineId, StoreId, VariantId, new_id
from tests.concurrency.programs import Actor, Kind, Program, Role, Wish, program
from tests.conftest import NOW
from tests.factories import MadeProduct, make_customer, make_other, make_product, set_price, set_status, set_stock

THREADS = 32  # as many hands, and their second hands, as a program can have at once
HOW_MANY = int(os.environ.get("STORM_PROGRAMS", "0"))
FIRST = int(os.environ.get("STORM_FIRST", "0"))


@dataclass(frozen=True, slots=True)
class Sent:
    """One sending of a command and what came of it: the changed cart, or the refusal; anything else is a fault."""

    shopper: Shopper
    op_id: UUID
    command: Command
    outcome: Changed | Exception
    guest_cart_id: UUID | None = None  # of the cart that an undone merge gave back


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One sign-in and the account's cart after it, if this was the one that merged."""

    guest_cart_id: UUID
    outcome: Cart | Exception | None


@dataclass
class Run:
    """A program that is being run, or was: whose carts, and everything that was sent."""

    program: Program
    customer_id: CustomerId
    devices: tuple[UUID, UUID]
    policy: Policy
    sent: list[Sent] = field(default_factory=list)
    sign_ins: list[SignedIn] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    lock: Any = field(default_factory=Lock)

    def shopper(self, actor: Actor) -> Shopper:
        """Whose cart an actor writes to."""
        if actor.role is Role.DEVICE:
            return Shopper(guest_cart_id=self.devices[actor.device])
        return Shopper(customer_id=self.customer_id)


class Storm:
    """A store with a handful of awkward products, and hands enough to run programs in it."""

    def __init__(self, app: Flask, store_id: StoreId) -> None:
        self.app, self.store_id = app, store_id
        self.pool = ThreadPoolExecutor(THREADS)
        self.products: list[MadeProduct] = [
            make_product("Throw", available=None),
            make_product("Kettle", available=3),
            make_product("Glasses", available=None, minimum=2, maximum=5),
            make_product("Lamp", available=100),
            make_product("Teapot", available=None, price=2500),
        ]
        self.variants = [product.variant_id for product in self.products]
        self.variants.append(make_other(self.products[0], available=None))
        self.variants.append(make_other(self.products[3], price=1200))

    def run(self, program: Program) -> Run:
        """Run a program to its end, begun by all actors at once."""
        run = Run(
            program,
            make_customer(f"{uuid4()}@example.com"),
            (uuid4(), uuid4()),
            Policy(merge_rule=program.merge_rule, lines_at_most=program.lines_at_most),
        )
        first = next(actor for actor in program.actors if actor.role is not Role.STAFF)
        for wish in program.before:
            self._send(run, run.shopper(first), self._command(wish, Cart()), new_id(), wish)
        barrier = Barrier(len(program.actors))
        acting = [self.pool.submit(self._within, self._act, run, actor, barrier) for actor in program.actors]
        for one in acting:
            one.result(60)
        return run

    def _within(self, do: Callable[..., None], *arguments: Any) -> None:
        with self.app.app_context(), use_store(self.store_id):
            try:
                do(*arguments)
            finally:
                db.session.remove()

    def _act(self, run: Run, actor: Actor, barrier: Barrier) -> None:
        shopper, cart = run.shopper(actor), Cart()
        barrier.wait(30)
        for wish in actor.wishes:
            try:
                if actor.role is Role.STAFF:
                    self._change_catalogue(wish)
                elif wish.act == "sign_in":
                    self._sign_in(run, run.devices[actor.device])
                    shopper = Shopper(customer_id=run.customer_id)
                elif wish.act == "undo_merge":
                    self._undo_merge(run)
                else:
                    if not wish.stale:
                        cart = queries.get_cart(shopper, days=30).cart
                        db.session.rollback()
                    self._insist(run, shopper, self._command(wish, cart), wish)
            except Exception as error:  # a thread's faults are told to the test
                run.faults.append(error)

    def _insist(self, run: Run, shopper: Shopper, command: Command, wish: Wish) -> None:
        """Send a command as often as the wish says, under one operation id."""
        op_id = new_id()
        if wish.at_once:
            others = [
                self.pool.submit(self._within, self._send, run, shopper, command, op_id, wish)
                for _ in range(wish.sendings - 1)
            ]
            self._send(run, shopper, command, op_id, wish)
            for other in others:
                other.result(60)
        else:
            for _ in range(wish.sendings):
                self._send(run, shopper, command, op_id, wish)

    def _send(self, run: Run, shopper: Shopper, command: Command, op_id: UUID, wish: Wish) -> None:
        outcome: Changed | Exception
        try:
            outcome = service.change(shopper, command, op_id=op_id, currency="EUR", policy=run.policy, days=30, now=NOW)
        except Exception as error:
            outcome = error
        self._note(run, Sent(shopper, op_id, command, outcome))

    def _sign_in(self, run: Run, guest_cart_id: UUID) -> None:
        outcome: Cart | Exception | None
        try:
            outcome = service.merge_guest_cart(
                guest_cart_id, run.customer_id, currency="EUR", policy=run.policy, now=NOW
            )
        except Exception as error:
            outcome = error
        with run.lock:
            run.sign_ins.append(SignedIn(guest_cart_id, outcome))

    def _undo_merge(self, run: Run) -> None:
        outcome: Changed | Exception
        op_id, given_back = new_id(), None
        try:
            outcome, given_back = service.undo_merge(
                run.customer_id, op_id=op_id, currency="EUR", policy=run.policy, days=30, now=NOW
            )
        except Refusal as refusal:
            outcome = refusal
        command = AnswerMerge(keep=False)
        self._note(run, Sent(Shopper(customer_id=run.customer_id), op_id, command, outcome, given_back))

    def _note(self, run: Run, sent: Sent) -> None:
        with run.lock:
            run.sent.append(sent)

    def _change_catalogue(self, wish: Wish) -> None:
        product = self.products[wish.number % len(self.products)]
        if wish.act == "price":
            set_price(product, random.Random(wish.number + wish.quantity).choice((500, 1000, 1100, 1300, 2500)))
        elif wish.act == "stock":
            set_stock(product, min(wish.quantity, 5))
        else:
            set_status(product, "hidden" if wish.flag and wish.pane == "active" else "published")

    def _command(self, wish: Wish, cart: Cart) -> Command:
        variant_id = VariantId(self.variants[wish.number % len(self.variants)])
        line = cart.lines[wish.number % len(cart.lines)] if cart.lines else None
        line_id = line.id if line else LineId(new_id())
        seen = line.quantity if line and wish.flag else None
        match wish.act:
            case "add":
                return AddItem(
                    LineId(new_id()), variant_id, wish.quantity, wish.pane, (("engraving", "S"),) * wish.flag
                )
            case "quantity":
                return ChangeQuantity(line_id, wish.quantity, seen)
            case "variant":
                product = line.snapshot.handle if line else ""
                siblings = [0, 5] if product == self.products[0].handle else [3, 6]
                return ChangeVariant(line_id, VariantId(self.variants[siblings[wish.number % 2]]), seen)
            case "remove":
                return RemoveLine(line_id, seen)
            case "move":
                part = None if wish.quantity > 5 else wish.quantity
                return MoveLine(line_id, line.pane.other if line else wish.pane, LineId(new_id()), part, seen)
            case "move_all":
                return MoveAll(wish.pane)
            case "empty":
                return EmptyPane(wish.pane)
            case "undo":
                return Undo(cart.version)
            case "note":
                return AnswerNote(keep=wish.flag)
            case "prices":
                return AcceptPrices(tuple((one.id, price) for one in cart.lines for price in (500, 1000, 1100)))
            case "switch":
                return SwitchAutoActivation(enabled=wish.flag)
            case _:
                return AnswerMerge(keep=True)


def weather(app: Flask, store_id: StoreId, kind: Kind, usually: int) -> Iterator[Run]:
    """Runs of so many programs, or of as many as STORM_PROGRAMS says, from seed STORM_FIRST on."""
    storm = Storm(app, store_id)
    try:
        for seed in range(FIRST, FIRST + (HOW_MANY or usually)):
            yield storm.run(program(kind, seed))
    finally:
        storm.pool.shutdown()
