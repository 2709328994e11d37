"""What the cart says to people: after each change, in the note about brought-back lines, and when it refuses."""

from collections.abc import Mapping, Sequence

from app.cart.events import (
    ActivationKept,
    ActivationUndone,
    AutoActivationSwitched,
    CurrencySwitched,
    Event,
    GuestCartMerged,
    ItemAdded,
    ItemsAdded,
    LineRemoved,
    LinesMoved,
    LinesRestored,
    MergeKept,
    MergeUndone,
    PaneEmptied,
    PricesAccepted,
    QuantityChanged,
    VariantChanged,
)
from app.cart.policy import Facts
from app.cart.state import HeldBackReason, Merge, Note, Pane
from app.ids import LineId
from app.money import Money
from app.web.formats import currency_words, number, plain_money
from app.web.language import gettext as _
from app.web.language import ngettext
from app.web.refusals import register

Titles = Mapping[LineId, str]


def said(event: Event, titles: Titles, currency: str, locale: str) -> str:
    """One sentence about what was just done to a cart of `currency`. `titles` name the lines that are still there."""
    match event:
        case ItemAdded(line):
            name = titles.get(line.id) or _title(line.snapshot.title, locale)
            if line.pane is Pane.ACTIVE:
                return _("%(name)s added to your cart.", name=name)
            return _("%(name)s saved for your next purchase.", name=name)
        case ItemsAdded(lines):
            return _moved([_title(line.snapshot.title, locale) for line in lines], lines[0].pane, False, locale)
        case QuantityChanged(line_id, _before, after):
            return _("%(name)s: quantity %(quantity)s.", name=titles.get(line_id, ""), quantity=number(after, locale))
        case VariantChanged(_removed, line):
            values = " ".join(_title(value, locale) for value in line.snapshot.option_values)
            return _("%(name)s is now %(options)s.", name=_title(line.snapshot.title, locale), options=values)
        case LineRemoved(removed):
            return _("%(name)s removed.", name=_title(removed.line.snapshot.title, locale))
        case LinesMoved(moves, _held, undone):
            return _moved([_title(m.line.snapshot.title, locale) for m in moves], moves[0].to_pane, undone, locale)
        case PaneEmptied(_pane, removed_lines):
            count = len(removed_lines)
            return ngettext("%(num)s item removed.", "%(num)s items removed.", count, num=number(count, locale))
        case LinesRestored(restored):
            names = [_title(placed.line.snapshot.title, locale) for placed in restored]
            return _back(names, restored[0].line.pane, locale)
        case ActivationUndone(moves):
            count = len(moves)
            return ngettext(
                "%(num)s item is saved for your next purchase again.",
                "%(num)s items are saved for your next purchase again.",
                count,
                num=number(count, locale),
            )
        case ActivationKept():
            return _("Kept in your cart.")
        case PricesAccepted(changes):
            count = len(changes)
            return ngettext("Today's price is fine with you.", "Today's prices are fine with you.", count)
        case CurrencySwitched(_before, after, _changes, moves, undone):
            return currency_sentence(after, 0 if undone else len(moves), locale)
        case AutoActivationSwitched(enabled):
            if enabled:
                return _("Saved items come back when you start your next order.")
            return _("Saved items stay where they are until you move them.")
        case GuestCartMerged(merge):
            return merged_sentence(merge, currency, locale)
        case MergeUndone(origin="link"):
            return _("Your cart is as it was before.")
        case MergeUndone():
            return _("Your account's cart is as it was. The items of this device are here again when you sign out.")
        case MergeKept():
            return _("Kept in your cart.")
        case _:
            return ""


def merged_sentence(merge: Merge, currency: str, locale: str) -> str:
    """What came in with the guest's cart, or by a link, into one of `currency`."""
    if merge.origin == "link":
        return f"{_welcome(merge, locale)} {_waiting(merge.parked, currency, locale)}".strip()
    count = len(merge.guest_lines)
    sentence = ngettext(
        "We added the %(num)s item from this device to your account.",
        "We added the %(num)s items from this device to your account.",
        count,
        num=number(count, locale),
    )
    return f"{sentence} {_waiting(merge.parked, currency, locale)}".strip()


def _welcome(merge: Merge, locale: str) -> str:
    if not merge.had:
        return _("Welcome back. Your cart is here again, at the prices of today.")
    return ngettext(
        "You already had %(num)s item here, so we kept both. Prices are today's.",
        "You already had %(num)s items here, so we kept both. Prices are today's.",
        merge.had,
        num=number(merge.had, locale),
    )


def currency_sentence(currency: str, parked: int, locale: str) -> str:
    """What a switch to `currency` means, and how many items wait in next purchase because of it."""
    words = currency_words(currency, locale)
    sentence = _("Prices are now in %(currency)s. The total is worked out again at checkout.", currency=words)
    return f"{sentence} {_waiting(parked, currency, locale)}".strip()


def _waiting(count: int, currency: str, locale: str) -> str:
    if not count:
        return ""
    return ngettext(
        "%(num)s item is not sold in %(currency)s and waits in your next purchase.",
        "%(num)s items are not sold in %(currency)s and wait in your next purchase.",
        count,
        num=number(count, locale),
        currency=currency_words(currency, locale),
    )


def _moved(names: Sequence[str], to_pane: Pane, undone: bool, locale: str) -> str:
    if undone:
        return _back(names, to_pane, locale)
    if len(names) == 1:
        if to_pane is Pane.ACTIVE:
            return _("%(name)s moved to your cart.", name=names[0])
        return _("%(name)s saved for your next purchase.", name=names[0])
    count = number(len(names), locale)
    if to_pane is Pane.ACTIVE:
        return _("%(num)s items moved to your cart.", num=count)
    return _("%(num)s items saved for your next purchase.", num=count)


