"""Campaigns to begin with, complete and ready to be published; and the words of messages that belong to no campaign. Pure.

Why these delays and offers: docs/decisions/0055.
"""

from collections.abc import Callable

from app.recovery import preset_words as words
from app.recovery.content import Content, Incentive, Step, Texts
from app.recovery.values import Channel, MessageKind, Trigger

HOUR, DAY = 3_600, 86_400
FALLBACK = "en"

FIVE_PERCENT = Incentive(kind="percent", basis_points=500, days=4)
TEN_PERCENT = Incentive(kind="percent", basis_points=1_000, days=4)
FREE_DELIVERY = Incentive(kind="free_shipping", days=4)


def cart_reminder() -> Content:
    """Three emails about a cart that was left: a reminder, 5 %, 10 %."""
    return Content(
        name={"en": "Cart reminder", "fa": "یادآور سبد"},
        trigger=Trigger.CART_ABANDONED,
        steps=(
            _email(1, HOUR, words.REMINDER_1),
            _email(2, DAY, words.REMINDER_2, FIVE_PERCENT),
            _email(3, 3 * DAY, words.REMINDER_3, TEN_PERCENT),
        ),
    )


def cart_reminder_free_delivery() -> Content:
    """The same with free delivery at the end, for stores whose delivery costs something."""
    return Content(
        name={"en": "Cart reminder, free delivery", "fa": "یادآور سبد، ارسال رایگان"},
        trigger=Trigger.CART_ABANDONED,
        steps=(
            _email(1, HOUR, words.REMINDER_1),
            _email(2, DAY, words.REMINDER_2, FIVE_PERCENT),
            _email(3, 3 * DAY, words.REMINDER_3_FREE_DELIVERY, FREE_DELIVERY),
        ),
    )


def cart_reminder_channels() -> Content:
    """A reminder by email, by push and by SMS, for those who agreed to each."""
    return Content(
        name={"en": "Cart reminder, all channels", "fa": "یادآور سبد، همهٔ کانال‌ها"},
        trigger=Trigger.CART_ABANDONED,
        steps=(
            _email(1, HOUR, words.REMINDER_1),
            Step(number=2, delay_seconds=6 * HOUR, channel=Channel.PUSH, texts=words.PUSH),
            Step(number=3, delay_seconds=DAY, channel=Channel.SMS, texts=words.SMS),
            _email(4, 3 * DAY, words.REMINDER_3, TEN_PERCENT),
        ),
    )


def next_purchase_nudge() -> Content:
    """One email about what has been saved for long."""
    name = {"en": "Next-purchase nudge", "fa": "یادآوری خرید بعدی"}
    return Content(name=name, trigger=Trigger.NEXT_PURCHASE, steps=(_email(1, 0, words.NUDGE),))


def price_dropped() -> Content:
    """One email when something saved has become cheaper."""
    name = {"en": "Price dropped", "fa": "کاهش قیمت"}
    return Content(name=name, trigger=Trigger.PRICE_DROPPED, steps=(_email(1, 0, words.PRICE_DROPPED),))


def back_in_stock() -> Content:
    """One email when something saved is in stock again."""
    name = {"en": "Back in stock", "fa": "دوباره موجود"}
    return Content(name=name, trigger=Trigger.BACK_IN_STOCK, steps=(_email(1, 0, words.BACK_IN_STOCK),))


PRESETS: dict[str, Callable[[], Content]] = {
    "cart_reminder": cart_reminder,
    "cart_reminder_free_delivery": cart_reminder_free_delivery,
    "cart_reminder_channels": cart_reminder_channels,
    "next_purchase_nudge": next_purchase_nudge,
    "price_dropped": price_dropped,
    "back_in_stock": back_in_stock,
}
_STANDARD: dict[Trigger, words.By] = {
    Trigger.CART_ABANDONED: words.REMINDER_1,
    Trigger.NEXT_PURCHASE: words.NUDGE,
    Trigger.PRICE_DROPPED: words.PRICE_DROPPED,
    Trigger.BACK_IN_STOCK: words.BACK_IN_STOCK,
}


def standard_words(kind: MessageKind, trigger: Trigger, channel: Channel) -> dict[str, Texts]:
    """What is said where no campaign says it: after a salvage, by hand without a campaign, when its words cannot be used."""
    saved = kind is MessageKind.SAVED_NOTICE or trigger is not Trigger.CART_ABANDONED
    match channel:
        case Channel.EMAIL:
            return words.SAVED_NOTICE if kind is MessageKind.SAVED_NOTICE else _STANDARD[trigger]
        case Channel.SMS:
            return words.SMS_SAVED if saved else words.SMS
        case Channel.PUSH:
            return words.PUSH_SAVED if saved else words.PUSH


def _email(number: int, delay: int, texts: dict[str, Texts], incentive: Incentive | None = None) -> Step:
    return Step(number=number, delay_seconds=delay, channel=Channel.EMAIL, texts=texts, incentive=incentive)
