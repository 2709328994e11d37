"""Going straight to anything: rooms, orders by number, carts by id, customers by exact address, campaigns by name.

A page with a search form; Ctrl+K opens the same in a dialog (static/js/jump.js). An area adds what it has with `find_with`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.addresses import normalize_email
from app.accounts.errors import BadAddress
from app.accounts.identity import Role
from app.console import cart_queries, shell
from app.console.campaign_words import name_of
from app.console.shell import ADMIN_UP, ANALYST_UP, EVERYBODY
from app.ids import CartId, parse_id
from app.orders import staff_queries
from app.recovery import campaigns
from app.stores.request import current_locale
from app.web import htmx
from app.web.formats import latin_digits, localized_digits
from app.web.language import gettext as _

LONGEST = 254
MOST = 8


@dataclass(frozen=True, slots=True)
class Found:
    """Somewhere to go. `exact`: it is what was typed, letter by letter, so Enter may go there at once."""

    title: str
    kind: str
    url: str
    icon: str
    exact: bool = False


Finder = Callable[[str], list[Found]]
_finders: dict[Finder, tuple[Role, ...]] = {}


def find_with(finder: Finder, roles: tuple[Role, ...]) -> None:
    """Ask `finder`, too, for these roles; it gets what was typed, with Latin digits and nothing around it."""
    _finders[finder] = roles


def show() -> AnyResponse:
    """What fits what was typed. The one thing that was meant letter by letter is gone to, unless the dialog asks."""
    typed = latin_digits(request.args.get("q", "")).strip()[:LONGEST]
    role = shell.person().role
    found = [one for finder, roles in _finders.items() if role in roles for one in finder(typed)][: MOST * 2]
    if htmx.wants_fragment():
        return htmx.fragment(render_template("console/frame/_found.html", found=found, typed=typed))
    if typed and len(found) == 1 and found[0].exact:
        return redirect(found[0].url, 303)
    return make_response(render_template("console/frame/jump.html", found=found, typed=typed))


def _rooms(typed: str) -> list[Found]:
    wanted = typed.casefold()
    rooms = [room for group in shell.rooms() for room in group.rooms]
    own = Found(_("Your sign-in"), _("Page"), url_for("console.own"), "user")
    everything = [*(Found(room.title, _("Page"), room.url, room.icon) for room in rooms), own]
    return [one for one in everything if wanted in one.title.casefold()]


def _orders(typed: str) -> list[Found]:
    digits = typed.lstrip("#")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
        return []
    shown = localized_digits(digits, current_locale())
    return [
        Found(_("Order %(number)s", number=shown), _("Order"), url_for("console.order", order_id=one.id), "box", True)
        for one in staff_queries.list_for_staff(number=int(digits))
    ]


def _carts(typed: str) -> list[Found]:
    found = parse_id(typed)
    if found is None or cart_queries.find_cart(CartId(found)) is None:
        return []
    return [Found(_("Cart %(id)s", id=typed[-6:]), _("Cart"), url_for("console.cart", cart_id=found), "bag", True)]


def _people(typed: str) -> list[Found]:
    """By the exact address only, for those who see addresses: what they have in the store."""
    if "@" not in typed:
        return []
    try:
        email = normalize_email(typed)
    except BadAddress:
        return []
    found = []
    if staff_queries.list_for_staff(email=email):
        found.append(Found(_("Orders of %(who)s", who=email), _("Customer"), url_for("console.orders", q=email), "box"))
    if cart_queries.list_carts_of(email):
        found.append(Found(_("Carts of %(who)s", who=email), _("Customer"), url_for("console.carts", q=email), "bag"))
    return found


def _campaigns(typed: str) -> list[Found]:
    wanted = typed.casefold()
    if not wanted:
        return []
    found = []
    for one in campaigns.list_campaigns():
        name = name_of(one.draft.name, current_locale())
        if wanted in name.casefold():
            found.append(Found(name, _("Campaign"), url_for("console.campaign", campaign_id=one.id), "flow"))
    return found[:MOST]


find_with(_rooms, EVERYBODY)
find_with(_orders, ANALYST_UP)
find_with(_carts, ANALYST_UP)
find_with(_people, ADMIN_UP)
find_with(_campaigns, ANALYST_UP)
