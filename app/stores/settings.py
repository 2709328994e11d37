"""What a store's staff may change at run time: every key, its meaning, its bounds and its default."""

from typing import Annotated, Literal

import msgspec

from app.errors import Invalid
from app.money import is_currency
from app.stores.delivery import DeliveryMethod
from app.stores.segments import Segment
from app.stores.taxes import Taxes

Hour = Annotated[int, msgspec.Meta(ge=0, le=24)]
Hours = tuple[Hour, Hour]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]


class BadSetting(Invalid):
    """An unknown key, or a value out of bounds."""

    code = "bad_setting"


class Imprint(msgspec.Struct, frozen=True, kw_only=True):
    """Who sells, as receipts and letters must say it. Texts are by locale; `address` has one line of an envelope per line."""

    name: dict[str, str] = {}
    address: dict[str, str] = {}
    tax_number: Annotated[str, msgspec.Meta(max_length=40)] = ""
    email: Annotated[str, msgspec.Meta(max_length=254)] = ""


class StoreSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings in force for one store."""

    auto_activation: bool = True
    price_rise_limit_percent: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 20
    lines_at_most: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    guest_merge: bool = True
    guest_merge_rule: Literal["larger", "sum"] = "larger"
    cart_expiry_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 30
    price_check: bool = True
    stock_check: bool = True
    country: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")] = "DE"
    delivery_countries: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = ("DE",)
    delivery_methods: tuple[DeliveryMethod, ...] = ()
    taxes: Taxes = Taxes()
    reservation_minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] = 30
    guest_checkout: bool = True
    further_currencies: Annotated[tuple[Currency, ...], msgspec.Meta(max_length=20)] = ()  # besides the store's own
    currency_by_language: dict[str, Currency] = {}  # what prices are in before the shopper has chosen
    rial_as_toman: bool = True  # amounts in IRR are shown and typed as tomans, ten rials each
    imprint: Imprint = Imprint()
    recovery: bool = True
    abandonment_minutes: Annotated[int, msgspec.Meta(ge=1, le=43_200)] = 30
    abandonment_minimums: dict[str, Annotated[int, msgspec.Meta(ge=0)]] = {}  # minor units by currency; else 10.00
    salvage_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 7
    email_reminders: bool = True
    sms_reminders: bool = True
    push_reminders: bool = True
    messages_at_most: Annotated[int, msgspec.Meta(ge=0, le=10)] = 3  # to one episode
    message_interval_hours: Annotated[int, msgspec.Meta(ge=0, le=720)] = 24  # between two to one person
    frequency_at_most: Annotated[int, msgspec.Meta(ge=0, le=100)] = (
        6  # to one person in `frequency_days`, all campaigns
    )
    frequency_days: Annotated[int, msgspec.Meta(ge=1, le=90)] = 7
    email_hours: Hours = (0, 24)  # of the recipient's day, in which it may be written to them: from, up to
    sms_hours: Hours = (8, 21)
    push_hours: Hours = (8, 22)
    monthly_messages_at_most: Annotated[int, msgspec.Meta(ge=0)] | None = None
    holdout_percent: Annotated[int, msgspec.Meta(ge=0, le=50)] = 10
    attribution_days: Annotated[int, msgspec.Meta(ge=1, le=90)] = 7
    recovery_link_days: Annotated[int, msgspec.Meta(ge=1, le=30)] = 7
    segments: Annotated[tuple[Segment, ...], msgspec.Meta(max_length=20)] = ()  # the first that fits counts


def settings_from(values: dict[str, object]) -> StoreSettings:
    """Defaults overridden by `values`. Raises BadSetting for an unknown key or a value out of bounds."""
    unknown = values.keys() - set(StoreSettings.__struct_fields__)
    if unknown:
        raise BadSetting(key=min(unknown))
    try:
        settings = msgspec.convert(values, StoreSettings)
    except msgspec.ValidationError as error:
        raise BadSetting(key=str(error)) from None
    for first, last in (settings.email_hours, settings.sms_hours, settings.push_hours):
        if first >= last:
            raise BadSetting(key=f"{first}-{last}")
    for currency in (*settings.further_currencies, *settings.currency_by_language.values()):
        if not is_currency(currency):
            raise BadSetting(key=currency)
    for keys in ([one.key for one in settings.segments], [one.key for one in settings.delivery_methods]):
        if len(set(keys)) < len(keys):
            raise BadSetting(key=f"{keys}")
    return settings
