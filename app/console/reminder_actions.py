"""Reminders by hand from the console: of one cart or of a selection, now or no more, with an undo while nothing has left."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from flask import redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.cache.client import client, store_key
from app.cart import context
from app.console import cart_queries, shell
from app.errors import Conflict, Invalid, NotFound, Refusal
from app.ids import CartId, new_id, parse_id
from app.recovery import manual
from app.stores.request import current_locale, current_store
from app.web.formats import number
from app.web.language import gettext as _
from app.web.language import ngettext
from app.web.refusals import describe, register

ARGUMENTS = ("view", "reason", "reached", "channel", "consent", "from", "to", "language", "since", "until")
AT_ONCE = 200  # carts: each is a unit of work of its own, and somebody waits for them
KEPT_SECONDS = 600  # which carts an action on many was about: longer than it can be undone
DOINGS = ("remind", "stop", "undo_remind", "undo_stop")
UNDO = {"remind": "undo_remind", "stop": "undo_stop"}
REFUSED: dict[str, type[Refusal]] = {
    refusal.code: refusal
    for refusal in (
        manual.NotToBeReminded,
        manual.LeftAlone,
        manual.ReminderWaits,
        manual.NothingToStop,
        manual.TooLateToUndo,
        manual.ReasonTooLong,
    )
}

register(
    {
        "not_to_be_reminded": lambda p: _(
            "Nobody can be reminded of this cart: it is empty, bought since, or of somebody who does not count as a shopper."
        ),
        "left_alone_to_measure": lambda p: _(
            "This person is left alone to measure what messages do. On the cart's page you can say why to write anyway."
        ),
        "reminder_waits": lambda p: _("A reminder is about to leave already."),
        "nothing_to_stop": lambda p: _("No message is waiting for this cart."),
        "too_late_to_undo": lambda p: _("It is too late to undo this."),
        "reason_too_long": lambda p: _("Say it in at most 200 letters."),
        "nothing_chosen": lambda p: _("Choose at least one cart."),
    }
)


class NothingChosen(Invalid):
    """No cart was marked."""

    code = "nothing_chosen"


REFUSED["nothing_chosen"] = NothingChosen


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the last action came to, in words; and what its undo needs, where there is one."""

    done: str
    problems: tuple[str, ...]
    undo: str
    op_id: str
    cart_ids: tuple[str, ...]


def act() -> AnyResponse:
    """Do it for each cart that was marked, each in a unit of work of its own; then the page it was asked from, with what came of it."""
    doing, op_id = request.form.get("do", ""), parse_id(request.form.get("op_id")) or new_id()
    marked = [found for found in map(parse_id, request.form.getlist("cart")) if found is not None]
    cart_ids = list(dict.fromkeys(marked))[:AT_ONCE]
    if doing not in DOINGS or not cart_ids:
        return _back([], {NothingChosen.code}, doing, op_id)
    done, refused = [], set()
    for cart_id in cart_ids:
        try:
            _do(doing, CartId(cart_id), op_id)
            done.append(cart_id)
        except (Conflict, Invalid) as refusal:
            refused.add(refusal.code)
        except NotFound:
            if len(cart_ids) == 1:
                raise
    return _back(done, refused, doing, op_id)


def outcome() -> Outcome | None:
    """What the address says about an action that was just carried out."""
    doing, done = request.args.get("did", ""), request.args.getlist("on")[: cart_queries.PAGE]
    op_id = parse_id(request.args.get("op"))
    if "many" in request.args and op_id:
        kept = client().get(_key(op_id))
        done = msgspec.json.decode(kept, type=list[str]) if kept else []
    problems = tuple(describe(REFUSED[code]()) for code in request.args.getlist("not") if code in REFUSED)
    if doing not in DOINGS or not (done or problems):
        return None
    undo = UNDO.get(doing, "") if done and op_id else ""
    return Outcome(_done(doing, len(done)) if done else "", problems, undo, str(op_id), tuple(done))


def _do(doing: str, cart_id: CartId, op_id: UUID) -> None:
    by, now = shell.actor(), context.now()
    match doing:
        case "remind":
            although = request.form.get("although", "")
            manual.remind(cart_id, current_store(), op_id=op_id, actor=by, now=now, although=although)
        case "stop":
            manual.stop(cart_id, op_id=op_id, actor=by, now=now)
        case "undo_remind":
            manual.undo_remind(cart_id, op_id=op_id, actor=by, now=now)
        case _:
            manual.undo_stop(cart_id, op_id=op_id, actor=by, now=now)


def _done(doing: str, count: int) -> str:
    num = number(count, current_locale())
    match doing:
        case "remind":
            return ngettext(
                "%(num)s reminder leaves in half a minute, unless something speaks against it.",
                "%(num)s reminders leave in half a minute, unless something speaks against it.",
                count,
                num=num,
            )
        case "stop":
            return ngettext(
                "Nothing more is sent about %(num)s cart.",
                "Nothing more is sent about %(num)s carts.",
                count,
                num=num,
            )
        case "undo_remind":
            return _("Called off. Nothing was sent.")
        case _:
            return _("Undone. The messages go out as they were planned.")


def _back(done: list[UUID], refused: set[str], doing: str, op_id: UUID) -> AnyResponse:
    said: dict[str, Any] = {
        "did": doing if doing in DOINGS else "remind",
        "op": op_id,
        "not": sorted(refused),
    }
    if len(done) > cart_queries.PAGE:  # more than an address holds
        client().set(_key(op_id), msgspec.json.encode([str(cart_id) for cart_id in done]), ex=KEPT_SECONDS)
        said["many"] = 1
    else:
        said["on"] = done
    on = parse_id(request.form.get("page"))
    if on is not None:
        return redirect(url_for("console.cart", cart_id=on, **said), 303)
    list_of = dict(parse_qsl(request.form.get("list", "")))
    narrowed = {name: list_of[name] for name in ARGUMENTS if list_of.get(name)}
    return redirect(url_for("console.carts", **{**narrowed, **said}), 303)


def _key(op_id: UUID) -> str:
    return store_key("carts-acted-on", shell.person().id, op_id)