def _back(names: Sequence[str], pane: Pane, locale: str) -> str:
    if len(names) > 1:
        return _("%(num)s items are back where they were.", num=number(len(names), locale))
    if pane is Pane.ACTIVE:
        return _("%(name)s is back in your cart.", name=names[0])
    return _("%(name)s is back in your next purchase.", name=names[0])


def note_heading(names: Sequence[str], locale: str) -> str:
    """What was brought back."""
    if len(names) == 1:
        return _("We put %(name)s, saved for your next purchase, back in your cart.", name=names[0])
    return _(
        "We put the %(num)s items you saved for your next purchase back in your cart.", num=number(len(names), locale)
    )


def note_details(note: Note, facts: Facts, locale: str) -> str:
    """How the prices of what was brought back have changed, in one sentence; empty when they have not."""
    cheaper, dearer = [], []
    for move in note.moves:
        current = facts.get(move.line.variant_id)
        seen = move.line.snapshot.unit_price
        if current is None or current.unit_price.currency != seen.currency:
            continue
        if current.unit_price < seen:
            cheaper.append(seen - current.unit_price)
        elif current.unit_price > seen:
            dearer.append(current.unit_price - seen)
    parts = [part for part in (_cheaper(cheaper, locale), _dearer(dearer, locale)) if part]
    return " ".join(parts)


def _cheaper(changes: list[Money], locale: str) -> str:
    if len(changes) == 1:
        return _("One is %(by)s cheaper now.", by=plain_money(changes[0], locale))
    return _("%(num)s are cheaper now.", num=number(len(changes), locale)) if changes else ""


def _dearer(changes: list[Money], locale: str) -> str:
    if len(changes) == 1:
        return _("One is %(by)s more now.", by=plain_money(changes[0], locale))
    return _("%(num)s cost more now.", num=number(len(changes), locale)) if changes else ""


def held_back_sentence(reason: str, count: int, locale: str) -> str:
    """Why some lines stayed in next purchase."""
    num = number(count, locale)
    match HeldBackReason(reason):
        case HeldBackReason.SOLD_OUT:
            return ngettext(
                "%(num)s item stayed saved because it is sold out.",
                "%(num)s items stayed saved because they are sold out.",
                count,
                num=num,
            )
        case HeldBackReason.GONE:
            return ngettext(
                "%(num)s item stayed saved because it is no longer sold.",
                "%(num)s items stayed saved because they are no longer sold.",
                count,
                num=num,
            )
        case HeldBackReason.PRICE_ROSE:
            return ngettext(
                "%(num)s item stayed saved because its price rose a lot.",
                "%(num)s items stayed saved because their prices rose a lot.",
                count,
                num=num,
            )
        case HeldBackReason.LIMIT:
            return ngettext(
                "%(num)s item stayed saved because there would be too many of it.",
                "%(num)s items stayed saved because there would be too many of them.",
                count,
                num=num,
            )
        case HeldBackReason.CURRENCY:
            return ngettext(
                "%(num)s item stayed saved because it is priced in another currency.",
                "%(num)s items stayed saved because they are priced in another currency.",
                count,
                num=num,
            )


def _title(titles: Mapping[str, str], locale: str) -> str:
    return titles.get(locale) or next(iter(titles.values()), "")


def _localized(value: object) -> str:
    from app.stores.request import current_locale

    return number(int(str(value)), current_locale())


register(
    {
        "variant_not_found": lambda p: _("This item is no longer sold. Nothing has changed."),
        "line_not_found": lambda p: _("This item is not in your cart any more."),
        "other_product": lambda p: _("Choose one of the options shown."),
        "quantity_not_positive": lambda p: _("Enter a quantity of at least 1."),
        "quantity_below_minimum": lambda p: _(
            "This item is sold from %(minimum)s pieces. Your cart is as it was.", minimum=_localized(p["minimum"])
        ),
        "quantity_limit_reached": lambda p: _(
            "You can have at most %(maximum)s of this item. Your cart is as it was.", maximum=_localized(p["maximum"])
        ),
        "line_limit_reached": lambda p: _(
            "Your cart already has %(maximum)s different items, and more do not fit.", maximum=_localized(p["maximum"])
        ),
        "sold_out": lambda p: _("This item is sold out. Your cart is as it was."),
        "stock_short": lambda p: _("Only %(left)s left. Your cart is as it was.", left=_localized(p["available"])),
        "currency_differs": lambda p: _("This item is priced in another currency than your order."),
        "nothing_to_move": lambda p: _("None of these items can be moved right now."),
        "nothing_to_undo": lambda p: _("This can no longer be undone. You are looking at the latest version."),
        "unknown_currency": lambda p: _("This shop does not sell in that currency. Nothing has changed."),
        "unknown_pane": lambda p: _("The request was not understood. Nothing has changed."),
        "line_changed": lambda p: _("Your cart was changed somewhere else."),
        "prices_moved_again": lambda p: _("The prices have changed again. You are looking at the latest ones."),
        "operation_differs": lambda p: _(
            "This was sent twice with different contents. Load the page again and repeat."
        ),
        "cart_busy": lambda p: _("Your cart is being changed a lot right now. Try again."),
        "guest_carts_unavailable": lambda p: _("Carts are not available right now. Try again in a minute."),
        "guest_cart_moved": lambda p: _("Your cart is just moving to your account. Try again."),
    }
)
