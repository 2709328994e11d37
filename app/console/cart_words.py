"""What happened to a cart, as staff read it: one line for each event, its icon, and what it was about."""

from collections.abc import Iterable, Mapping

from app.cart import events as happened
from app.cart.events import Event
from app.cart.state import Line, Pane
from app.ids import LineId
from app.web.formats import number, plain_money
from app.web.language import gettext as _

Titles = Mapping[LineId, str]


def icon(event: Event) -> str:
    """The symbol of the event."""
    match event:
        case happened.ItemAdded() | happened.ItemsAdded():
            return "plus"
        case happened.LineRemoved() | happened.PaneEmptied():
            return "trash"
        case happened.LinesMoved() | happened.NextPurchaseActivated() | happened.ActivationUndone():
            return "mark"
        case happened.LinesRestored() | happened.MergeUndone():
            return "back"
        case happened.PricesAccepted() | happened.CurrencySwitched():
            return "cash"
        case happened.CouponAdded() | happened.CouponRemoved():
            return "tag"
        case happened.GuestCartMerged():
            return "users"
        case happened.OrderPlaced():
            return "check"
        case _:
            return "history"


def words(event: Event, titles: Titles, locale: str) -> str:
    """The event in a line."""
    match event:
        case happened.CartOpened():
            return _("The cart was begun")
        case happened.ItemAdded(line):
            return _put(line.pane, _named([line], locale))
        case happened.ItemsAdded(lines):
            return _put(lines[0].pane, _named(lines, locale))
        case happened.QuantityChanged(line_id, before, after):
            return _(
                "%(name)s: %(before)s → %(after)s",
                name=titles.get(line_id, ""),
                before=number(before, locale),
                after=number(after, locale),
            )
        case happened.VariantChanged(removed, line):
            return _(
                "Other options: %(before)s → %(after)s",
                before=_variant(removed.line, locale),
                after=_variant(line, locale),
            )
        case happened.LineRemoved(removed):
            return _("Removed: %(names)s", names=_named([removed.line], locale))
        case happened.LinesMoved(moves):
            return _put(moves[0].to_pane, _named([move.line for move in moves], locale))
        case happened.PaneEmptied(_pane, removed_lines):
            return _("Emptied: %(names)s", names=_named([placed.line for placed in removed_lines], locale))
        case happened.LinesRestored(restored):
            return _("Taken back: %(names)s", names=_named([placed.line for placed in restored], locale))
        case happened.NextPurchaseActivated(moves):
            return _("Next purchase came back: %(names)s", names=_named([move.line for move in moves], locale))
        case happened.ActivationUndone():
            return _("They did not want it back: saved again")
        case happened.ActivationKept():
            return _("They kept what came back")
        case happened.PricesAccepted(changes):
            shown = [f"{plain_money(one.before, locale)} → {plain_money(one.after, locale)}" for one in changes]
            return _("Nodded to new prices: %(prices)s", prices=_list(shown, locale))
        case happened.CurrencySwitched(before, after):
            return _("Currency: %(before)s → %(after)s", before=before, after=after)
        case happened.AutoActivationSwitched(enabled):
            return _("Auto-activation switched on") if enabled else _("Auto-activation switched off")
        case happened.GuestCartMerged(merge):
            return _("A guest's cart came in: %(names)s", names=_named(merge.guest_lines, locale))
        case happened.MergeUndone():
            return _("They took the merge back")
        case happened.MergeKept():
            return _("They kept what came in")
        case happened.CouponAdded(code):
            return _("Code %(code)s added", code=code)
        case happened.CouponRemoved(code):
            return _("Code %(code)s removed", code=code)
        case happened.OrderPlaced(_order, taken):
            return _("Ordered: %(names)s", names=_named([placed.line for placed in taken], locale))
        case _:
            return type(event).__name__


def title_of(line: Line, locale: str) -> str:
    """The line's name."""
    return line.snapshot.title.get(locale) or next(iter(line.snapshot.title.values()), "")


def options_of(line: Line, locale: str) -> str:
    """Its options, in a line."""
    values = (value.get(locale) or next(iter(value.values()), "") for value in line.snapshot.option_values)
    return " / ".join((*values, *(f"{name}: {wish}" for name, wish in line.options)))


def who(actor: str) -> str:
    """Who did it, without telling who they are."""
    kind, _colon, rest = actor.partition(":")
    robot = rest.partition(" ")[2]
    name = {"customer": _("the customer"), "guest": _("a guest"), "recovery": _("recovery"), "staff": _("staff")}.get(
        kind, kind
    )
    return _("%(who)s (maybe a robot)", who=name) if robot else name


def _put(pane: Pane, names: str) -> str:
    if pane is Pane.ACTIVE:
        return _("Into the order: %(names)s", names=names)
    return _("Into next purchase: %(names)s", names=names)


def _named(lines: Iterable[Line], locale: str) -> str:
    return _list([f"{number(line.quantity, locale)} × {title_of(line, locale)}" for line in lines], locale)


def _variant(line: Line, locale: str) -> str:
    return options_of(line, locale) or title_of(line, locale)


def _list(names: list[str], locale: str) -> str:
    return ("، " if locale == "fa" else ", ").join(names)
