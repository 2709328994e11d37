"""What conditions, problems, changes and refusals of campaigns are in words, for the console and its doors."""

from collections.abc import Callable
from typing import Any

from app.money import Money
from app.recovery.content import Condition
from app.recovery.content_changes import Change
from app.recovery.problems import Problem
from app.stores.request import current_locale
from app.web.formats import country_name, number, percent, plain_money
from app.web.language import gettext as _
from app.web.refusals import register


def condition_sentence(condition: Condition) -> str:
    """A condition that was checked, as it is listed under "Only if"."""
    return _CONDITIONS[condition.kind](condition.value)


def problem_sentence(problem: Problem) -> str:
    """What is wrong, and what would be right where that is known."""
    said = _PROBLEMS[problem.code](problem)
    return said + " " + _("Did you mean %(word)s?", word=problem.suggestion) if _hinted(problem) else said


def change_sentence(change: Change) -> str:
    """What a version changes."""
    return _CHANGES[change.code](change)


def _hinted(problem: Problem) -> bool:
    return bool(problem.suggestion) and problem.code in ("unknown_variable", "unknown_filter", "bad_condition")


def _amounts(amounts: Any) -> str:
    return _listed([plain_money(Money(amount, currency), current_locale()) for currency, amount in amounts.items()])


def _listed(words: list[str]) -> str:
    return ("، " if current_locale() == "fa" else ", ").join(words)


def _number(text: str | int) -> str:
    return number(int(text), current_locale())


