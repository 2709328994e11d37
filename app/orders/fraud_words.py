"""What is said about the check of an order: to staff, each reason in a sentence; to its shopper, what happens and how long it takes."""

from collections.abc import Callable

from app.orders.fraud import Reason
from app.web.formats import country_name, number
from app.web.language import gettext as _

Evidence = dict[str, str | int]


def shopper_sentence() -> str:
    """What the shopper of a held order reads."""
    return _("We need to check this order. It takes up to 2 hours.")


def staff_sentence(reason: Reason, locale: str) -> str:
    """Why an order is held, or what else speaks against it, with the evidence."""
    return _SENTENCES[reason.code](reason.evidence, locale)


def _count(evidence: Evidence, locale: str, name: str = "count") -> str:
    return number(int(evidence[name]), locale)


def _trait(evidence: Evidence) -> str:
    return {
        "address": lambda: _("the same delivery address"),
        "customer": lambda: _("the same customer"),
        "email": lambda: _("the same email address"),
        "ip": lambda: _("the same internet address"),
        "device": lambda: _("the same device"),
    }[str(evidence["trait"])]()


def _robot(evidence: Evidence, locale: str) -> str:
    if evidence["kind"] == "declared_bot":
        return _("The visitor calls itself a robot.")
    return _("The visitor behaves like a robot.")


_SENTENCES: dict[str, Callable[[Evidence, str], str]] = {
    "many_orders_hour": lambda e, locale: _(
        "%(count)s orders within an hour from %(trait)s.", count=_count(e, locale), trait=_trait(e)
    ),
    "many_orders_day": lambda e, locale: _(
        "%(count)s orders within a day from %(trait)s.", count=_count(e, locale), trait=_trait(e)
    ),
    "failed_payments": lambda e, locale: _("%(count)s payments failed within a day.", count=_count(e, locale)),
    "many_cards": lambda e, locale: _("%(count)s different cards were tried within a day.", count=_count(e, locale)),
    "refused_codes": lambda e, locale: _(
        "%(count)s discount codes were refused within a day.", count=_count(e, locale)
    ),
    "many_codes": lambda e, locale: _("%(count)s discount codes were tried within a day.", count=_count(e, locale)),
    "large_total": lambda e, locale: _(
        "The total is %(times)s times what orders usually come to.", times=_count(e, locale, "times")
    ),
    "other_total": lambda e, locale: _("The form was sent with another total than the one we showed."),
    "hasty": lambda e, locale: _(
        "From the first page to the order in %(seconds)s seconds.", seconds=_count(e, locale, "seconds")
    ),
    "robot": _robot,
    "new_account": lambda e, locale: _("The account is less than a day old."),
    "other_country": lambda e, locale: _(
        "It goes to %(country)s, where this customer has had nothing sent before.",
        country=country_name(str(e["country"]), locale),
    ),
    "many_countries": lambda e, locale: _("Orders to %(count)s countries within a day.", count=_count(e, locale)),
}
