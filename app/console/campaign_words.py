"""Campaigns in the words of the console: what begins them, where they stand, what a step sends and offers."""

import re
from collections.abc import Callable, Mapping

from app.console.campaign_forms import spoken_delay
from app.recovery.content import Incentive, Step
from app.recovery.problems import Problem
from app.recovery.values import CampaignState, Channel, Trigger
from app.web.formats import number, percent
from app.web.language import gettext as _
from app.web.language import ngettext
from app.web.refusals import register

OTHERWISE = re.compile(r"\{% else %\}.*?\{% endif %\}", re.DOTALL)  # of two ways to say it the first one is enough
FILLED_IN = re.compile(r"\{[{%].*?[}%]\}")  # words that a template fills in
GAPS = re.compile(r"\s*…(\s*…)+")

TRIGGERS: dict[Trigger, Callable[[], str]] = {
    Trigger.CART_ABANDONED: lambda: _("A cart is abandoned"),
    Trigger.NEXT_PURCHASE: lambda: _("Saved things have been waiting for long"),
    Trigger.PRICE_DROPPED: lambda: _("Something saved costs less"),
    Trigger.BACK_IN_STOCK: lambda: _("Something saved is back in stock"),
}

PRESETS: dict[str, Callable[[], str]] = {
    "cart_reminder": lambda: _("Three emails: a reminder, then 5 %, then 10 % off. Most stores begin with this."),
    "cart_reminder_free_delivery": lambda: _("Three emails; the last one offers free delivery."),
    "cart_reminder_channels": lambda: _("Email, text message and push, each where somebody has agreed to it."),
    "next_purchase_nudge": lambda: _("One email when saved things have been waiting for a month."),
    "price_dropped": lambda: _("One email when something saved becomes cheaper."),
    "back_in_stock": lambda: _("One email when something saved can be bought again."),
}

CONDITIONS: dict[str, Callable[[], str]] = {
    "value_at_least": lambda: _("The cart is worth at least"),
    "value_at_most": lambda: _("The cart is worth at most"),
    "units_at_least": lambda: _("Pieces in the cart, at least"),
    "first_purchase": lambda: _("Their first purchase (yes or no)"),
    "has_account": lambda: _("They have an account (yes or no)"),
    "country_in": lambda: _("They live in (country codes)"),
    "language_in": lambda: _("Their language is (codes)"),
    "category_in_cart": lambda: _("In the cart is something from (categories)"),
    "product_in_cart": lambda: _("In the cart is (products)"),
    "reason_in": lambda: _("They left because (codes)"),
    "likelihood_below": lambda: _("They come back by themselves with less than (percent)"),
}

SAMPLES: dict[str, Callable[[], str]] = {
    "usual": lambda: _("A usual cart"),
    "one": lambda: _("A single thing"),
    "fourteen": lambda: _("Fourteen things"),
    "long_names": lambda: _("Very long names"),
    "two_scripts": lambda: _("Two scripts mixed"),
    "sold_out": lambda: _("Something sold out"),
}


def name_of(names: Mapping[str, str], locale: str) -> str:
    """What a campaign is called in the reader's language, else in the first it has a name in."""
    return names.get(locale) or next(filter(None, names.values()), "") or _("Campaign without a name")


def trigger_word(trigger: Trigger) -> str:
    """What begins its episodes."""
    return TRIGGERS[trigger]()


def state_word(state: CampaignState) -> tuple[str, str]:
    """Where it stands, and its tone."""
    return {
        CampaignState.DRAFT: (_("Draft"), "saffron"),
        CampaignState.ACTIVE: (_("Active"), "turq"),
        CampaignState.PAUSED: (_("Paused"), "saffron"),
        CampaignState.ARCHIVED: (_("Put away"), "lapis"),
    }[state]


def channel_word(channel: Channel) -> str:
    """How it reaches people."""
    return {Channel.EMAIL: _("Email"), Channel.SMS: _("SMS"), Channel.PUSH: _("Push")}[channel]


def channel_icon(channel: Channel) -> str:
    """Its symbol."""
    return {Channel.EMAIL: "mail", Channel.SMS: "sms", Channel.PUSH: "bell"}[channel]


def delay_word(seconds: int, locale: str) -> str:
    """A delay in words."""
    count, unit = spoken_delay(seconds)
    shown = number(count, locale)
    if unit == "days":
        return ngettext("after %(num)s day", "after %(num)s days", count, num=shown)
    if unit == "hours":
        return ngettext("after %(num)s hour", "after %(num)s hours", count, num=shown)
    return ngettext("after %(num)s minute", "after %(num)s minutes", count, num=shown)


def offer_word(incentive: Incentive | None, locale: str) -> str:
    """What the step offers."""
    if incentive is None:
        return ""
    if incentive.kind == "percent":
        return _("%(percent)s off", percent=percent(incentive.basis_points, locale))
    if incentive.kind == "free_shipping":
        return _("Free delivery")
    return _("A fixed amount off")


def step_title(step: Step, locale: str) -> str:
    """By what a step is known: its subject, or the beginning of its text."""
    texts = step.texts.get(locale) or next(iter(step.texts.values()), None)
    said = (texts.subject or texts.title or texts.text) if texts else ""
    return GAPS.sub(" …", FILLED_IN.sub("…", OTHERWISE.sub("", said))).strip()[:60]


def field_of(problem: Problem) -> str:
    """The id of the field in the editor that a problem is about."""
    return {"": "step", "conditions": "condition", "incentive": "offer", "html": "lead", "name": "step"}.get(
        problem.field, problem.field
    )


register(
    {
        "bad_step": lambda p: {
            "delay": _("Type when it goes out as a whole number, at most 30 days."),
            "percent": _("Type a whole number from 1 to 100."),
            "days": _("Type for how many days the offer holds, 1 to 365."),
            "fixed": _("Type what the offer takes off, like 5 or 7.50."),
        }.get(p["field"], _("One of the texts is too long.")),
    }
)
