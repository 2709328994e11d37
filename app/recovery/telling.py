"""A story in words: the values of the declared variables, in the language that is being spoken."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.money import Money
from app.recovery.rendered import Links
from app.recovery.story import SHOWN_AT_MOST, Instead, Offer, Story, Thing
from app.recovery.values import MessageKind, Trigger
from app.web.dates import near
from app.web.formats import number, percent, plain_money
from app.web.language import direction, ngettext
from app.web.language import gettext as _

# Control characters, overrides of direction (they would turn everything after them round), halves of letters.
_UNSEEN = (*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0), *range(0x202A, 0x202F))
_BROKEN = (*range(0xD800, 0xE000), 0xFEFF, 0xFFFE, 0xFFFF)
_SEPARATORS = (0x85, 0x2028, 0x2029)  # would break a header or an SMS in two
_PLAIN: dict[int, str | None] = {**dict.fromkeys((*_UNSEEN, *_BROKEN)), **dict.fromkeys(_SEPARATORS, " ")}


def clean(text: str) -> str:
    """`text` without what no message can carry: control characters, separators of lines that are none, halves of letters."""
    return text.translate(_PLAIN)


def one_line(text: str) -> str:
    """`text` on one line, as headers and titles must be."""
    return " ".join(clean(text).split())


def values_of(story: Story, links: Links, locale: str, *, shown: int = SHOWN_AT_MOST) -> dict[str, Any]:
    """What templates may speak of (recovery/variables.py), with at most `shown` items."""
    things = story.things[:shown]
    first = story.things[0] if story.things else None
    values: dict[str, Any] = {
        "store_name": one_line(story.shop.name),
        "store_url": story.shop.origin,
        "open_url": links.recover,
        "short_url": links.recover.removeprefix("https://"),
        "stop_url": links.preferences,
        "items": [_item(thing, locale) for thing in things],
        "more_items": len(story.things) - len(things),
        "item_count": len(story.things),
        "first_item": one_line(first.name) if first else "",
        "saved_count": story.saved,
        "left_on": _left_on(story, locale),
        "address": _address(story, locale),
        "reason": reason(story),
        "language": locale,
        "direction": direction(locale),
        "missing": [_missing(thing, locale) for thing in story.missing[:shown]],
        "total": "",
        "total_note": "",
        **_product(first, locale),
        **_offer(story, locale),
    }
    if story.sums is not None:
        values |= {"total": plain_money(story.sums.total, locale), "total_note": _total_note(story, locale)}
    return values


def reason(story: Story) -> str:
    """Why the reader gets this."""
    if story.trigger is Trigger.CART_ABANDONED and story.kind is not MessageKind.SAVED_NOTICE:
        said = _("You get this because you left a cart at %(store)s and agreed to reminders.", store=story.shop.name)
    else:
        said = _("You get this because you saved items at %(store)s and agreed to reminders.", store=story.shop.name)
    return one_line(said)


def sums_of(story: Story, locale: str) -> list[tuple[str, str, str]]:
    """The rows above the total: what it is, a remark, the amount."""
    sums, offer = story.sums, story.offer
    amount = plain_money(-sums.discount, locale) if sums and sums.discount else ""
    if offer is not None:
        until = _("Until %(day)s, with code %(code)s", day=_until(story, offer, locale), code=offer.code)
        return [(_offer_words(offer, locale), until, amount)]
    return [(_("Code %(code)s", code=sums.code), "", amount)] if sums and sums.code else []


def saved_note(story: Story, locale: str) -> str:
    """What else is saved, where the message is about a cart."""
    if not story.saved or story.sums is None:
        return ""
    return ngettext(
        "You also have %(num)s item saved for your next purchase. It is not part of this cart.",
        "You also have %(num)s items saved for your next purchase. They are not part of this cart.",
        story.saved,
        num=number(story.saved, locale),
    )


def _item(thing: Thing, locale: str) -> dict[str, Any]:
    return {
        "name": one_line(thing.name),
        "details": one_line(", ".join(thing.details) if locale != "fa" else "، ".join(thing.details)),
        "quantity": thing.quantity,
        "pieces": number(thing.quantity, locale),
        "price": plain_money(thing.price, locale),
        "each": plain_money(thing.each, locale) if thing.quantity > 1 else "",
        "change": _change(thing.change, locale),
        "note": _("Only %(left)s left.", left=number(thing.left, locale)) if thing.left is not None else "",
        "picture": thing.picture,
        "url": thing.url,
        "tint": thing.tint,
    }


def _missing(thing: Thing, locale: str) -> dict[str, Any]:
    return {
        "name": one_line(thing.name),
        "note": _("Sold out for now.") if thing.missing == "sold_out" else _("No longer sold."),
        "instead": [_instead(other, locale) for other in thing.instead],
    }


def _instead(other: Instead, locale: str) -> dict[str, Any]:
    price = plain_money(other.price, locale)
    return {
        "name": one_line(other.name),
        "price": price,
        "url": other.url,
        "picture": other.picture,
        "tint": other.tint,
    }


def _product(first: Thing | None, locale: str) -> dict[str, str]:
    if first is None:
        return {"product": "", "price": "", "old_price": "", "difference": ""}
    cheaper = first.change.amount < 0
    return {
        "product": one_line(first.name),
        "price": plain_money(first.each, locale),
        "old_price": plain_money(first.each - first.change, locale) if cheaper else "",
        "difference": plain_money(-first.change, locale) if cheaper else "",
    }


def _offer(story: Story, locale: str) -> dict[str, Any]:
    offer = story.offer
    if offer is None:
        return {"offer": False, "offer_label": "", "offer_code": "", "offer_until": ""}
    label = {
        "percent": percent(offer.basis_points, locale),
        "fixed": plain_money(offer.amount, locale) if offer.amount else "",
        "free_shipping": _("Free delivery"),
    }[offer.kind]
    until = _until(story, offer, locale)
    return {"offer": True, "offer_label": label, "offer_code": offer.code, "offer_until": until}


def _offer_words(offer: Offer, locale: str) -> str:
    match offer.kind:
        case "percent":
            return _("Your offer: %(amount)s off", amount=percent(offer.basis_points, locale))
        case "fixed":
            return _("Your offer: %(amount)s off", amount=plain_money(offer.amount or offer.off, locale))
        case "free_shipping":
            return _("Your offer: free delivery")


def _until(story: Story, offer: Offer, locale: str) -> str:
    zone = ZoneInfo(story.shop.zone)
    last = (offer.ends_at - timedelta(microseconds=1)).astimezone(zone).date()
    return near(last, story.now.astimezone(zone).date(), locale)


def _left_on(story: Story, locale: str) -> str:
    zone = ZoneInfo(story.shop.zone)
    left, today = story.left_at.astimezone(zone).date(), story.now.astimezone(zone).date()
    if left == today:
        return _("earlier today")
    if left == today - timedelta(days=1):
        return _("yesterday")
    return _("on %(day)s", day=near(left, today, locale))


def _change(change: Money, locale: str) -> str:
    if not change:
        return ""
    amount = plain_money(abs(change), locale)
    if change.amount < 0:
        return _("%(amount)s less than when you added it", amount=amount)
    return _("%(amount)s more than when you added it", amount=amount)


def _total_note(story: Story, locale: str) -> str:
    sums = story.sums
    if sums is None:
        return ""
    said = []
    if sums.delivery is not None:
        price = sums.delivery.price
        said.append(
            _("with delivery from %(price)s", price=plain_money(price, locale)) if price else _("with free delivery")
        )
    if sums.tax_on_top:
        said.append(_("with %(tax)s VAT", tax=plain_money(sums.tax_on_top, locale)))
    return ("، " if locale == "fa" else ", ").join(said)


def _address(story: Story, locale: str) -> str:
    parts = (part for part in (story.shop.seller, *story.shop.address) if part)
    return one_line(("، " if locale == "fa" else ", ").join(parts))
