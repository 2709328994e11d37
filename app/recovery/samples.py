"""Made-up carts for previews and checks, the awkward ones too: one thing, fourteen, long names, two scripts, all but sold out. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from app.money import Money, exponent, total
from app.recovery.content import Incentive
from app.recovery.story import Delivery, Instead, Offer, Shop, Story, Sums, Thing
from app.recovery.values import MessageKind, Trigger

SAMPLES = ("usual", "one", "fourteen", "long_names", "two_scripts", "sold_out")
CODE = "7QKXM3VRTA"
_WORTH = {"IRR": 420_000}  # of one unit of account, where the smallest unit of the currency is worth next to nothing
_WHOLE = 10_000
_DAYS_AGO = 2

_NAMES = {
    "en": ("Stoneware mugs, set of 2", "Shab table lamp", "Linen cushion, indigo", "Walnut serving board"),
    "fa": ("ماگ سرامیکی، دست دوتایی", "چراغ رومیزی شب", "کوسن کتان نیلی", "تختهٔ سرو گردو"),
}
_DETAILS = {"en": ("Sea salt",), "fa": ("لعاب نمک دریا",)}
_LONG = {
    "en": "Hand-knotted rug in the Kashan pattern with an eight-petalled medallion on an indigo ground, made to measure, "
    "including delivery to the room, unpacking and removal of the wrapping",
    "fa": "قالیچهٔ دست‌بافت با نقشهٔ کاشان و ترنج هشت‌پر روی زمینهٔ نیلی، بافت سفارشی در اندازهٔ دلخواه، همراه با تحویل داخل اتاق، "
    "باز کردن بسته‌بندی و بردن کارتن و پوشش‌ها",
}
_MIXED = {"en": "Toranj «ترنج» mug & “Shab” <lamp>", "fa": "ماگ Toranj & چراغ «Shab» <۲۲۰V>"}
_PRICES = (34, 118, 24, 29, 12, 56, 8, 249, 17, 45, 31, 99, 6, 74)
_PICTURES = ("stoneware-mugs", "shab-table-lamp", "linen-cushion-toranj", "walnut-serving-board")


def sample(
    name: str,
    *,
    trigger: Trigger,
    locale: str,
    shop: Shop,
    currency: str,
    now: datetime,
    kind: MessageKind = MessageKind.STEP,
    incentive: Incentive | None = None,
) -> Story:
    """The story of a made-up cart, called as in SAMPLES, in the language and currency asked for."""
    names = _names(name, locale)
    things = tuple(_thing(place, title, locale, shop, currency) for place, title in enumerate(names))
    missing: tuple[Thing, ...] = ()
    if name == "sold_out":
        other = _thing(3, _usual(locale)[3], locale, shop, currency)
        instead = Instead(other.name, other.each, other.url, other.picture, other.tint)
        gone = replace(things[0], missing="sold_out", change=Money(0, currency), left=None, instead=(instead,))
        missing, things = (gone,), things[1:]
    story = Story(
        kind=kind,
        trigger=trigger,
        shop=shop,
        left_at=now - timedelta(days=_DAYS_AGO),
        now=now,
        things=things,
        missing=missing,
        saved=0 if name == "one" else 3,
    )
    if trigger is not Trigger.CART_ABANDONED or kind is MessageKind.SAVED_NOTICE:
        return replace(story, missing=())
    return _with_sums(story, incentive, currency)


def _with_sums(story: Story, incentive: Incentive | None, currency: str) -> Story:
    goods = total((thing.price for thing in story.things), currency)
    delivery = _money(5, currency)
    offer = _offer(incentive, goods, currency, story.now) if incentive else None
    off = offer.off if offer else Money(0, currency)
    free = offer is not None and offer.kind == "free_shipping"
    shown = Delivery(Money(0, currency) if free else delivery)
    sums = Sums(
        total=goods - off + shown.price,
        discount=off,
        code=offer.code if offer else "",
        delivery=shown,
        tax_on_top=Money(0, currency),
    )
    return replace(story, offer=offer, sums=sums)


def _offer(incentive: Incentive, goods: Money, currency: str, now: datetime) -> Offer | None:
    amount, off = None, Money(0, currency)
    if incentive.kind == "percent":
        off = Money(goods.amount * incentive.basis_points // _WHOLE, currency)
    elif incentive.kind == "fixed":
        if currency not in incentive.amounts:
            return None
        amount = Money(incentive.amounts[currency], currency)
        off = min(amount, goods)
    ends_at = now + timedelta(days=incentive.days)
    return Offer(incentive.kind, incentive.basis_points, amount, CODE, ends_at, off)


def _names(name: str, locale: str) -> Sequence[str]:
    usual = _usual(locale)
    match name:
        case "one":
            return usual[:1]
        case "fourteen":
            return [usual[place % len(usual)] for place in range(len(_PRICES))]
        case "long_names":
            return [_LONG.get(locale, _LONG["en"])] * 3
        case "two_scripts":
            return [_MIXED.get(locale, _MIXED["en"]), *usual[1:2]]
        case _:
            return usual[:2]


def _usual(locale: str) -> Sequence[str]:
    return _NAMES.get(locale, _NAMES["en"])


def _thing(place: int, title: str, locale: str, shop: Shop, currency: str) -> Thing:
    each = _money(_PRICES[place], currency)
    quantity = 2 if place % 3 == 2 else 1
    handle = _PICTURES[place % len(_PICTURES)]
    return Thing(
        variant_id=None,
        name=title,
        details=_DETAILS.get(locale, _DETAILS["en"]) if place == 0 else (),
        quantity=quantity,
        price=each * quantity,
        each=each,
        change=-_money(4, currency) if place == 0 else Money(0, currency),
        url=f"{shop.origin}/products/{handle}",
        picture=f"{shop.origin}/static/img/products/{handle}.png",
        tint=place % 4 + 1,
        left=1 if place == 3 else None,
    )


def _money(units: int, currency: str) -> Money:
    return Money(units * _WORTH.get(currency, 10 ** exponent(currency)), currency)
