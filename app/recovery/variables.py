"""What a campaign's words may speak of: declared variables, each with its type and a description. Nothing else exists there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.recovery.values import Trigger
from app.web.language import gettext as _

Type = Literal["text", "number", "flag", "list", "thing"]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable; a thing has `fields`, a list those of each thing in it."""

    type: Type = "text"
    fields: Mapping[str, "Variable"] = field(default_factory=dict)


_TEXT, _NUMBER, _FLAG = Variable(), Variable("number"), Variable("flag")
INSTEAD = {"name": _TEXT, "price": _TEXT, "url": _TEXT, "picture": _TEXT}
ITEM = {
    "name": _TEXT,
    "details": _TEXT,
    "quantity": _NUMBER,
    "price": _TEXT,
    "each": _TEXT,
    "change": _TEXT,
    "note": _TEXT,
    "picture": _TEXT,
    "url": _TEXT,
}
MISSING = {"name": _TEXT, "note": _TEXT, "instead": Variable("list", INSTEAD)}
COMMON: dict[str, Variable] = {
    "store_name": _TEXT,
    "store_url": _TEXT,
    "open_url": _TEXT,
    "short_url": _TEXT,
    "stop_url": _TEXT,
    "items": Variable("list", ITEM),
    "more_items": _NUMBER,
    "item_count": _NUMBER,
    "first_item": _TEXT,
    "saved_count": _NUMBER,
    "left_on": _TEXT,
    "offer": _FLAG,
    "offer_label": _TEXT,
    "offer_code": _TEXT,
    "offer_until": _TEXT,
    "address": _TEXT,
    "reason": _TEXT,
    "language": _TEXT,
    "direction": _TEXT,
}
CART = {"missing": Variable("list", MISSING), "total": _TEXT, "total_note": _TEXT}
PRODUCT = {"product": _TEXT, "price": _TEXT}
BY_TRIGGER: dict[Trigger, dict[str, Variable]] = {
    Trigger.CART_ABANDONED: COMMON | CART,
    Trigger.NEXT_PURCHASE: COMMON,
    Trigger.PRICE_DROPPED: COMMON | PRODUCT | {"old_price": _TEXT, "difference": _TEXT},
    Trigger.BACK_IN_STOCK: COMMON | PRODUCT,
}


def declared(trigger: Trigger) -> Mapping[str, Variable]:
    """The variables of a campaign with this trigger."""
    return BY_TRIGGER[trigger]


def descriptions(trigger: Trigger) -> dict[str, str]:
    """Each variable's meaning in the language of the request, in the order in which they are offered."""
    said = {
        "store_name": _("The name of the store"),
        "store_url": _("The address of the store"),
        "open_url": _("The personal link that opens the cart"),
        "short_url": _("The same link without https://, for text messages"),
        "stop_url": _("The page where reminders can be stopped"),
        "items": _("The items that can be bought, ten at most"),
        "items.name": _("An item’s name"),
        "items.details": _("An item’s options"),
        "items.quantity": _("How many of an item"),
        "items.price": _("What the item costs today, all pieces together"),
        "items.each": _("Today’s price of one piece, where there are several"),
        "items.change": _("How the price has changed, as a sentence"),
        "items.note": _("What is to be known about the stock, as a sentence"),
        "items.picture": _("The address of an item’s picture"),
        "items.url": _("The address of an item’s page"),
        "more_items": _("How many items are not shown"),
        "item_count": _("How many different items there are"),
        "first_item": _("The name of the first item"),
        "missing": _("The items that cannot be bought now"),
        "missing.name": _("An item’s name"),
        "missing.note": _("Why the item cannot be bought"),
        "missing.instead": _("Similar things to buy instead, each with name, price, url and picture"),
        "total": _("What the order would come to today"),
        "total_note": _("What is in the total, such as delivery"),
        "saved_count": _("How many items wait for the next purchase"),
        "left_on": _("When the cart was left, like “on Thursday”"),
        "product": _("The name of the product the message is about"),
        "price": _("What the product costs today"),
        "old_price": _("What the product cost when it was saved"),
        "difference": _("How much cheaper the product has become"),
        "offer": _("Whether there is an offer, for conditions"),
        "offer_label": _("What the offer gives, like 10%"),
        "offer_code": _("The personal code of the offer"),
        "offer_until": _("The last day of the offer"),
        "address": _("Name and postal address of the store"),
        "reason": _("Why the reader gets the message"),
        "language": _("The code of the language, like en"),
        "direction": _("The direction of the language: ltr or rtl"),
    }
    known = declared(trigger)
    return {name: words for name, words in said.items() if name.partition(".")[0] in known}