def _delay(seconds: str) -> str:
    """A delay in the largest unit that is whole."""
    whole = int(seconds)
    if whole and whole % 86_400 == 0:
        return _("%(num)s d", num=_number(whole // 86_400))
    if whole and whole % 3_600 == 0:
        return _("%(num)s h", num=_number(whole // 3_600))
    return _("%(num)s min", num=_number(whole // 60))


_CONDITIONS: dict[str, Callable[[Any], str]] = {
    "value_at_least": lambda value: _("The cart is worth %(amount)s or more", amount=_amounts(value)),
    "value_at_most": lambda value: _("The cart is worth %(amount)s or less", amount=_amounts(value)),
    "units_at_least": lambda value: _("There are %(num)s pieces or more in the cart", num=_number(value)),
    "first_purchase": lambda value: _("They have not ordered yet") if value else _("They have ordered before"),
    "has_account": lambda value: _("They have an account") if value else _("They have no account"),
    "reason_in": lambda value: _("The reason for leaving is %(reasons)s", reasons=_listed(list(value))),
    "product_in_cart": lambda value: _("In the cart is %(products)s", products=_listed(list(value))),
    "category_in_cart": lambda value: _(
        "In the cart is something from %(categories)s", categories=_listed(list(value))
    ),
    "language_in": lambda value: _("Their language is %(languages)s", languages=_listed(list(value))),
    "country_in": lambda value: _(
        "They live in %(countries)s", countries=_listed([country_name(country, current_locale()) for country in value])
    ),
    "likelihood_below": lambda value: _(
        "They would come back by themselves with less than %(percent)s", percent=percent(value * 100, current_locale())
    ),
}

_PROBLEMS: dict[str, Callable[[Problem], str]] = {
    "no_steps": lambda p: _("There is no step yet."),
    "no_name": lambda p: _("The campaign has no name."),
    "step_twice": lambda p: _("Two steps have the number %(num)s.", num=_number(p.step)),
    "steps_out_of_order": lambda p: _("A later step goes out before an earlier one."),
    "first_step_early": lambda p: _("The first message goes out within 15 minutes: many are still shopping then."),
    "offer_in_first_step": lambda p: _(
        "The first message has an offer: most of those it brings back come without one."
    ),
    "more_steps_than_messages": lambda p: _(
        "There are more steps than messages the store sends for one cart (%(num)s).", num=_number(p.about)
    ),
    "no_postal_address": lambda p: _("The store’s postal address is not set. Many countries ask for it in emails."),
    "language_missing": lambda p: _("The words in %(language)s are missing.", language=p.locale),
    "no_opt_out": lambda p: _("A text message must say how to stop: %(word)s.", word=p.suggestion),
    "no_unsubscribe_link": lambda p: _(
        "The link to stop is missing. Put %(word)s where it should be.", word=p.suggestion
    ),
    "subject_test_in_one_language": lambda p: _("The second subject is missing in one language."),
    "bad_condition": lambda p: _("The condition %(kind)s does not work like this.", kind=p.about),
    "offer_of_nothing": lambda p: _("The offer takes nothing off."),
    "offer_not_in_currency": lambda p: _("The offer has no amount in %(currency)s.", currency=p.about),
    "offer_without_cart": lambda p: _("Free delivery means little while nothing is being ordered."),
    "syntax": lambda p: _("Line %(line)s cannot be read: %(what)s.", line=_number(p.line), what=p.about),
    "unknown_variable": lambda p: _("Line %(line)s: there is no %(word)s.", line=_number(p.line), word=p.about),
    "unknown_filter": lambda p: _("Line %(line)s: there is no filter %(word)s.", line=_number(p.line), word=p.about),
    "not_allowed": lambda p: _("Line %(line)s: %(word)s cannot be used here.", line=_number(p.line), word=p.about),
    "too_complicated": lambda p: _("Line %(line)s: this is nested too deeply.", line=_number(p.line)),
    "unsafe_markup": lambda p: _("Line %(line)s: no mail may carry %(word)s.", line=_number(p.line), word=p.about),
    "cannot_be_rendered": lambda p: _("With a sample cart this cannot be shown. Look for a tag that is not closed."),
    "html_too_long": lambda p: _("With a full cart the email is larger than 40 KB."),
    "sms_too_long": lambda p: _("The text message is longer than four segments."),
    "sms_of_several_segments": lambda p: _("The text message costs %(num)s segments.", num=_number(p.about)),
}

_CHANGES: dict[str, Callable[[Change], str]] = {
    "new": lambda c: _("New campaign"),
    "name": lambda c: _("Name changed"),
    "conditions": lambda c: (
        _("Conditions of step %(num)s changed", num=_number(c.step)) if c.step else _("Conditions changed")
    ),
    "holdout": lambda c: _("Share that gets no message changed"),
    "quiet_days": lambda c: _("Days of waiting changed"),
    "subject_test": lambda c: _("Share of the second subject changed"),
    "step_added": lambda c: _("Step %(num)s added", num=_number(c.step)),
    "step_removed": lambda c: _("Step %(num)s removed", num=_number(c.step)),
    "delay": lambda c: _(
        "Step %(num)s: after %(after)s, was %(before)s",
        num=_number(c.step),
        after=_delay(c.after),
        before=_delay(c.before),
    ),
    "channel": lambda c: _("Step %(num)s: another channel", num=_number(c.step)),
    "offer": lambda c: _("Step %(num)s: another offer", num=_number(c.step)),
    "words": lambda c: _("Step %(num)s: other words in %(language)s", num=_number(c.step), language=c.locale),
}

register(
    {
        "campaign_not_found": lambda p: _("There is no such campaign."),
        "preset_unknown": lambda p: _("There is no such preset."),
        "campaign_malformed": lambda p: _("This is no campaign: %(about)s.", about=p["about"]),
        "campaign_trigger_fixed": lambda p: _("What starts a campaign cannot be changed. Make a new one."),
        "campaign_draft_changed": lambda p: _("Somebody saved another draft meanwhile. Yours was not saved."),
        "campaign_not_publishable": lambda p: _("This cannot be published yet. Mend what is marked."),
        "campaign_nothing_to_preview": lambda p: _("There is nothing to show yet. Mend what is marked."),
        "campaign_state": lambda p: _("That is not possible with the campaign as it is now."),
        "bad_condition": lambda p: _("There is no such condition, or its value does not fit."),
    }
)
